import type { Load } from './admission.ts'

/** Fewer connections than this per look are no crowd, and not worth a look. */
const fewest = 3
/** Above that share of what it was, a queue does not count as shrinking: its length is known at two moments only. */
const shrinks = 0.98

/** How long connections wait to be accepted, by Little's law. To be called in turn, with how many came so far and the time. */
export function openWait(queued: () => number): (came: number, nowMs: number) => Pick<Load, 'waitMs' | 'isShrinking'> {
  let cameBefore = 0
  let lastMs = 0
  let queueBefore = 0

  return (came, nowMs) => {
    const accepted = came - cameBefore
    const passedMs = nowMs - lastMs
    cameBefore = came
    lastMs = nowMs
    const queue = accepted < fewest ? 0 : queued()
    const isShrinking = queue < queueBefore * shrinks
    queueBefore = queue
    return { waitMs: queue === 0 ? 0 : (queue / accepted) * passedMs, isShrinking }
  }
}
