/** Confidence intervals for proportions, quantiles and their differences. `confidence` is a ratio below 1, as 0.95; all intervals are two-sided. */
import type { Cell } from './histogram.ts'

/** An estimate and between what the truth lies. An infinite bound: there are too few observations to tell. */
export type Estimate = { readonly value: number; readonly low: number; readonly high: number }

/** The share of successes: Wilson's score interval, which holds for few trials and for shares of 0 and 1 too. */
export function proportion(successes: number, trials: number, confidence: number): Estimate {
  if (trials === 0) return { value: Number.NaN, low: 0, high: 1 }
  const z = normalQuantile((1 + confidence) / 2)
  const p = successes / trials
  const divisor = 1 + z ** 2 / trials
  const centre = (p + z ** 2 / (2 * trials)) / divisor
  const reach = (z / divisor) * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2))
  // At the ends the formula gives 0 or 1 exactly, which floating point misses.
  return { value: p, low: successes === 0 ? 0 : centre - reach, high: successes === trials ? 1 : centre + reach }
}

/**
 * `of − from`, of two independent estimates whose intervals have the confidence that this one is to have: each bound is as far away as the two
 * margins that lead to it, added as squares. For proportions by Wilson this is Newcombe's hybrid score interval (1998, method 10).
 */
export function difference(of: Estimate, from: Estimate): Estimate {
  const value = of.value - from.value
  const below = Math.hypot(of.value - of.low, from.high - from.value)
  const above = Math.hypot(of.high - of.value, from.value - from.low)
  return { value, low: value - below, high: value + above }
}

/**
 * The value below which the ratio `q` lies, with an interval between two observations (order statistics): it assumes no shape of the distribution.
 * `cells` ascending; the interval is the wider by the width of the cells that bound it.
 */
export function quantile(cells: readonly Cell[], q: number, confidence: number): Estimate {
  const count = cells.reduce((sum, cell) => sum + cell.count, 0)
  if (count === 0) return { value: Number.NaN, low: 0, high: Number.POSITIVE_INFINITY }
  const ranks = quantileRanks(count, q, confidence)
  return {
    value: within(cells, Math.max(1, Math.ceil(q * count))),
    low: ranks.low < 1 ? 0 : find(cells, ranks.low).cell.low,
    high: ranks.high > count ? Number.POSITIVE_INFINITY : find(cells, ranks.high).cell.high,
  }
}

/** Where in its cell an observation lies, were those of the cell spread evenly. */
function within(cells: readonly Cell[], rank: number): number {
  const { cell, before } = find(cells, rank)
  return Number.isFinite(cell.high) ? cell.low + ((cell.high - cell.low) * (rank - before - 0.5)) / cell.count : cell.low
}

function find(cells: readonly Cell[], rank: number): { readonly cell: Cell; readonly before: number } {
  let before = 0
  for (const cell of cells) {
    if (before + cell.count >= rank) return { cell, before }
    before += cell.count
  }
  return { cell: cells.at(-1)!, before: before - cells.at(-1)!.count }
}

/**
 * Between which of `count` ordered observations, counted from 1, the quantile `q` lies. Exact: from the binomial distribution of how many are below it.
 * `low` 0 or `high` above `count`: no observation bounds it on that side.
 */
export function quantileRanks(count: number, q: number, confidence: number): { readonly low: number; readonly high: number } {
  const tail = (1 - confidence) / 2
  return { low: ranksWithin(count, q, tail), high: count + 1 - ranksWithin(count, 1 - q, tail) }
}

/** The largest k with P(X < k) ≤ tail for X ~ binomial(count, q). Cost: some tens of standard deviations, about √count steps. */
function ranksWithin(count: number, q: number, tail: number): number {
  const mode = Math.min(count, Math.floor((count + 1) * q))
  const odds = (1 - q) / q
  // From the mode down to where terms are too small to matter, then up again, adding the small ones first.
  let k = mode
  let term = Math.exp(logFactorial(count) - logFactorial(k) - logFactorial(count - k) + k * Math.log(q) + (count - k) * Math.log1p(-q))
  while (k > 0 && term > tail * 1e-12) {
    term *= (k / (count - k + 1)) * odds
    k--
  }
  let below = 0
  while (k < count && below + term <= tail) {
    below += term
    term *= (count - k) / ((k + 1) * odds)
    k++
  }
  return k
}

/** Stirling's series where it has more than twelve right digits. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1
    for (let k = 2; k <= n; k++) product *= k
    return Math.log(product)
  }
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5)
}

/** The z with P(Z ≤ z) = `probability` for a standard normal Z; from 1e-12 to 1 − 1e-12. */
export function normalQuantile(probability: number): number {
  let low = -8
  let high = 8
  // 60 halvings of 16 are beyond what a double can tell apart.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (normalBelow(middle) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(Z ≤ z), by the series of odd powers over odd factorials around 0. */
function normalBelow(z: number): number {
  let term = z
  let sum = z
  for (let odd = 3; sum + term !== sum; odd += 2) {
    term *= z ** 2 / odd
    sum += term
  }
  return 0.5 + (sum * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI)
}
