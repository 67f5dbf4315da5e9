/** Says on stderr what runs and how long is left; the estimate follows the pace so far. */
export type Progress = {
  readonly begin: (what: string) => void
  /** A piece of work that was planned to take so many seconds is done. */
  readonly finish: (plannedSeconds: number) => void
  readonly note: (text: string) => void
}

export function reportProgress(plannedSeconds: number, write: (line: string) => void, now: () => number): Progress {
  const start = now()
  let donePlanned = 0
  const left = (): number => {
    const remaining = Math.max(0, plannedSeconds - donePlanned)
    // Too little has been seen at first to believe the pace.
    const pace = donePlanned > 10 ? (now() - start) / 1000 / donePlanned : 1
    return Math.round(remaining * pace)
  }
  return {
    begin: (what) => write(`[${clock(left())} left] ${what}\n`),
    finish: (planned) => {
      donePlanned += planned
    },
    note: (text) => write(`  ! ${text.replaceAll('\n', '\n    ')}\n`),
  }
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
