import type { Pod } from '../../../api/pod.ts'
import { msOf } from '../../../api/time.ts'
import type { Job, JobConditionType } from '../../../api/workloads.ts'
import { victims } from '../replicaSet/victims.ts'
import { type JobBackoff, retryAtMs } from './backoff.ts'
import { freeIndexes } from './indexes.ts'
import { completionIndex, isIndexed, isSuspended, type Tally, waitsForEnd } from './tally.ts'

/** How a Job ends. */
export type Outcome = { readonly kind: 'succeeded' | 'failed'; readonly reason: string; readonly message: string }

export function holds({ status }: Job, type: JobConditionType): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
}

export function isFinished(job: Job): boolean {
  return holds(job, 'Complete') || holds(job, 'Failed')
}

/** What was decided before, or what ends it now though pods may run. */
export function outcome(job: Job, { failed }: Tally, pods: readonly Pod[], nowMs: number): Outcome | undefined {
  const decided = job.status?.conditions?.find(({ type, status }) => status === 'True' && (type === 'SuccessCriteriaMet' || type === 'FailureTarget'))
  if (decided !== undefined) {
    const { type, reason = '', message = '' } = decided
    return { kind: type === 'FailureTarget' ? 'failed' : 'succeeded', reason, message }
  }
  const { backoffLimit = 6 } = job.spec
  if (failed > backoffLimit || hasRestartedTooOften(job, pods))
    return { kind: 'failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  const deadline = deadlineMs(job)
  if (deadline !== undefined && nowMs >= deadline)
    return { kind: 'failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  return undefined
}

/** Where containers are started again in the same pod, their restarts are what fails. */
function hasRestartedTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
  const statuses = running.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0)
  const { backoffLimit = 6 } = spec
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

/** Wall ms; undefined: it has none now. */
export function deadlineMs({ spec, status }: Job): number | undefined {
  const startMs = msOf(status?.startTime)
  return spec.activeDeadlineSeconds === undefined || startMs === undefined || spec.suspend === true
    ? undefined
    : startMs + spec.activeDeadlineSeconds * 1_000
}

/** It has done what was asked, and nothing runs any more. */
export function success(job: Job, { succeeded }: Tally, active: number): Outcome | undefined {
  const { completions } = job.spec
  const isDone = completions === undefined ? succeeded > 0 : succeeded >= completions
  return isDone && active === 0
    ? { kind: 'succeeded', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

/** What to do about its pods: `create` has an index for each pod, or undefined. */
export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'remove'; readonly pods: readonly Pod[] }
  | { readonly kind: 'create'; readonly indexes: readonly (number | undefined)[] }
  | { readonly kind: 'wait'; readonly untilMs: number }

/** How many pods are made or deleted before all is looked at again. */
const burstPods = 500

export function plan(job: Job, counted: Tally, backoff: JobBackoff, nowMs: number): Plan {
  const { active, succeeded, terminating } = counted
  if (isSuspended(job)) return active.length === 0 ? { kind: 'nothing' } : { kind: 'remove', pods: active }
  const { completions, parallelism = 1 } = job.spec
  const wanted =
    completions === undefined ? (succeeded > 0 ? active.length : parallelism) : Math.max(Math.min(completions - succeeded, parallelism), 0)
  const surplus = removable(job, active, Math.max(active.length - wanted, 0), nowMs)
  if (surplus.length > 0) return { kind: 'remove', pods: surplus.slice(0, burstPods) }
  const missing = Math.min(wanted - active.length - (waitsForEnd(job) ? terminating : 0), burstPods)
  if (missing <= 0) return { kind: 'nothing' }
  const untilMs = retryAtMs(backoff)
  if (untilMs > nowMs) return { kind: 'wait', untilMs }
  if (!isIndexed(job)) return { kind: 'create', indexes: Array<undefined>(missing).fill(undefined) }
  const taken = new Set([...counted.succeededIndexes, ...active.map((pod) => completionIndex(pod) ?? -1)])
  return { kind: 'create', indexes: freeIndexes(taken, missing, completions!) }
}

/** At least `count`; of indexed Jobs, all those whose index is another's, or none. */
function removable(job: Job, active: readonly Pod[], count: number, nowMs: number): readonly Pod[] {
  if (!isIndexed(job)) return count === 0 ? [] : victims(active, count, [], nowMs)
  const groups = Map.groupBy(active, (pod) => completionIndex(pod) ?? -1)
  const surplus = [...groups].flatMap(([index, pods]) =>
    index < 0 || index >= job.spec.completions! ? pods : victims(pods, pods.length - 1, [], nowMs),
  )
  const left = active.filter((pod) => !surplus.includes(pod))
  return surplus.length >= count ? surplus : [...surplus, ...victims(left, count - surplus.length, [], nowMs)]
}
