/** The time that a Rollout has to get further. */
import type { CanaryStep, RolloutCondition } from '../../api/rollout.ts'
import { msOf } from '../../api/time.ts'
import type { Instant } from './observed.ts'

export type Deadline =
  /** Nothing is due: it rests, or waits for what no pod can bring about. */
  { readonly kind: 'none' } | { readonly kind: 'runs'; readonly until: Instant } | { readonly kind: 'exceeded' }

export type DeadlineFacts = {
  /** As it was read; undefined: nothing has been begun. */
  readonly progressing: RolloutCondition | undefined
  readonly progressDeadlineMs: number
  readonly isSuspended: boolean
  readonly now: Instant
}

/** Reasons of a Rollout that is not under way. */
const resting = new Set(['RolloutPaused', 'RolloutAborted', 'NewReplicaSetAvailable'])

/** It runs from the last progress, which is when the condition was last updated. */
export function deadlineOf({ progressing, progressDeadlineMs, isSuspended, now }: DeadlineFacts): Deadline {
  if (progressing === undefined || resting.has(progressing.reason ?? '')) return { kind: 'none' }
  if (progressing.reason === 'ProgressDeadlineExceeded') return { kind: 'exceeded' }
  const since = msOf(progressing.lastUpdateTime ?? progressing.lastTransitionTime)
  if (isSuspended || since === undefined) return { kind: 'none' }
  const until = since + progressDeadlineMs
  return until < now ? { kind: 'exceeded' } : { kind: 'runs', until }
}

export type SuspensionFacts = {
  readonly isPaused: boolean
  /** The step that a canary is at; undefined: none, or past the last. */
  readonly step: CanaryStep | undefined
  /** A ReplicaSet that is left over waits until its delay is over. */
  readonly isDelayRunning: boolean
}

/** While a Rollout waits for people, time or measurements, pods are not late. */
export function isDeadlineSuspended({ isPaused, step, isDelayRunning }: SuspensionFacts): boolean {
  return isPaused || isDelayRunning || Boolean(step?.pause || step?.analysis || step?.experiment || step?.plugin)
}
