import fc from 'fast-check'
import t from 'tap'
import { type Bucket, take } from '../../src/kube/rateLimit.ts'
import { backoffMs } from '../../src/lib/backoff.ts'

t.test('a burst goes at once, then so many per second', async (t) => {
  const rate = { perSecond: 10, burst: 3 }
  let bucket: Bucket = { tokens: 3, atMs: 0 }
  const waits: number[] = []
  for (let i = 0; i < 5; i++) {
    const taken = take(bucket, rate, 0)
    bucket = taken.bucket
    waits.push(Math.round(taken.waitMs))
  }
  t.strictSame(waits, [0, 0, 0, 100, 200])
  t.equal(take(bucket, rate, 10_000).waitMs, 0, 'filled again')
})

t.test('in no stretch of time go more than the burst and what refills meanwhile', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const rate = { perSecond: 40, burst: 80 }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }), (pauses) => {
      let bucket: Bucket = { tokens: rate.burst, atMs: 0 }
      let now = 0
      const sent = pauses.map((pause) => {
        now += pause
        const taken = take(bucket, rate, now)
        bucket = taken.bucket
        return now + taken.waitMs
      })
      return sent.every((from, i) => sent.slice(i).every((to, j) => j + 1 <= rate.burst + ((to - from) / 1_000) * rate.perSecond + 1e-6))
    }),
    { seed },
  )
})

t.test('back-off doubles to its longest, half of it drawn', async (t) => {
  const backoff = { firstMs: 100, longestMs: 1_000 }
  t.strictSame(
    [1, 2, 3, 4, 5, 5_000].map((failures) => backoffMs(backoff, failures, () => 0)),
    [50, 100, 200, 400, 500, 500],
  )
  t.strictSame(
    [1, 2, 3, 4, 5, 5_000].map((failures) => backoffMs(backoff, failures, () => 1)),
    [100, 200, 400, 800, 1_000, 1_000],
  )
})
