/** The ReplicaSet of a template that has none. */
import {
  desiredReplicasAnnotation,
  lastAppliedAnnotation,
  notifiedAnnotation,
  podTemplateHashLabel,
  revisionAnnotation,
  revisionHistoryAnnotation,
} from '../../api/rolloutLabels.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { View } from './view.ts'

/** Of the Rollout's annotations, those that are about the Rollout alone. */
const notCopied = new Set([lastAppliedAnnotation, revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation, notifiedAnnotation])

/** Without pods yet: they come with the plan that it is part of. */
export function newReplicaSet({ rollout, settings, hash, revision }: View): ReplicaSet {
  const { metadata, spec } = rollout
  const labels = { ...spec.template?.metadata?.labels, [podTemplateHashLabel]: hash }
  const copied = Object.entries(metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key))
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels,
      annotations: {
        ...Object.fromEntries(copied),
        [revisionAnnotation]: String(revision),
        [desiredReplicasAnnotation]: String(settings.replicas),
      },
      ownerReferences: [
        {
          apiVersion: rollout.apiVersion ?? 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          name: metadata.name,
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [podTemplateHashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template?.metadata, labels }, spec: spec.template?.spec ?? { containers: [] } },
    },
  }
}
