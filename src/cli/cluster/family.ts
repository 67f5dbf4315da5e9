/** A Rollout and what belongs to it, by owner references. */
import type { KubeObject } from '../../api/meta.ts'
import type { Pod } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { Job, ReplicaSet } from '../../api/workloads.ts'

export type Family = {
  readonly rollout: Rollout
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
  readonly experiments: readonly Experiment[]
  readonly analysisRuns: readonly AnalysisRun[]
  readonly jobs: readonly Job[]
  readonly split: TrafficSplit | undefined
  /** What could not be read, for people. */
  readonly missing: readonly string[]
}

/** As far as it is shown. */
export type Experiment = KubeObject & {
  readonly spec?: { readonly duration?: string }
  readonly status?: { readonly phase?: string; readonly message?: string }
}

export type AnalysisRun = KubeObject & {
  readonly status?: {
    readonly phase?: string
    readonly message?: string
    readonly runSummary?: RunCounts
    readonly metricResults?: readonly {
      readonly measurements?: readonly { readonly metadata?: Readonly<Record<string, string>> }[]
    }[]
  }
}
export type RunCounts = { readonly successful?: number; readonly failed?: number; readonly inconclusive?: number; readonly error?: number }

/** Of `objects` those that `owner` owns, oldest first. */
export function ownedBy<T extends KubeObject>(owner: KubeObject, objects: readonly T[]): readonly T[] {
  const { uid } = owner.metadata
  const owned = objects.filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === uid))
  return owned.sort(
    (a, b) =>
      (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name),
  )
}
