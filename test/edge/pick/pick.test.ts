import fc from 'fast-check'
import t from 'tap'
import { aheadPicker } from '../../../src/edge/pick/ahead.ts'
import { drawCycle } from '../../../src/edge/pick/cycle.ts'
import { picker } from '../../../src/edge/pick.ts'
import { below, phase, runs, seed, sum, uniform, weight, worstPrefix, worstWindow } from './error.ts'

t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

/** All ways to write `total` as `parts` positive integers, in every order. */
function compositions(total: number, parts: number): number[][] {
  if (parts === 1) return [[total]]
  return Array.from({ length: total - parts + 1 }, (_, i) => i + 1).flatMap((head) =>
    compositions(total - head, parts - 1).map((rest) => [head, ...rest]),
  )
}
const allUpTo12 = Array.from({ length: 12 }, (_, i) => i + 1).flatMap((total) =>
  Array.from({ length: Math.min(5, total) }, (_, i) => i + 1).flatMap((parts) => compositions(total, parts)),
)

t.test('two backends: any window of picks is within 1 of exact, for every total up to 40 and every phase', async (t) => {
  let bad = 0
  for (let total = 2; total <= 40; total++) {
    for (let w = 1; w < total; w++) {
      for (let k = 0; k < total; k++) {
        const weights = [w, total - w]
        const one = picker(weights, (k + 0.5) / total)
        if (worstWindow(() => one.next(), weights, 3 * total) >= total) bad++
      }
    }
  }
  t.equal(bad, 0)
})

t.test('two backends: any window of picks is within 1 of exact, for any weights, wherever they stand among zeros', async () => {
  fc.assert(
    fc.property(weight, weight, phase, fc.nat(2), fc.nat(2), fc.nat(2), (a, b, start, before, between, after) => {
      const weights = [...Array(before).fill(0), a, ...Array(between).fill(0), b, ...Array(after).fill(0)] as number[]
      const one = picker(weights, start)
      return worstWindow(() => one.next(), weights, 3_000) < a + b
    }),
    runs,
  )
})

t.test('two backends: over all phases each pick is each backend in exactly its share', async (t) => {
  let bad = 0
  for (let total = 2; total <= 30; total++) {
    for (let w = 1; w < total; w++) {
      const counts = new Int32Array(2 * total)
      for (let k = 0; k < total; k++) {
        const one = picker([w, total - w], (k + 0.5) / total)
        for (let n = 0; n < 2 * total; n++) if (one.next() === 0) counts[n]!++
      }
      bad += counts.filter((count) => count !== w).length
    }
  }
  t.equal(bad, 0)
})

t.test('three or more: every prefix is within 1 of exact, every window within 2, for all weights up to a total of 12', async (t) => {
  let bad = 0
  for (const weights of allUpTo12) {
    for (let run = 0; run < 8; run++) {
      const start = uniform()
      const total = sum(weights)
      const [one, same] = [picker(weights, start), picker(weights, start)]
      if (worstPrefix(() => one.next(), weights, 3 * total) >= total) bad++
      if (worstWindow(() => same.next(), weights, 3 * total) >= 2 * total) bad++
    }
  }
  t.comment(`${allUpTo12.length} vectors of weights`)
  t.equal(bad, 0)
})

t.test('three or more, chosen ahead: the same for all weights up to a total of 12', async (t) => {
  let bad = 0
  for (const weights of allUpTo12.filter((some) => some.length > 1)) {
    for (let run = 0; run < 8; run++) {
      const lead = Float64Array.from(weights, () => uniform() - 0.5)
      const ahead = aheadPicker(weights, new Float64Array(weights.length), lead)
      if (worstPrefix(() => ahead.next(), weights, 3 * sum(weights)) >= sum(weights)) bad++
    }
  }
  t.equal(bad, 0)
})

t.test('three or more: every prefix is within 1 of exact for any weights and phase', async () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 3, maxLength: 12 }), phase, (weights, start) => {
      const one = picker(weights, start)
      return worstPrefix(() => one.next(), weights, 3_000) < sum(weights)
    }),
    runs,
  )
})

t.test('three or more: every prefix is within 1 of exact, however lopsided or many', async (t) => {
  const tiny = (count: number): number[] => [1_000_000, ...Array.from({ length: count }, () => 1 + below(3))]
  const same = (count: number): number[] => Array.from({ length: count }, () => 49_999)
  for (const weights of [tiny(2), tiny(7), same(20), [...same(10), 1_000_000], [900_001, 49_999, 50_000], [1_000_000, 1_000_000, 1]]) {
    const one = picker(weights, uniform())
    t.ok(worstPrefix(() => one.next(), weights, 30_000) < sum(weights), `${weights}`)
  }
})

t.test('three or more: no drift over a million picks', async (t) => {
  for (const weights of [
    [90, 7, 3],
    [500_003, 300_007, 199_990],
  ]) {
    const one = picker(weights, uniform())
    t.ok(worstPrefix(() => one.next(), weights, 1_000_000) < sum(weights), `${weights}`)
  }
})

/** The largest |mean count - share| over all prefixes, and whether it is more than chance explains (6 sigma of a count that is a floor or a ceiling). */
function startUpBias(make: () => () => number, weights: readonly number[], picks: number, draws: number): { worst: number; explained: boolean } {
  const total = sum(weights)
  const counts = weights.map(() => new Float64Array(picks))
  for (let run = 0; run < draws; run++) {
    const next = make()
    const had = weights.map(() => 0)
    for (let n = 0; n < picks; n++) {
      had[next()]!++
      for (let j = 0; j < had.length; j++) counts[j]![n]! += had[j]!
    }
  }
  let worst = 0
  let explained = true
  for (const [j, weight] of weights.entries()) {
    for (let n = 0; n < picks; n++) {
      const share = ((n + 1) * weight) / total
      const bias = Math.abs(counts[j]![n]! / draws - share)
      const fraction = share % 1
      worst = Math.max(worst, bias)
      explained &&= bias <= 6 * Math.sqrt((fraction * (1 - fraction)) / draws) + 5 / draws
    }
  }
  return { worst, explained }
}

t.test('three or more, in percent: no start-up bias; every count after n picks has its share for mean', async (t) => {
  const cases = [
    [1, 1, 1],
    [3, 2, 1],
    [5, 4, 3],
    [90, 5, 5],
    [97, 2, 1],
    [60, 30, 10],
    [90, 4, 3, 3],
    [50, 30, 15, 5],
    [30, 20, 15, 12, 10, 8, 3, 2],
  ]
  for (const weights of cases) {
    const { worst, explained } = startUpBias(
      () => {
        const one = picker(weights, uniform())
        return () => one.next()
      },
      weights,
      Math.min(100, sum(weights)),
      3_000,
    )
    t.ok(explained, `${weights}: mean off by at most ${worst.toFixed(4)}`)
  }
})

t.test('three or more, cycles too long to draw: the start-up bias stays below a third of a pick', async (t) => {
  for (const weights of [
    [500_003, 300_007, 199_990],
    [900_001, 50_000, 49_999],
    [970_001, 19_999, 10_000],
    [300_003, 200_003, 150_001, 120_007, 100_003, 80_021, 30_011, 19_951],
  ]) {
    const { worst } = startUpBias(
      () => {
        const one = picker(weights, uniform())
        return () => one.next()
      },
      weights,
      120,
      3_000,
    )
    t.ok(worst < 0.34, `${weights}: mean off by at most ${worst.toFixed(3)}`)
  }
})

t.test('a drawn cycle has every backend as often as its weight', async (t) => {
  for (const weights of allUpTo12) {
    const picks = weights.length === 1 ? new Uint32Array(weights[0]!) : drawCycle(weights, uniform)
    const had = weights.map((_, j) => picks.filter((pick) => pick === j).length)
    if (String(had) !== String(weights)) t.fail(`${weights}: ${had}`)
  }
  t.pass(`${allUpTo12.length} vectors of weights`)
})

t.test('the only backend with weight is always picked', async (t) => {
  for (const weights of [[1], [1_000_000], [0, 7], [7, 0], [0, 0, 3], [0, 5, 0, 0]]) {
    const one = picker(weights, uniform())
    const picks = Array.from({ length: 100 }, () => one.next())
    t.same(new Set(picks), new Set([weights.findIndex((w) => w > 0)]), `${weights}`)
  }
})
