import t from 'tap'
import { leastRequestOfTwo, leastRequestOfTwoWarming } from '../../src/edge/choose.ts'

const endpoints = (...inFlight: number[]) => inFlight.map((count, index) => ({ inFlight: count, index }))

/** Hands out the given numbers in turn. */
function scripted(...numbers: number[]): () => number {
  return () => {
    const next = numbers.shift()
    if (next === undefined) throw new Error('more numbers drawn than expected')
    return next
  }
}

t.test('a single endpoint is chosen without drawing', async (t) => {
  t.equal(leastRequestOfTwo(endpoints(9), scripted()).index, 0)
})

for (const { name, inFlight, drawn, chosen } of [
  { name: 'the second drawn has fewer', inFlight: [5, 4], drawn: [0, 0], chosen: 1 },
  { name: 'the first drawn has fewer', inFlight: [4, 5], drawn: [0, 0], chosen: 0 },
  { name: 'equal: the first drawn', inFlight: [3, 3], drawn: [0.5, 0.99], chosen: 1 },
  { name: 'equal: the first drawn, the other way', inFlight: [3, 3], drawn: [0.49, 0.99], chosen: 0 },
  { name: 'the least of all does not matter when it is not drawn', inFlight: [7, 0, 6], drawn: [0, 0.99], chosen: 2 },
  { name: 'the second never is the first again', inFlight: [9, 1, 9], drawn: [0.99, 0.99], chosen: 1 },
]) {
  t.test(`of two: ${name}`, async (t) => {
    t.equal(leastRequestOfTwo(endpoints(...inFlight), scripted(...drawn)).index, chosen)
  })
}

t.test('every ordered pair of different endpoints is drawn equally often', async (t) => {
  for (const count of [2, 3, 4, 7]) {
    const seen = new Map<string, number>()
    for (let first = 0; first < count; first++) {
      for (let second = 0; second < count - 1; second++) {
        const looked: number[] = []
        const watched = Array.from({ length: count }, (_, index) => ({
          get inFlight(): number {
            if (!looked.includes(index)) looked.push(index)
            return 0
          },
        }))
        leastRequestOfTwo(watched, scripted((first + 0.5) / count, (second + 0.5) / (count - 1)))
        const pair = looked.sort((a, b) => a - b).join()
        seen.set(pair, (seen.get(pair) ?? 0) + 1)
      }
    }
    t.same(new Set(seen.values()), new Set([2]), `${count} endpoints`)
    t.equal(seen.size, (count * (count - 1)) / 2, `${count} endpoints: all pairs`)
  }
})

t.test('requests that stay in flight spread evenly', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  t.comment(`seed ${seed}`)
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const all = endpoints(0, 0, 0, 0, 0, 0, 0, 0)
  for (let n = 0; n < 8_000; n++) leastRequestOfTwo(all, random).inFlight++
  const counts = all.map(({ inFlight }) => inFlight)
  t.ok(Math.max(...counts) - Math.min(...counts) < 20, `${counts}`)
})

for (const { name, ages, drawn, chosen } of [
  { name: 'one that is new, and lost', ages: [2, 10], drawn: [0, 0, 0.2], chosen: 1 },
  { name: 'one that is new, and won', ages: [2, 10], drawn: [0, 0, 0.19], chosen: 0 },
  { name: 'one that has just come', ages: [0, 10], drawn: [0, 0, 0], chosen: 1 },
  { name: 'one that is warm, without drawing', ages: [10, 2], drawn: [0, 0], chosen: 0 },
  { name: 'one of an endless age', ages: [Number.POSITIVE_INFINITY, 2], drawn: [0, 0], chosen: 0 },
]) {
  t.test(`slow start of 10: ${name}`, async (t) => {
    const warming = ages.map((age, index) => ({ inFlight: 0, joinedMs: 100 - age, index }))
    t.equal(leastRequestOfTwoWarming(warming, { nowMs: 100, slowStartMs: 10 }, scripted(...drawn)).index, chosen)
  })
}
