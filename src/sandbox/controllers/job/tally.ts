import { isPodReady, isPodTerminal, type Pod } from '../../../api/pod.ts'
import type { Job } from '../../../api/workloads.ts'
import { isPodActive } from '../podAvailability.ts'
import { parseIndexes } from './indexes.ts'

/** Keeps a pod that has ended until it is counted. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

/** What a Job's pods amount to; those that its status counts already are in `succeeded` and `failed`, too. */
export type Tally = {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  /** Ended, and in no count yet. */
  readonly newlySucceeded: readonly Pod[]
  readonly newlyFailed: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  /** Of indexed Jobs. */
  readonly succeededIndexes: readonly number[]
}

export function tally(job: Job, pods: readonly Pod[]): Tally {
  const { status = {}, spec } = job
  const active = pods.filter(isPodActive)
  const uncounted = status.uncountedTerminatedPods ?? {}
  const isNew = (pod: Pod, counted: readonly string[] = []): boolean =>
    isTracked(pod) && !counted.includes(pod.metadata.uid!) && isCountable(job, pod)
  const newlySucceeded = pods.filter((pod) => pod.status?.phase === 'Succeeded' && isNew(pod, uncounted.succeeded))
  const newlyFailed = pods.filter((pod) => isPodFailed(job, pod) && isNew(pod, uncounted.failed))
  const before = isIndexed(job) ? parseIndexes(status.completedIndexes ?? '', spec.completions!) : []
  const succeededIndexes = [...new Set([...before, ...newlySucceeded.map((pod) => completionIndex(pod) ?? -1)])]
    .filter((index) => index >= 0)
    .sort((a, b) => a - b)
  return {
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)).length,
    newlySucceeded,
    newlyFailed,
    succeeded: isIndexed(job) ? succeededIndexes.length : (status.succeeded ?? 0) + newlySucceeded.length + (uncounted.succeeded?.length ?? 0),
    failed: (status.failed ?? 0) + newlyFailed.length + (uncounted.failed?.length ?? 0),
    succeededIndexes,
  }
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed'
}

export function isSuspended({ spec }: Job): boolean {
  return spec.suspend === true
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) === true
}

/** Of an indexed Job, pods without an index of it do not count. */
export function isCountable(job: Job, pod: Pod): boolean {
  if (!isIndexed(job)) return true
  const index = completionIndex(pod)
  return index !== undefined && index < job.spec.completions!
}

export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation] ?? ''
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined
}

/** Pods that are being deleted have failed, too, unless the Job wants to see how they end. */
export function isPodFailed(job: Job, { metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true
  return !waitsForEnd(job) && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded'
}

export function waitsForEnd({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed'
}
