/** Quantiles of Student's t for two-sided intervals of 95 %, by degrees of freedom from 1 on. */
const student = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08,
  2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const

/** Beyond the table by the first terms of the expansion, which is right to three decimals there. */
export function student95(degrees: number): number {
  if (degrees < 1) return Number.POSITIVE_INFINITY
  return student[Math.floor(degrees) - 1] ?? 1.96 + 2.372 / degrees + 2.823 / degrees ** 2
}

/** An estimate and how far the truth may be from it, with 95 % confidence. */
export type Bounded = { readonly value: number; readonly low: number; readonly high: number }

/** The geometric mean of ratios; its interval is symmetric on a logarithmic scale, so that it does not matter which one was divided by which. */
export function meanRatio(ratios: readonly number[]): Bounded {
  const logs = ratios.map(Math.log)
  const mean = sum(logs) / logs.length
  const variance = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1)
  const reach = logs.length < 2 ? Number.POSITIVE_INFINITY : student95(logs.length - 1) * Math.sqrt(variance / logs.length)
  return { value: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) }
}

export type Point = readonly [x: number, y: number]

/**
 * The slope of the straight line of least squares. Neighbouring samples of a process are much alike, which would make the interval too narrow:
 * the points count as so many independent ones as the correlation of neighbouring residuals leaves of them.
 */
export function slope(points: readonly Point[]): Bounded {
  const n = points.length
  if (n < 3) return { value: Number.NaN, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  const meanX = sum(points.map(([x]) => x)) / n
  const meanY = sum(points.map(([, y]) => y)) / n
  const spread = sum(points.map(([x]) => (x - meanX) ** 2))
  const value = sum(points.map(([x, y]) => (x - meanX) * (y - meanY))) / spread
  const residuals = points.map(([x, y]) => y - meanY - value * (x - meanX))
  const squares = sum(residuals.map((residual) => residual ** 2))
  const alike = squares === 0 ? 0 : Math.max(0, sum(residuals.slice(1).map((residual, i) => residual * residuals[i]!)) / squares)
  const independent = (n * (1 - alike)) / (1 + alike)
  const degrees = Math.max(1, independent - 2)
  const variance = (squares / n) * (independent / degrees)
  const reach = student95(degrees) * Math.sqrt(variance / (spread * (independent / n)))
  return { value, low: value - reach, high: value + reach }
}

/** The value that the share `q` of them do not exceed; of nothing: not a number. */
export function quantileOf(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]!
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
