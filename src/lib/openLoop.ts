/** An open loop: things happen when they are due, whatever became of the earlier ones, so that a slow answer hides no later one. */

/** Milliseconds of a clock that never goes back. */
export type Clock = {
  now(): number
  /** Resolves at `timeMs` or as soon after it as can be, or when `signal` aborts. */
  waitUntil(timeMs: number, signal: AbortSignal): Promise<void>
}

/** When what comes next is due, in milliseconds since the start; ascending. */
export type Arrivals = () => number

export function evenArrivals(perSecond: number): Arrivals {
  let next = 0
  return () => (next++ / perSecond) * 1000
}

/** As of many clients who do not know of each other: gaps are exponential. `random` as Math.random. */
export function poissonArrivals(perSecond: number, random: () => number): Arrivals {
  let due = 0
  return () => {
    due += (-Math.log(1 - random()) / perSecond) * 1000
    return due
  }
}

export type OpenLoop = {
  readonly clock: Clock
  readonly arrivals: Arrivals
  readonly durationMs: number
  readonly signal: AbortSignal
  /** `dueAt` is the clock's; the lateness of this call counts as waiting of what is due. Must not wait. */
  readonly onDue: (dueAt: number, index: number) => void
}

/** Calls `onDue` for everything that is due within `durationMs` from now. Resolves to how long it ran, in milliseconds: less only when aborted. */
export async function runOpenLoop({ clock, arrivals, durationMs, signal, onDue }: OpenLoop): Promise<number> {
  const startedAt = clock.now()
  let offset = arrivals()
  for (let index = 0; offset < durationMs && !signal.aborted; ) {
    // After a stall all that became due meanwhile is due at its own time still, not now.
    while (offset < durationMs && startedAt + offset <= clock.now()) {
      onDue(startedAt + offset, index++)
      offset = arrivals()
    }
    await clock.waitUntil(startedAt + Math.min(offset, durationMs), signal)
  }
  if (!signal.aborted) await clock.waitUntil(startedAt + durationMs, signal)
  return Math.min(durationMs, clock.now() - startedAt)
}

/** Timers count whole milliseconds: a wait ends up to 1 ms late on an idle machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  waitUntil(timeMs, signal) {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, Math.max(0, Math.ceil(timeMs - performance.now())))
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
    })
  },
}
