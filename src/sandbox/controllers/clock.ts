/** Wall time in milliseconds, and alarms by it. */
export type Clock = {
  nowMs(): number
  /** Runs once, at `atMs` or soon after, never within the call. The returned function takes it back. */
  wakeAt(atMs: number, run: () => void): () => void
}

/** A timer holds 24.8 days at most; whoever asks for more is woken early. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: Date.now,
  wakeAt(atMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(atMs - Date.now(), 0), longestMs))
    return () => clearTimeout(timer)
  },
}
