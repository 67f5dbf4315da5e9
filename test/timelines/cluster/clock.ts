/** Virtual time: whatever is due happens in the order of its instant, then of its asking. Nothing waits for a real clock. */
import type { Instant } from '../../../src/core/rollout/observed.ts'
import { openHeap } from '../../../src/lib/heap.ts'

export type Clock = {
  now(): Instant
  /** Before now is now. */
  at(instant: Instant, run: () => void): Cancel
  /** Everything that is due up to then, what it brings about included. Throws when one instant never ends. */
  runUntil(instant: Instant): void
  /** Of the next thing that is due. */
  nextAt(): Instant | undefined
}
export type Cancel = () => void

type Due = { readonly instant: Instant; readonly order: number; run: (() => void) | undefined }

/** Far more than any change brings about: beyond it, something turns in circles. */
const maxPerInstant = 20_000

export function openClock(start: Instant): Clock {
  const due = openHeap<Due>((a, b) => (a.instant === b.instant ? a.order < b.order : a.instant < b.instant))
  let now = start
  let order = 0

  function next(): Due | undefined {
    while (due.peek() !== undefined && due.peek()!.run === undefined) due.pop()
    return due.peek()
  }

  return {
    now: () => now,
    at(instant, run) {
      const entry: Due = { instant: Math.max(instant, now), order: order++, run }
      due.push(entry)
      return () => {
        entry.run = undefined
      }
    },
    runUntil(instant) {
      let atOnce = 0
      for (let first = next(); first !== undefined && first.instant <= instant; first = next()) {
        due.pop()
        atOnce = first.instant === now ? atOnce + 1 : 0
        if (atOnce > maxPerInstant) throw new Error(`more than ${maxPerInstant} things happen at ${new Date(now).toISOString()}`)
        now = first.instant
        first.run?.()
      }
      now = Math.max(now, instant)
    },
    nextAt: () => next()?.instant,
  }
}
