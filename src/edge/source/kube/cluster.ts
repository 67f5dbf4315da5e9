import type { Ingress, IngressClass } from '../../../api/ingress.ts'
import type { KubeObject } from '../../../api/meta.ts'
import type { EndpointSlice, Service } from '../../../api/services.ts'
import type { TrafficSplit } from '../../../api/trafficSplit.ts'

/** What an edge knows of its cluster at one moment. The same object is the same content: what is made of it may be kept. */
export type ClusterView = {
  readonly ingresses: Iterable<Ingress>
  readonly ingressClasses: Iterable<IngressClass>
  readonly trafficSplits: Iterable<TrafficSplit>
  readonly services: Iterable<Service>
  service(namespace: string, name: string): Service | undefined
  /** In no order. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[]
}

/** What of a view may differ from what it was at an earlier moment. */
export type Changes = {
  /** Or IngressClasses. */
  readonly ingresses: boolean
  readonly trafficSplits: boolean
  /** As `namespace/name`: those that have changed, or whose EndpointSlices have. */
  readonly services: ReadonlySet<string> | 'any'
}

export type Trouble = { readonly message: string; readonly fix: string }

/** Something wrong with an object, which alone is left out, or served as it was before. */
export type Refusal = Trouble & {
  readonly kind: 'Ingress' | 'Service' | 'TrafficSplit' | 'Secret'
  readonly namespace: string
  readonly name: string
  /** As in `spec.rules[0].http.paths[1].backend`; empty for the whole. */
  readonly field: string
}

/** The oldest first, as it is whoever claims something that must be settled; then by name. */
export function byAge(a: KubeObject, b: KubeObject): number {
  return (
    compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compare(a.metadata.name, b.metadata.name)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
