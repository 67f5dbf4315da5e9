import type { Pod } from '../../../api/pod.ts'

/** Whether a pod takes anything from that ConfigMap or Secret. */
export function refersTo({ spec }: Pod, resource: 'configmaps' | 'secrets', name: string): boolean {
  const isConfigMap = resource === 'configmaps'
  const isIt = (reference: { readonly name?: string } | undefined): boolean => reference?.name === name
  const inVolumes = (spec.volumes ?? []).some(({ configMap, secret, projected }) =>
    isConfigMap
      ? isIt(configMap) || (projected?.sources ?? []).some((source) => isIt(source.configMap))
      : secret?.secretName === name || (projected?.sources ?? []).some((source) => isIt(source.secret)),
  )
  return (
    inVolumes ||
    [...(spec.initContainers ?? []), ...spec.containers].some(({ env = [], envFrom = [] }) =>
      isConfigMap
        ? env.some(({ valueFrom }) => isIt(valueFrom?.configMapKeyRef)) || envFrom.some(({ configMapRef }) => isIt(configMapRef))
        : env.some(({ valueFrom }) => isIt(valueFrom?.secretKeyRef)) || envFrom.some(({ secretRef }) => isIt(secretRef)),
    )
  )
}
