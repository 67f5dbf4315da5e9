import fc from 'fast-check'
import t from 'tap'
import { type Picker, picker } from '../../../src/edge/pick.ts'
import { below, phase, runs, seed, sum, uniform, weight, worstPrefix } from './error.ts'

t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

t.test('weight 0 is never picked, across changes too', async () => {
  const weights = fc.array(fc.oneof(fc.constant(0), weight), { minLength: 4, maxLength: 4 }).filter((some) => sum(some) > 0)
  fc.assert(
    fc.property(fc.array(weights, { minLength: 1, maxLength: 20 }), phase, (history, start) => {
      let one: Picker | null = null
      for (const now of history) {
        one = one === null ? picker(now, start) : one.reweighted(now, [0, 1, 2, 3])
        for (let n = 0; n < 50; n++) if (!(now[one.next()]! > 0)) return false
      }
      return true
    }),
    runs,
  )
})

/** The worst |picks - summed shares| of any backend at any time, and the widest window, over a history of changes. */
function historyError(changes: number, picksEach: () => number, weightsNow: () => number[]): { prefix: number; window: number } {
  let weights = weightsNow()
  let one = picker(weights, uniform())
  const same = weights.map((_, j) => j)
  const had = weights.map(() => 0)
  const shares = weights.map(() => 0)
  const high = weights.map(() => 0)
  const low = weights.map(() => 0)
  let prefix = 0
  for (let change = 0; change < changes; change++) {
    const total = sum(weights)
    const count = picksEach()
    for (let n = 1; n <= count; n++) {
      had[one.next()]!++
      for (let j = 0; j < had.length; j++) {
        const error = had[j]! - shares[j]! - (n * weights[j]!) / total
        prefix = Math.max(prefix, Math.abs(error))
        high[j] = Math.max(high[j]!, error)
        low[j] = Math.min(low[j]!, error)
      }
    }
    for (let j = 0; j < had.length; j++) shares[j]! += (count * weights[j]!) / total
    weights = weightsNow()
    one = one.reweighted(weights, same)
  }
  return { prefix, window: Math.max(...high.map((value, j) => value - low[j]!)) }
}

const rounding = 1e-6 // of the test's own sums

t.test(
  'two backends: 200 changes of weights and totals over a million picks stay within 1 of the summed shares, and so does any window',
  async (t) => {
    const totals = [100, 1_000, 7, 1_000_000, 333_331]
    for (const [name, weightsNow] of [
      ['one total', () => [below(101)].flatMap((w) => [w, 100 - w])],
      ['many totals', () => [totals[below(5)]!].flatMap((total) => [below(total + 1)].flatMap((w) => [w, total - w]))],
    ] as const) {
      const { prefix, window } = historyError(200, () => 4_000 + below(2_000), weightsNow)
      t.ok(prefix < 1 + rounding, `${name}: every prefix within 1 (${prefix.toFixed(6)})`)
      t.ok(window < 1 + rounding, `${name}: every window within 1 (${window.toFixed(6)})`)
    }
  },
)

t.test('two backends: a change after every few picks loses nothing', async (t) => {
  const { prefix, window } = historyError(
    20_000,
    () => below(4),
    () => [1 + below(99)].flatMap((w) => [w, 100 - w]),
  )
  t.ok(prefix < 1 + rounding && window < 1 + rounding, `prefix ${prefix.toFixed(6)}, window ${window.toFixed(6)}`)
})

t.test('three to eight backends: 200 changes stay within 2 of the summed shares', async (t) => {
  for (let backends = 3; backends <= 8; backends++) {
    for (const [name, picksEach] of [
      ['long', () => 500 + below(500)],
      ['short', () => below(20)],
    ] as const) {
      const { prefix } = historyError(200, picksEach, () => Array.from({ length: backends }, () => 1 + below(backends % 2 === 0 ? 100 : 1_000_000)))
      t.ok(prefix < 2, `${backends} backends, ${name} phases: ${prefix.toFixed(3)}`)
    }
  }
})

t.test('three to eight backends that lose and regain their weight: 200 changes stay within 2 of the summed shares', async (t) => {
  for (let backends = 3; backends <= 8; backends++) {
    let worst = 0
    for (let run = 0; run < 10; run++) {
      const { prefix } = historyError(
        200,
        () => below(50),
        () => Array.from({ length: backends }, (_, j) => (j === 0 ? 1 : below(2)) * (1 + below(100))),
      )
      worst = Math.max(worst, prefix)
    }
    t.ok(worst < 2, `${backends} backends: ${worst.toFixed(3)}`)
  }
})

t.test('the same weights again change nothing', async (t) => {
  for (const weights of [
    [95, 5],
    [90, 7, 3],
    [500_003, 300_007, 199_990],
  ]) {
    const start = uniform()
    const [plain, again] = [picker(weights, start), [picker(weights, start)]]
    const expected = Array.from({ length: 300 }, () => plain.next())
    const actual = expected.map(() => {
      again[0] = again[0]!.reweighted([...weights], [...weights.keys()])
      return again[0].next()
    })
    t.same(actual, expected, `${weights}`)
  }
})

t.test('two backends in another order, and one replaced by a new one: the one that stays loses nothing', async (t) => {
  let one = picker([95, 5], uniform())
  let at = 0 // where the backend that stays stands
  let error = 0
  let [high, low] = [0, 0]
  for (let change = 0; change < 500; change++) {
    const share = below(101)
    const replaced = below(2) === 0
    const to = below(2)
    const weights = to === 0 ? [share, 100 - share] : [100 - share, share]
    one = one.reweighted(
      weights,
      weights.map((_, i) => (i === to ? at : replaced ? -1 : 1 - at)),
    )
    at = to
    for (let n = below(30); n > 0; n--) {
      error += (one.next() === at ? 1 : 0) - share / 100
      high = Math.max(high, error)
      low = Math.min(low, error)
    }
  }
  t.ok(high - low < 1 + rounding, `widest window ${(high - low).toFixed(6)}`)
})

t.test('backends may come and go', async () => {
  const change = fc.record({
    weights: fc.array(fc.oneof(fc.constant(0), weight), { minLength: 1, maxLength: 6 }).filter((some) => sum(some) > 0),
    shuffle: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 2, maxLength: 12 }), phase, (history, start) => {
      let one = picker(history[0]!.weights, start)
      let former = history[0]!.weights.length
      for (const { weights, shuffle } of history.slice(1)) {
        const free = Array.from({ length: former }, (_, i) => (i + shuffle) % former)
        one = one.reweighted(
          weights,
          weights.map((_, i) => ((i + shuffle) % 3 === 0 ? -1 : (free.pop() ?? -1))),
        )
        former = weights.length
        for (let n = 0; n < 40; n++) if (!(weights[one.next()]! > 0)) return false
      }
      // All that came before owes or is owed a few picks at most.
      const { weights } = history.at(-1)!
      return worstPrefix(() => one.next(), weights, 2_000) < 4 * sum(weights)
    }),
    runs,
  )
})
