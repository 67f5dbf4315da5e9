import type { EdgeLog } from '../log.ts'

export type WatchTiming = {
  readonly checkMs: number
  /** Checks in a row that find a worker where it was, until it counts as standing still, and until it is replaced. */
  readonly stalledAfter: number
  readonly replacedAfter: number
}
export const watchTiming: WatchTiming = { checkMs: 250, stalledAfter: 8, replacedAfter: 40 }

/** One worker: its latest beat, and how many checks in a row have found that one. */
export type Watched = { readonly beat: number; readonly checks: number }
export type Finding = 'stalled' | 'moving again' | 'lost' | undefined

export const unwatched: Watched = { beat: 0, checks: 0 }

/**
 * `beat`: 0 for a worker that does not serve yet. Checks are counted and not seconds: a process that is stopped for a while, or whose machine
 * sleeps, makes no checks in that time, and nobody is to blame.
 */
export function judge(before: Watched, beat: number, timing: WatchTiming): { readonly watched: Watched; readonly finding: Finding } {
  const wasStalled = before.checks >= timing.stalledAfter
  if (beat === 0 || beat !== before.beat) return { watched: { beat, checks: 0 }, finding: wasStalled && beat !== 0 ? 'moving again' : undefined }
  const checks = before.checks + 1
  const finding = checks === timing.stalledAfter ? 'stalled' : checks === timing.replacedAfter ? 'lost' : undefined
  return { watched: { beat, checks }, finding }
}

/** Looks after workers from outside: one whose event loop stands still answers nobody, and cannot say so. */
export type Watchdog = {
  /** Those that stand still now. */
  stalled(): readonly number[]
  /** How often one has begun to. */
  stalls(): number
  close(): void
}

export function openWatchdog(options: {
  /** Of all workers, in their order. */
  beats(): readonly number[]
  replace(worker: number): Promise<void>
  readonly log: EdgeLog
  readonly timing: WatchTiming
}): Watchdog {
  const { beats, replace, log, timing } = options
  const all = new Map<number, Watched>()
  let stalls = 0

  function check(): void {
    for (const [worker, beat] of beats().entries()) {
      const { watched, finding } = judge(all.get(worker) ?? unwatched, beat, timing)
      all.set(worker, watched)
      if (finding !== undefined) act(worker, finding)
    }
  }

  function act(worker: number, finding: NonNullable<Finding>): void {
    const stoodMs = (finding === 'lost' ? timing.replacedAfter : timing.stalledAfter) * timing.checkMs
    switch (finding) {
      case 'stalled':
        stalls++
        return log.error('the event loop of a worker stands still; the edge is not ready', { worker, forMs: stoodMs })
      case 'moving again':
        return log.warn('the event loop of a worker turns again', { worker })
      case 'lost':
        log.error('a worker that stands still is ended', { worker, forMs: stoodMs })
        void replace(worker)
    }
  }

  const timer = setInterval(check, timing.checkMs).unref()
  return {
    stalled: () => [...all].flatMap(([worker, { checks }]) => (checks >= timing.stalledAfter ? [worker] : [])),
    stalls: () => stalls,
    close: () => clearInterval(timer),
  }
}
