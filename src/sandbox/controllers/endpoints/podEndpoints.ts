import { isDeepStrictEqual } from 'node:util'
import { isPodReady, isPodTerminal, type Pod } from '../../../api/pod.ts'
import { hasAll } from '../../../api/selector.ts'
import type { Service, ServicePort } from '../../../api/services.ts'
import type { Cluster, ClusterEvent } from '../../cluster.ts'
import { keyOf } from '../key.ts'

/** Whether these controllers make endpoints for it; otherwise others do, or nobody. */
export function hasEndpoints({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && spec.selector !== undefined
}

export function selectedPods(service: Service, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ metadata }) => hasAll(metadata.labels ?? {}, service.spec.selector!))
}

/** It runs, or will, and has an address. */
export function isReachable({ status = {} }: Pod): boolean {
  return !isPodTerminal({ status } as Pod) && addressesOf(status).length > 0
}

export function addressesOf({ podIP, podIPs = [] }: NonNullable<Pod['status']>): readonly string[] {
  return podIPs.length > 0 ? podIPs.map(({ ip }) => ip) : podIP ? [podIP] : []
}

export function hostnameIn(pod: Pod, service: Service): string | undefined {
  return pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None' || !spec.clusterIP
}

/** The number behind a Service's port in this pod, which may name it; undefined: the pod has no such port. */
export function findPort(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof targetPort !== 'string') return targetPort ?? port
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const { ports = [] } of [...pod.spec.containers, ...sidecars]) {
    const found = ports.find((candidate) => candidate.name === targetPort && (candidate.protocol ?? 'TCP') === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}

/** Keys of the Services that a pod's change concerns: by its labels before and after. */
export function servicesOfPod({ type, object, previous }: ClusterEvent, cluster: Cluster): ReadonlySet<string> {
  const keys = new Set<string>()
  const states = previous === undefined ? [object] : [object, previous]
  if (type === 'MODIFIED' && isDeepStrictEqual(essence(object as Pod), essence(previous as Pod))) return keys
  for (const service of cluster.list<Service>('services', { namespace: object.metadata.namespace }))
    if (hasEndpoints(service) && states.some(({ metadata }) => hasAll(metadata.labels ?? {}, service.spec.selector!))) keys.add(keyOf(service))
  return keys
}

/** All of a pod that endpoints tell. */
function essence(pod: Pod): unknown {
  const { metadata, spec, status = {} } = pod
  return [
    metadata.labels,
    metadata.deletionTimestamp !== undefined,
    spec.hostname,
    spec.subdomain,
    spec.nodeName,
    isReachable(pod),
    isPodReady(pod),
    addressesOf(status),
  ]
}
