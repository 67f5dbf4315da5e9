/** What a decision is made from, besides the Rollout itself: plain values, put together by the controller from its stores. */
import type { Pod } from '../../api/pod.ts'
import type { Service } from '../../api/services.ts'
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { ReplicaSet } from '../../api/workloads.ts'

/** Milliseconds since 1970. */
export type Instant = number

export type Observed = {
  /** Those that this Rollout owns, experiments' excepted. */
  readonly replicaSets: readonly ReplicaSet[]
  /** Of those ReplicaSets. */
  readonly pods: readonly Pod[]
  /** In the Rollout's namespace, by name: those that it names, and backend Services of its own. What is not here does not exist. */
  readonly services: ReadonlyMap<string, Service>
  /** Services that an older Rollout names too, by name: that Rollout. */
  readonly claimedBy: ReadonlyMap<string, string>
  readonly router: RouterFacts
  /** Of this Rollout's name; undefined: there is none. */
  readonly split: TrafficSplit | undefined
  /** Those that serve and whose scope holds the split, and those that may not be passed over although nothing is heard of them. */
  readonly edges: readonly ObservedEdge[]
  /** An action of the last pass that failed; it has not been tried again since. */
  readonly failure: ActionFailure | undefined
}

/** What of the cluster says who carries out the traffic. */
export type RouterFacts = {
  /** `--default-router edge` */
  readonly isEdgeDefault: boolean
  /** Whether the cluster has Istio's API; undefined: discovery did not succeed. */
  readonly hasIstio: boolean | undefined
  /** Ingresses of our class in the namespace, by name: the Services that they name. */
  readonly ingresses: ReadonlyMap<string, readonly string[]>
}

export type ObservedEdge = {
  /** Of its pod, or its URL: what people know it by. */
  readonly name: string
  /** Since it was last heard of; 0: it speaks. Undefined: it never has. */
  readonly silentMs: number | undefined
  /** The version of the split by which it serves; undefined: none. */
  readonly applied: { readonly uid: string; readonly generation: number } | undefined
  /** Entry Services to which a route of this edge leads. */
  readonly routedServices: readonly string[]
  readonly backends: readonly ObservedBackend[]
  /** A newer version of the split that it cannot serve by, and why: it stays with `applied`. */
  readonly refused?: { readonly generation: number; readonly message: string }
  /** Why it is not heard of, as far as that is known. */
  readonly trouble?: string
}

export type ObservedBackend = {
  readonly podTemplateHash: string
  readonly readyEndpoints: number
  /** Requests and tunnels under way. */
  readonly inFlight: number
}

/** `reason` as the API server has it: `Forbidden`, `AlreadyExists`, `Conflict` … */
export type ActionFailure = { readonly action: string; readonly object: string; readonly reason: string; readonly message: string }
