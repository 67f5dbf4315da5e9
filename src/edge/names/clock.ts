/** Time as an argument, so that tests can make ten minutes of it in one. */
export type Clock = {
  nowMs(): number
  /** Runs once, unless what it returns is called before. Keeps no process alive. */
  after(ms: number, run: () => void): () => void
}

export const monotonic: Clock = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
