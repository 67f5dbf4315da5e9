/** How far picks stray from their shares, and the numbers that random tests of picks draw. */
import fc from 'fast-check'

export const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** A generator of uniform numbers, other than the one under test. */
export function uniformFrom(start: number): () => number {
  let state = start >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
export const uniform = uniformFrom(seed)
export const below = (limit: number): number => Math.floor(uniform() * limit)
export const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
export const runs = { seed, numRuns: 200 }

/** The largest |count - share| of any backend over every prefix of `count` picks, times the total: an integer, so exact. */
export function worstPrefix(next: () => number, weights: readonly number[], count: number): number {
  const total = sum(weights)
  const error = weights.map(() => 0)
  let worst = 0
  for (let n = 0; n < count; n++) {
    const pick = next()
    for (let j = 0; j < weights.length; j++) {
      error[j]! += weights[j]! - (j === pick ? total : 0)
      worst = Math.max(worst, Math.abs(error[j]!))
    }
  }
  return worst
}

/** As `worstPrefix`, over every window. */
export function worstWindow(next: () => number, weights: readonly number[], count: number): number {
  const total = sum(weights)
  const error = weights.map(() => 0)
  const high = weights.map(() => 0)
  const low = weights.map(() => 0)
  for (let n = 0; n < count; n++) {
    const pick = next()
    for (let j = 0; j < weights.length; j++) {
      error[j]! += weights[j]! - (j === pick ? total : 0)
      high[j] = Math.max(high[j]!, error[j]!)
      low[j] = Math.min(low[j]!, error[j]!)
    }
  }
  return Math.max(...high.map((value, j) => value - low[j]!))
}

export const weight = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }))
export const phase = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
