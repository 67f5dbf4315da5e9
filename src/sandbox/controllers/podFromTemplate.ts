import type { KubeObject, OwnerReference } from '../../api/meta.ts'
import type { Pod, PodTemplateSpec } from '../../api/pod.ts'

/** The pod that `owner` wants, to be named by the server. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, reference: OwnerReference): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace !== undefined && { namespace: owner.metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [reference],
    },
    spec: template.spec,
  }
}
