/** Doubles from `firstMs` to `longestMs`; half of each wait is drawn, so that those who failed together do not come back together. */
export type Backoff = { readonly firstMs: number; readonly longestMs: number }

/** `failures`: how many there were in a row, from 1. `random` is uniform in [0, 1). */
export function backoffMs({ firstMs, longestMs }: Backoff, failures: number, random: () => number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 52))
  return wholeMs / 2 + (wholeMs / 2) * random()
}
