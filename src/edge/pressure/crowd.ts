import { type Alarm, alarm, quiet } from './admission.ts'

/**
 * How many connections may wait at a door. Where they wait too long, and ever longer, most would be served when nobody wants the answer any more:
 * no more may wait than are accepted in good time. The system ignores those beyond, and they try again after a second; that costs the worker nothing,
 * where each connection that it had to accept and close would cost it half a request.
 */
export type Crowd = { readonly most: number; readonly isLong: Alarm }

export type Queue = {
  /** How long a connection waits to be accepted, and whether that gets shorter by itself, as after a burst. */
  readonly waitMs: number
  readonly isShrinking: boolean
  /** How many are accepted, at each door. */
  readonly perMs: number
}

/** Enough for bursts. */
export const mostWaiting = 256
/** Fewer, and the system takes few that connect for a flood. */
const leastWaiting = 8
export const smallCrowd: Crowd = { most: mostWaiting, isLong: quiet }

const long = { high: 250, low: 250, samples: 4 }
const wantedMs = 150
const idleMs = 50
/** From the least to the most in half a second. */
const easing = 1.6

export function crowd({ most, isLong }: Crowd, { waitMs, isShrinking, perMs }: Queue): Crowd {
  const now = alarm(isLong, isShrinking ? 0 : waitMs, long)
  if (now.on) return { most: Math.min(most, Math.max(leastWaiting, Math.round(perMs * wantedMs))), isLong: now }
  return { most: waitMs < idleMs ? Math.min(mostWaiting, Math.ceil(most * easing)) : most, isLong: now }
}
