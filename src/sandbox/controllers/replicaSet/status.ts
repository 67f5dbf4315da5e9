import type { Pod } from '../../../api/pod.ts'
import { hasAll } from '../../../api/selector.ts'
import { timestampOf } from '../../../api/time.ts'
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../../api/workloads.ts'
import { nonZero } from '../counts.ts'
import { availableAtMs } from '../podAvailability.ts'
import type { PodFailure } from '../podControl.ts'

export type Counted = {
  readonly status: ReplicaSetStatus /** When (wall ms) one more pod becomes available. */
  readonly againMs: number | undefined
}

/** `pods`: those that are active and owned. */
export function replicaSetStatus(set: ReplicaSet, pods: readonly Pod[], failure: PodFailure | undefined, nowMs: number): Counted {
  const { template, minReadySeconds = 0 } = set.spec
  const labels = template?.metadata?.labels ?? {}
  let fullyLabeledReplicas = 0
  let readyReplicas = 0
  let availableReplicas = 0
  let againMs: number | undefined
  for (const pod of pods) {
    if (hasAll(pod.metadata.labels ?? {}, labels)) fullyLabeledReplicas++
    const atMs = availableAtMs(pod, minReadySeconds)
    if (atMs === undefined) continue
    readyReplicas++
    if (atMs <= nowMs) availableReplicas++
    else againMs = Math.min(againMs ?? atMs, atMs)
  }
  const conditions = conditionsAfter(set.status?.conditions ?? [], failure, nowMs)
  const status = {
    replicas: pods.length,
    ...nonZero({ fullyLabeledReplicas, readyReplicas, availableReplicas, observedGeneration: set.metadata.generation ?? 0 }),
    ...(conditions.length > 0 && { conditions }),
  }
  return { status, againMs }
}

/** A failure keeps the words in which it began. */
function conditionsAfter(conditions: readonly ReplicaSetCondition[], failure: PodFailure | undefined, nowMs: number): readonly ReplicaSetCondition[] {
  if (failure === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure')
  if (conditions.some(({ type }) => type === 'ReplicaFailure')) return conditions
  return [
    ...conditions,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestampOf(nowMs), reason: failure.reason, message: failure.message },
  ]
}
