/** What is to be done, in order up to the first failure, and what is to be told. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Service } from '../../api/services.ts'
import type { TrafficSplit, TrafficSplitSpec } from '../../api/trafficSplit.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { Instant } from './observed.ts'

export type Decision = {
  readonly actions: readonly Action[]
  /** Whole, as it shall stand; written after the actions, a failed one too, and only where it differs. */
  readonly status: RolloutStatus
  /** Look again then, even if nothing happens. */
  readonly wakeAt?: Instant
}

/** Who is written to: writes that would meet another object of that name fail. */
export type Target = { readonly name: string; readonly uid: string }

/** Each is carried out only if what it was decided from still holds: else it fails with Conflict, and the next pass decides anew. */
export type Action =
  | { readonly kind: 'createReplicaSet'; readonly replicaSet: ReplicaSet }
  /** From what was seen to what is wanted; `because` for people. */
  | {
      readonly kind: 'scaleReplicaSet'
      readonly target: Target
      readonly from: number
      readonly to: number
      /** Written by the same request: both happen, or neither. null takes a key away. */
      readonly annotations?: Readonly<Record<string, string | null>>
    }
  /** null takes a key away. Only if it still has the resourceVersion. */
  | {
      readonly kind: 'annotateReplicaSet'
      readonly target: Target
      readonly resourceVersion: string | undefined
      readonly annotations: Readonly<Record<string, string | null>>
    }
  /** Only if it still has the resourceVersion. */
  | { readonly kind: 'deleteReplicaSet'; readonly target: Target; readonly resourceVersion: string | undefined }
  /** Takes a Service over, or moves it: from the hash in its selector (undefined: none) to another; null gives it back. */
  | { readonly kind: 'selectPods'; readonly target: Target; readonly from: string | undefined; readonly to: string | null }
  /** A backend Service: made, or brought into the shape given. */
  | { readonly kind: 'createService'; readonly service: Service }
  | {
      readonly kind: 'updateService'
      readonly target: Target
      readonly resourceVersion: string | undefined
      readonly spec: Pick<Service['spec'], 'ports' | 'selector'>
    }
  | { readonly kind: 'deleteService'; readonly target: Target }
  | { readonly kind: 'createSplit'; readonly split: TrafficSplit }
  | { readonly kind: 'updateSplit'; readonly target: Target; readonly resourceVersion: string | undefined; readonly spec: TrafficSplitSpec }
  | { readonly kind: 'deleteSplit'; readonly target: Target }
  /** By the eviction API, which budgets may refuse. */
  | { readonly kind: 'evictPod'; readonly target: Target }
  /** Of the Rollout itself: `replicas` where it has none, and the revision's number. */
  | { readonly kind: 'setReplicas'; readonly replicas: number }
  | { readonly kind: 'annotateRollout'; readonly annotations: Readonly<Record<string, string | null>> }

/** A Kubernetes Event about the Rollout. */
export type RolloutEvent = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }
