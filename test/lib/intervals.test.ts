import t from 'tap'
import { openHistogram } from '../../src/lib/histogram.ts'
import { difference, normalQuantile, proportion, quantile, quantileRanks } from '../../src/lib/intervals.ts'
import { randomFor } from '../edge/fuzz/random.ts'

const rounded = (digits: number, ...values: readonly number[]): readonly number[] => values.map((value) => Number(value.toFixed(digits)) + 0)

t.test('normal quantiles are those of the tables', (t) => {
  for (const [probability, z] of [
    [0.5, 0],
    [0.9, 1.281552],
    [0.975, 1.959964],
    [0.995, 2.575829],
    [0.0005, -3.290527],
    [0.9999, 3.719016],
  ] as const)
    t.same(rounded(6, normalQuantile(probability)), [z], `P = ${probability}`)
  t.end()
})

t.test('Wilson: the published intervals of Newcombe (1998a), table I', (t) => {
  for (const [successes, trials, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = proportion(successes, trials, 0.95)
    t.same(rounded(4, interval.low, interval.high), [low, high], `${successes} of ${trials}`)
  }
  t.match(proportion(20, 20, 0.95), { value: 1, high: 1 })
  t.match(proportion(0, 0, 0.95), { low: 0, high: 1 }, 'no trial tells nothing')
  t.end()
})

t.test('Newcombe: the published differences of his method 10 (1998b), table II', (t) => {
  for (const [of, from, low, high] of [
    [[56, 70], [48, 80], 0.0524, 0.3339],
    [[9, 10], [3, 10], 0.1705, 0.809],
    [[6, 7], [2, 7], 0.0582, 0.8062],
    [[5, 56], [0, 29], -0.0381, 0.1926],
    [[0, 10], [0, 20], -0.1611, 0.2775],
    [[0, 10], [0, 10], -0.2775, 0.2775],
    [[10, 10], [0, 20], 0.6791, 1],
    [[10, 10], [0, 10], 0.6075, 1],
  ] as const) {
    const interval = difference(proportion(of[0], of[1], 0.95), proportion(from[0], from[1], 0.95))
    t.same(rounded(4, interval.low, interval.high), [low, high], `${of.join('/')} − ${from.join('/')}`)
  }
  t.end()
})

t.test('ranks of a quantile: the exact binomial ones', (t) => {
  for (const [count, q, low, high] of [
    // The tables of the sign test, 95 %: the median lies between the low-th smallest and the low-th largest.
    [6, 0.5, 1, 6],
    [10, 0.5, 2, 9],
    [20, 0.5, 6, 15],
    [25, 0.5, 8, 18],
    [50, 0.5, 18, 33],
    [100, 0.5, 40, 61],
    // 0.95^71 is above 2.5 %, 0.95^72 below: 72 observations are the fewest that bound a p95 from above.
    [71, 0.95, 63, 72],
    [72, 0.95, 64, 72],
  ] as const)
    t.same(quantileRanks(count, q, 0.95), { low, high }, `q ${q} of ${count}`)
  t.same(quantileRanks(5, 0.5, 0.95), { low: 0, high: 6 }, 'five observations bound no median')
  const { low, high } = quantileRanks(1_000_000, 0.99, 0.95)
  t.ok(Math.abs(low - 989_805) <= 2 && Math.abs(high - 990_196) <= 2, 'many: as the normal approximation has it', { low, high })
  t.end()
})

t.test('the interval of a quantile holds the truth as often as it says', (t) => {
  const seed = Date.now() & 0x7fffffff
  t.comment(`seed ${seed}`)
  const { int } = randomFor(seed, 0)
  const random = (): number => int(2 ** 30) / 2 ** 30
  const truth = -Math.log(1 - 0.9) * 10
  let held = 0
  const runs = 600
  for (let run = 0; run < runs; run++) {
    const histogram = openHistogram()
    for (let i = 0; i < 200; i++) histogram.add(-Math.log(1 - random()) * 10)
    const { low, high } = quantile(histogram.cells(), 0.9, 0.95)
    if (low <= truth && truth <= high) held++
  }
  // Order statistics are a little wider than asked; below 92 % of 600 is 4 standard deviations off.
  t.ok(held / runs > 0.92, `${held} of ${runs}`)
  t.end()
})

t.test('too few observations leave a bound open, never invent one', (t) => {
  const histogram = openHistogram()
  for (let value = 1; value <= 100; value++) histogram.add(value)
  const p999 = quantile(histogram.cells(), 0.999, 0.95)
  t.equal(p999.high, Number.POSITIVE_INFINITY)
  t.equal(difference(p999, p999).high, Number.POSITIVE_INFINITY)
  t.equal(difference(p999, p999).low, Number.NEGATIVE_INFINITY)
  t.ok(Math.abs(p999.value - 100) < 0.5)
  t.match(quantile([], 0.5, 0.95), { low: 0, high: Number.POSITIVE_INFINITY })
  t.end()
})
