/** The time that something has to end by itself; it may be made shorter, never longer. */
export type Grace = {
  leftMs(): number
  shorten(ms: number): void
  /** True when the work was done before the time was over. The work itself goes on. */
  outlasts(work: Promise<unknown>, atLeastMs?: number): Promise<boolean>
}

export function openGrace(ms: number): Grace {
  let endAt = performance.now() + ms
  const changed = new Set<() => void>()
  return {
    leftMs: () => Math.max(0, endAt - performance.now()),
    shorten(leftMs) {
      endAt = Math.min(endAt, performance.now() + leftMs)
      for (const change of changed) change()
    },
    async outlasts(work, atLeastMs = 0) {
      const leastAt = performance.now() + atLeastMs
      const { promise: over, resolve } = Promise.withResolvers<false>()
      let timer: NodeJS.Timeout | undefined
      const arm = (): void => {
        clearTimeout(timer)
        timer = setTimeout(resolve, Math.max(0, Math.max(endAt, leastAt) - performance.now()), false)
      }
      arm()
      changed.add(arm)
      try {
        return await Promise.race([work.then(() => true), over])
      } finally {
        clearTimeout(timer)
        changed.delete(arm)
      }
    },
  }
}
