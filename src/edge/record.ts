import {
  at,
  codeIndex,
  codes,
  durationBounds,
  type FailureKind,
  failureKinds,
  type LimitKind,
  limitKinds,
  type PickReason,
  pickReasons,
  workerAt,
} from './counters.ts'

/** Counting is array increments and nothing else: names and labels are made at scrape time, by the main thread. */

const boundsMs = Float64Array.from(durationBounds, (seconds) => seconds * 1000)

/** Offsets of failure kinds and pick reasons in a backend's block. */
export const failureAt = Object.fromEntries(failureKinds.map((kind, index) => [kind, at.failures + index])) as Record<FailureKind, number>
export const pickAt = Object.fromEntries(pickReasons.map((reason, index) => [reason, at.picks + index])) as Record<PickReason, number>
/** Offsets of limits in a worker's own block. */
export const limitAt = Object.fromEntries(limitKinds.map((kind, index) => [kind, workerAt.limited + index])) as Record<LimitKind, number>

/** Requests that a backend was chosen for. */
export function picksIn(block: Float64Array): number {
  return pickReasons.reduce((sum, reason) => sum + block[pickAt[reason]]!, 0)
}

/** One finished request. `upstreamMs` below 0: the upstream never answered. */
export function recordRequest(block: Float64Array, method: number, status: number, totalMs: number, upstreamMs: number): void {
  block[at.requests + method * codes.length + codeIndex[status]!]!++
  observe(block, at.duration, totalMs)
  if (upstreamMs >= 0) observe(block, at.upstreamDuration, upstreamMs)
}

export function observe(block: Float64Array, offset: number, milliseconds: number): void {
  let bucket = 0
  while (bucket < boundsMs.length && milliseconds > boundsMs[bucket]!) bucket++
  block[offset + bucket]!++
  block[offset + boundsMs.length + 1]! += milliseconds / 1000
}
