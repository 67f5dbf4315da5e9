import type { AcceptQueue } from './acceptQueue.ts'
import type { Queue } from './crowd.ts'

/** Fewer connections than this per look are no crowd, and not worth a look. */
const fewest = 3
/** Above that share of what it was, a queue does not count as shrinking: its length is known at two moments only. */
const shrinks = 0.98

/** Over which the rate of accepting is averaged: rounds of a busy event loop differ, and one long round is no crowd. */
const averagedMs = 400

/** How long connections wait to be accepted, by Little's law. To be called in turn, with how many came so far and the time. */
export function openWait(queue: Pick<AcceptQueue, 'length' | 'doors'>): (came: number, nowMs: number) => Queue {
  let cameBefore = 0
  let lastMs = 0
  let lengthBefore = 0
  let average = 0

  return (came, nowMs) => {
    const accepted = came - cameBefore
    const passedMs = nowMs - lastMs
    cameBefore = came
    lastMs = nowMs
    average += (accepted / passedMs - average) * (1 - Math.exp(-passedMs / averagedMs))
    // When a burst begins, the average knows nothing of it.
    const perMs = Math.max(average, accepted / passedMs)
    const length = accepted < fewest ? 0 : queue.length()
    const isShrinking = length < lengthBefore * shrinks
    lengthBefore = length
    return { waitMs: length === 0 ? 0 : length / perMs, isShrinking, perMs: perMs / queue.doors }
  }
}
