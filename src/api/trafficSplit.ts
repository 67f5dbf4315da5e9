/** spillway.dev/v1alpha1 TrafficSplit: what the controller wants of the edges. One per Rollout, of its name and owned by it. */
import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'
import type { StringMatch } from './rollout.ts'

/** Its version is `metadata.uid` and `metadata.generation`. */
export type TrafficSplit = KubeObject & { readonly spec: TrafficSplitSpec; readonly status?: TrafficSplitStatus }

export type TrafficSplitSpec = {
  readonly totalWeight: number
  /** The live versions; their endpoints are those of their backend Services' EndpointSlices. */
  readonly backends: readonly SplitBackend[]
  /** The entry Services: whatever an edge would send to one of them goes by this. */
  readonly services: readonly SplitService[]
}

/** `old`: superseded, and still with pods. */
export type SplitRole = 'stable' | 'canary' | 'active' | 'preview' | 'old'
export type SplitBackend = { readonly podTemplateHash: string; readonly role: SplitRole; readonly service: string }

export type SplitService = {
  readonly name: string
  /** Whose own Service it is, whatever its weights: by its name that version is counted. Absent for a root Service. */
  readonly role?: SplitRole
  /** They add up to `totalWeight`. */
  readonly weights: readonly { readonly podTemplateHash: string; readonly weight: number }[]
  /** In order, before stickiness and weights. */
  readonly routes?: readonly SplitRoute[]
  readonly mirrors?: readonly SplitMirror[]
  readonly stickiness?: SplitStickiness
  /** Where the share of a backend without ready endpoints goes: to the backend of role stable (or active), or nowhere (503). `stable` if absent. */
  readonly fallback?: 'stable' | 'none'
}

/** One of `match` must hold, all parts of it; no match: never. */
export type SplitRoute = { readonly name: string; readonly match: readonly RouteMatch[]; readonly podTemplateHash: string }
export type RouteMatch = {
  readonly method?: StringMatch
  readonly path?: StringMatch
  readonly headers?: readonly (StringMatch & { readonly name: string })[]
}

/** No match: all requests. */
export type SplitMirror = {
  readonly name: string
  readonly match?: readonly RouteMatch[]
  readonly podTemplateHash: string
  /** 0 to 100. */
  readonly percentage: number
}

export type SplitStickiness =
  | { readonly kind: 'none' }
  | { readonly kind: 'cookie'; readonly name?: string; readonly ttl?: string; readonly newSessionsOnly?: boolean }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'clientAddress' }

/** By the controller, for people. */
export type TrafficSplitStatus = {
  readonly observedGeneration?: number
  /** Edges that must apply it, and those that have. */
  readonly edges?: number
  readonly acknowledged?: number
  /** Of about the last ten seconds, over all edges. */
  readonly traffic?: readonly BackendTraffic[]
  readonly conditions?: readonly Condition<'Acknowledged' | 'Routed'>[]
}

export type BackendTraffic = {
  readonly podTemplateHash: string
  readonly role: SplitRole
  /** Of `totalWeight`, at the stable (or active) Service. */
  readonly weight: number
  readonly readyEndpoints: number
  /** Since the edges began to count. */
  readonly requests: number
  /** 5xx and what the edge could not bring to an end. */
  readonly failures: number
  /** Per second, as text with a decimal point: the wire has no floating point numbers. */
  readonly requestRate?: string
  /** From 0 to 1; absent without requests. */
  readonly successRate?: string
  readonly p50Seconds?: string
  readonly p99Seconds?: string
}
