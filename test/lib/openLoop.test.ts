import t from 'tap'
import { openHistogram } from '../../src/lib/histogram.ts'
import { quantile } from '../../src/lib/intervals.ts'
import { type Clock, evenArrivals, poissonArrivals, runOpenLoop, systemClock } from '../../src/lib/openLoop.ts'
import { randomFor } from '../edge/fuzz/random.ts'

/** A clock that stands still but for waits; `lateMs` tells by how much a wait is late. */
function scriptedClock(lateMs: (timeMs: number) => number = () => 0): Clock {
  let now = 1_000
  return {
    now: () => now,
    async waitUntil(timeMs) {
      now = Math.max(now, timeMs + lateMs(timeMs))
    },
  }
}

const never = new AbortController().signal

t.test('a stall of the server shows in the latency of all that was due in it: no coordinated omission', async (t) => {
  const clock = scriptedClock()
  const latency = openHistogram()
  const startedAt = clock.now()
  // One connection, 1 ms of service, and a second without any from 5 s on.
  let freeAt = 0
  const dueTimes: number[] = []
  await runOpenLoop({
    clock,
    arrivals: evenArrivals(100),
    durationMs: 20_000,
    signal: never,
    onDue(dueAt) {
      dueTimes.push(dueAt - startedAt)
      const stalled = dueAt - startedAt >= 5_000 && dueAt - startedAt < 6_000 ? startedAt + 6_000 : dueAt
      freeAt = Math.max(freeAt, stalled) + 1
      latency.add(freeAt - dueAt)
    },
  })
  t.equal(dueTimes.length, 2_000, 'the schedule does not slow down')
  t.ok(
    dueTimes.every((due, i) => Math.abs(due - i * 10) < 1e-6),
    'and no due time moves',
  )
  const p999 = quantile(latency.cells(), 0.999, 0.95).value
  t.ok(p999 > 950 && p999 < 1_100, `p99.9 ${p999}`)
  t.ok(quantile(latency.cells(), 0.5, 0.95).value < 1.01, 'the median knows nothing of it')
})

t.test('a stall of the sender does not move due times either', async (t) => {
  const clock = scriptedClock((timeMs) => (timeMs >= 1_500 && timeMs < 1_520 ? 400 : 0))
  const lateness: number[] = []
  const ranMs = await runOpenLoop({
    clock,
    arrivals: evenArrivals(50),
    durationMs: 1_000,
    signal: never,
    onDue: (dueAt) => lateness.push(clock.now() - dueAt),
  })
  t.equal(lateness.length, 50)
  t.equal(Math.max(...lateness), 400, 'it counts as waiting')
  t.equal(ranMs, 1_000)
})

t.test('even and Poisson arrivals have the rate asked for', (t) => {
  const seed = Date.now() & 0x7fffffff
  t.comment(`seed ${seed}`)
  const { int } = randomFor(seed, 0)
  const count = (next: () => number): number => {
    let n = 0
    while (next() < 100_000) n++
    return n
  }
  t.equal(count(evenArrivals(37)), 3_700)
  const random = count(poissonArrivals(37, () => int(2 ** 30) / 2 ** 30))
  t.ok(Math.abs(random - 3_700) < 5 * Math.sqrt(3_700), `${random} within five standard deviations of 3700`)
  t.end()
})

t.test('an abort ends it at once, and tells how long it ran', async (t) => {
  const stop = new AbortController()
  let due = 0
  const ranMs = await runOpenLoop({
    clock: systemClock,
    arrivals: evenArrivals(1_000),
    durationMs: 600_000,
    signal: stop.signal,
    onDue() {
      if (++due === 20) stop.abort()
    },
  })
  t.ok(ranMs < 60_000, `${ranMs} ms`)
  t.ok(due >= 20, `${due} were due`)
})
