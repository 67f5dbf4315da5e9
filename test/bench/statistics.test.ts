import t from 'tap'
import { meanRatio, type Point, quantileOf, slope, student95 } from '../../bench/report/statistics.ts'
import { recoveryMs } from '../../bench/scenarios/overload/phases.ts'
import { randomFrom } from '../edge/http/harness.ts'

t.test("quantiles of Student's t, as tables have them", async (t) => {
  for (const [degrees, quantile] of [
    [1, 12.706],
    [9, 2.262],
    [30, 2.042],
    [40, 2.021],
    [60, 2.0],
    [120, 1.98],
  ] as const)
    t.ok(Math.abs(student95(degrees) - quantile) < 0.001, `${degrees}: ${student95(degrees)}`)
  t.equal(student95(0), Number.POSITIVE_INFINITY)
})

t.test('the mean of ratios and its interval', async (t) => {
  const { value, low, high } = meanRatio([1.02, 0.98, 1.05, 1.01, 0.99])
  // By hand: logarithms 0.01980, -0.02020, 0.04879, 0.00995, -0.01005: mean 0.00966, standard error 0.01207, t 2.776.
  t.match(
    [value, low, high].map((x) => x.toFixed(3)),
    ['1.010', '0.976', '1.044'],
  )
  t.match(meanRatio([1.2]), { low: 0, high: Number.POSITIVE_INFINITY }, 'one pair tells nothing of the spread')
})

t.test('the slope of a line', async (t) => {
  t.match(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
      [3, 7],
    ]),
    { value: 2, low: 2, high: 2 },
  )
  t.match(
    slope([
      [0, 1],
      [1, 3],
    ]),
    { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  )
})

/** A walk that forgets slowly, as the memory of a process does, on a line of slope 1 per step. */
function wander(random: (below: number) => number): Point[] {
  let drift = 0
  return Array.from({ length: 300 }, (_, x) => {
    drift = 0.8 * drift + (random(2001) - 1000) / 100
    return [x, x + drift]
  })
}

t.test('its interval holds for samples that are like their neighbours', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? 7)
  t.comment(`seed ${seed}`)
  const random = randomFrom(seed)
  const runs = 400
  let held = 0
  for (let run = 0; run < runs; run++) {
    const { low, high } = slope(wander(random))
    if (low <= 1 && high >= 1) held++
  }
  t.ok(held / runs > 0.91 && held / runs < 0.99, `${held} of ${runs} intervals hold the truth`)
})

t.test('quantiles', async (t) => {
  t.equal(quantileOf([3, 1, 2, 4], 0.5), 2)
  t.equal(quantileOf([3, 1, 2, 4], 0.99), 4)
  t.ok(Number.isNaN(quantileOf([], 0.5)))
})

t.test('when a contender has recovered', async (t) => {
  const slices = (...good: number[]) => good.map((count) => ({ due: 100, good: count }))
  t.equal(recoveryMs(slices(99, 100), 0.95), 0)
  t.equal(recoveryMs(slices(0, 96, 40, 95, 100), 0.95), 300, 'not before it stays well')
  t.equal(recoveryMs(slices(100, 94), 0.95), undefined)
})
