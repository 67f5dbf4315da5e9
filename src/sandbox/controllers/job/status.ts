import type { Pod } from '../../../api/pod.ts'
import { timestampOf } from '../../../api/time.ts'
import type { Job, JobCondition, JobConditionType, JobStatus } from '../../../api/workloads.ts'
import { nonZero } from '../counts.ts'
import type { Outcome } from './decide.ts'
import { formatIndexes } from './indexes.ts'
import { completionIndex, isCountable, isIndexed, isPodFailed, isTracked, type Tally } from './tally.ts'

export function jobCondition(type: JobConditionType, { reason, message }: Pick<Outcome, 'reason' | 'message'>, nowMs: number): JobCondition {
  const time = timestampOf(nowMs)
  return { type, status: 'True', lastProbeTime: time, lastTransitionTime: time, reason, message }
}

/** Undefined: nothing to note. A Job that was never suspended does not say so. */
export function suspendCondition({ spec, status }: Job, nowMs: number): JobCondition | undefined {
  const before = status?.conditions?.find(({ type }) => type === 'Suspended')
  const isSuspended = spec.suspend === true
  if (isSuspended ? before?.status === 'True' : before === undefined || before.status === 'False') return undefined
  if (isSuspended) return jobCondition('Suspended', { reason: 'JobSuspended', message: 'Job suspended' }, nowMs)
  return { ...jobCondition('Suspended', { reason: 'JobResumed', message: 'Job resumed' }, nowMs), status: 'False' }
}

/** In its place, or at the end. */
export function withJobCondition(conditions: readonly JobCondition[] = [], condition: JobCondition): readonly JobCondition[] {
  const isThere = conditions.some(({ type }) => type === condition.type)
  return isThere ? conditions.map((old) => (old.type === condition.type ? condition : old)) : [...conditions, condition]
}

/** What a Job's pods become when they are counted: first noted by uid, then let go, then counted, so that a crash in between counts none twice. */
export type Counting = { readonly noted: JobStatus; readonly release: readonly Pod[] }

export function noteEnded(job: Job, pods: readonly Pod[], end: Outcome | undefined, { succeededIndexes }: Tally): Counting {
  const status = countReleased(job.status ?? {}, pods)
  const succeeded = new Set(status.uncountedTerminatedPods?.succeeded)
  const failed = new Set(status.uncountedTerminatedPods?.failed)
  const release: Pod[] = []
  for (const pod of pods.filter(isTracked)) {
    const uid = pod.metadata.uid!
    const hasSucceeded = pod.status?.phase === 'Succeeded'
    const hasFailed = isPodFailed(job, pod)
    if (!hasSucceeded && !hasFailed && end === undefined && job.metadata.deletionTimestamp === undefined) continue
    release.push(pod)
    if (hasSucceeded && !failed.has(uid)) {
      if (!isIndexed(job)) succeeded.add(uid)
    } else if ((hasFailed || end?.kind === 'failed') && isCountable(job, pod)) failed.add(uid)
  }
  const uncounted = { ...(succeeded.size > 0 && { succeeded: [...succeeded] }), ...(failed.size > 0 && { failed: [...failed] }) }
  const indexed = isIndexed(job) && { succeeded: succeededIndexes.length, completedIndexes: formatIndexes(succeededIndexes) }
  return { noted: { ...status, ...indexed, uncountedTerminatedPods: uncounted }, release: release.toSorted(compareIndexes) }
}

function compareIndexes(a: Pod, b: Pod): number {
  return (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1)
}

/** Those that are noted, and held no longer, count. */
export function countReleased(status: JobStatus, pods: readonly Pod[]): JobStatus {
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid!))
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const [stillSucceeded, stillFailed] = [succeeded.filter((uid) => held.has(uid)), failed.filter((uid) => held.has(uid))]
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - stillSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - stillFailed.length,
    uncountedTerminatedPods: {
      ...(stillSucceeded.length > 0 && { succeeded: stillSucceeded }),
      ...(stillFailed.length > 0 && { failed: stillFailed }),
    },
  }
}

export function hasUncounted({ uncountedTerminatedPods: { succeeded = [], failed = [] } = {} }: JobStatus): boolean {
  return succeeded.length + failed.length > 0
}

/** `ready` and `terminating` are told even if 0. */
export function wireStatus(status: JobStatus): JobStatus {
  const {
    active = 0,
    succeeded = 0,
    failed = 0,
    ready = 0,
    terminating = 0,
    completedIndexes,
    conditions = [],
    uncountedTerminatedPods = {},
    ...times
  } = status
  return {
    ...times,
    ...(conditions.length > 0 && { conditions }),
    ...nonZero({ active, succeeded, failed }),
    ...(completedIndexes && { completedIndexes }),
    ready,
    terminating,
    uncountedTerminatedPods,
  }
}
