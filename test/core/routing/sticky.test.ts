import fc from 'fast-check'
import t from 'tap'
import { bucketAfter, bucketCount, hashText, placement } from '../../../src/core/routing/sticky.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const runs = { seed, numRuns: 300 }
t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

const bucket = fc.integer({ min: 0, max: bucketCount - 1 })
const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/)
const percent = fc.integer({ min: 0, max: 100 })
const two = (canary: string, weight: number, stable = 'stable') =>
  placement(
    [
      { name: stable, weight: 100 - weight },
      { name: canary, weight },
    ],
    100,
  )

/** Backends by name, with their weights; the sum is above 0. */
const several = fc
  .uniqueArray(name, { minLength: 1, maxLength: 8 })
  .chain((names) => fc.tuple(...names.map((each) => fc.record({ name: fc.constant(each), weight: fc.integer({ min: 0, max: 1_000 }) }))))
  .filter((backends) => backends.some(({ weight }) => weight > 0))
const totalOf = (backends: readonly { readonly weight: number }[]): number => backends.reduce((sum, { weight }) => sum + weight, 0)

t.test('two backends: on the canary when the turned bucket lies below its weight', async () =>
  fc.assert(
    fc.property(name, percent, bucket, (canary, weight, u) => {
      const turned = ((u + hashText(canary, 0)) % bucketCount) / bucketCount
      // At the very edge the weight is rounded to a bucket.
      if (Math.abs(turned - weight / 100) < 2 ** -31) return true
      return two(canary, weight)(u) === (turned < weight / 100 ? 1 : 0)
    }),
    runs,
  ),
)

t.test('who is on the canary stays there while its weight grows; at 0 nobody is, at 100 everybody', async () =>
  fc.assert(
    fc.property(name, percent, percent, bucket, (canary, a, b, u) => {
      const grows = two(canary, Math.min(a, b))(u) <= two(canary, Math.max(a, b))(u)
      return grows && two(canary, 0)(u) === 0 && two(canary, 100)(u) === 1
    }),
    runs,
  ),
)

t.test('the name of the stable backend changes nothing', async () =>
  fc.assert(
    fc.property(name, name, percent, bucket, (before, after, weight, u) => two('canary', weight, before)(u) === two('canary', weight, after)(u)),
    runs,
  ),
)

t.test('releases by other names meet other clients first', async (t) => {
  const releases = Array.from({ length: 200 }, (_, i) => two(`v${i}`, 5))
  const clients = Array.from({ length: 1_000 }, (_, i) => Math.floor((i / 1_000) * bucketCount))
  const met = clients.map((u) => releases.filter((place) => place(u) === 1).length)
  t.ok(Math.max(...met) <= 25, `of 200 releases at 5 % nobody meets more than 25 early; the unluckiest meets ${Math.max(...met)}`)
  const pairs = releases.slice(1).map((place, i) => clients.filter((u) => place(u) === 1 && releases[i]!(u) === 1).length)
  t.ok(pairs.filter((shared) => shared === 0).length > 160, 'most releases share nobody with the one before')
})

/** How much of the circle each backend has, found by bisecting between points where the owner changes. */
function sharesOf(place: (u: number) => number, backends: number): number[] {
  const shares = new Array<number>(backends).fill(0)
  const measure = (from: number, to: number): void => {
    // Owners at eight points of a piece that small agree, or it is cut further; arcs are longer than a piece.
    if (to - from <= 1) shares[place(from)]! += to - from
    else {
      const owners = new Set(Array.from({ length: 9 }, (_, i) => place(Math.min(to - 1, Math.floor(from + ((to - from) * i) / 8)))))
      if (owners.size === 1 && to - from <= bucketCount / 4_096) shares[place(from)]! += to - from
      else {
        const middle = Math.floor((from + to) / 2)
        measure(from, middle)
        measure(middle, to)
      }
    }
  }
  measure(0, bucketCount)
  return shares.map((share) => share / bucketCount)
}

t.test('any backends: the shares of the circle are those of the weights', async () =>
  fc.assert(
    fc.property(several, (backends) => {
      const total = totalOf(backends)
      const shares = sharesOf(placement(backends, total), backends.length)
      return backends.every(({ weight }, i) => Math.abs(shares[i]! - weight / total) < 0.002)
    }),
    { seed, numRuns: 60 },
  ),
)

t.test('any backends: one without weight has nobody', async () =>
  fc.assert(
    fc.property(several, bucket, (backends, u) => backends[placement(backends, totalOf(backends))(u)]!.weight > 0),
    runs,
  ),
)

t.test('any backends: growth at the cost of the first only adds clients, unless one before it grew', async () =>
  fc.assert(
    fc.property(several, fc.nat(), fc.nat(), bucket, (backends, which, by, u) => {
      const index = 1 + (which % Math.max(1, backends.length - 1))
      if (index >= backends.length || backends[0]!.weight === 0) return true
      const growth = 1 + (by % backends[0]!.weight)
      const grown = backends.map((backend, i) => ({
        ...backend,
        weight: backend.weight + (i === index ? growth : i === 0 ? -growth : 0),
      }))
      const before = placement(backends, totalOf(backends))(u)
      const after = placement(grown, totalOf(grown))(u)
      // Those before it keep all their clients, and so does it.
      return before !== 0 && before <= index ? after === before : after !== before ? after >= index || after === 0 : true
    }),
    runs,
  ),
)

t.test('buckets as they are issued: the share of any arc is exact to a few clients, early on and later', async (t) => {
  let worst = 0
  for (const start of [0, 1, 0x7fffffff, Math.floor((seed / 2 ** 31) * bucketCount)])
    for (const weight of [1, 5, 20, 50]) {
      const place = two(`v${start}`, weight)
      let issued = start
      let canary = 0
      for (let n = 1; n <= 20_000; n++) {
        canary += place(issued)
        issued = bucketAfter(issued)
        worst = Math.max(worst, Math.abs(canary - (n * weight) / 100))
      }
    }
  t.ok(worst < 4, `never more than 4 clients off (${worst.toFixed(2)})`)
})

t.test('hashes of numbered texts are spread evenly', async (t) => {
  const cells = new Array<number>(100).fill(0)
  for (let i = 0; i < 100_000; i++) cells[Math.floor((hashText(`user-${i}`, 7) / bucketCount) * 100)]!++
  // Of a fair throw 1000 ± 32 fall into a cell; five times that is beyond chance.
  t.ok(Math.max(...cells) < 1_160 && Math.min(...cells) > 840, `${Math.min(...cells)} to ${Math.max(...cells)} per hundredth`)
})
