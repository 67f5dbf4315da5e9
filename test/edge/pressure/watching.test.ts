// What the main thread makes of what workers count: lines about limits, and workers that stand still.
import t from 'tap'
import { limitKinds } from '../../../src/edge/counters.ts'
import { limitNews, nothingTold } from '../../../src/edge/pressure/limitLog.ts'
import { bytesInUse, type HighWater, memoryLimitBytes, oldGenerationMb } from '../../../src/edge/pressure/memory.ts'
import { type Finding, judge, unwatched } from '../../../src/edge/pressure/watchdog.ts'

const counts = (met: Partial<Record<(typeof limitKinds)[number], number>>): number[] => limitKinds.map((kind) => met[kind] ?? 0)

t.test('each limit is told of at once, then at most every 10 s, with the times since', (t) => {
  const steps = [
    { atMs: 0, met: {}, news: [] },
    { atMs: 1_000, met: { headers: 3 }, news: [['headers', 3]] },
    { atMs: 2_000, met: { headers: 50, queue: 1 }, news: [['queue', 1]] },
    { atMs: 10_900, met: { headers: 60, queue: 1 }, news: [] },
    { atMs: 11_000, met: { headers: 60, queue: 1 }, news: [['headers', 57]] },
    { atMs: 60_000, met: { headers: 60, queue: 1 }, news: [] },
    {
      atMs: 61_000,
      met: { headers: 61, queue: 3 },
      news: [
        ['headers', 1],
        ['queue', 2],
      ],
    },
  ] as const
  let told = nothingTold
  for (const { atMs, met, news } of steps) {
    const next = limitNews(told, counts(met), atMs)
    told = next.told
    t.same(
      next.news.map(({ limit, times }) => [limit, times]),
      news,
      `at ${atMs} ms`,
    )
  }
  t.end()
})

t.test('every limit names what may be changed', (t) => {
  const { news } = limitNews(
    nothingTold,
    limitKinds.map(() => 1),
    0,
  )
  t.same(
    news.map(({ limit }) => limit),
    limitKinds,
  )
  for (const { limit, change } of news) t.ok(change.length > 5, `${limit}: ${change}`)
  t.end()
})

t.test('a worker stands still after so many checks with the same beat', (t) => {
  const timing = { checkMs: 250, stalledAfter: 2, replacedAfter: 4 }
  const rows: readonly { readonly name: string; readonly beats: readonly number[]; readonly findings: readonly Finding[] }[] = [
    { name: 'it beats', beats: [1, 2, 3, 9], findings: [undefined, undefined, undefined, undefined] },
    { name: 'it does not serve yet', beats: [0, 0, 0, 0, 0, 0], findings: [undefined, undefined, undefined, undefined, undefined, undefined] },
    { name: 'one beat is missed', beats: [1, 1, 2, 2, 3], findings: [undefined, undefined, undefined, undefined, undefined] },
    { name: 'it stops and goes on', beats: [1, 1, 1, 1, 2, 3], findings: [undefined, undefined, 'stalled', undefined, 'moving again', undefined] },
    { name: 'it stops for good', beats: [1, 1, 1, 1, 1, 1], findings: [undefined, undefined, 'stalled', undefined, 'lost', undefined] },
    {
      name: 'it is replaced',
      beats: [7, 7, 7, 7, 7, 0, 0, 1, 2],
      findings: [undefined, undefined, 'stalled', undefined, 'lost', undefined, undefined, undefined, undefined],
    },
  ]
  for (const { name, beats, findings } of rows) {
    let watched = unwatched
    const found = beats.map((beat) => {
      const judged = judge(watched, beat, timing)
      watched = judged.watched
      return judged.finding
    })
    t.same(found, findings, name)
  }
  t.end()
})

t.test('workers are sized by the memory that there is', (t) => {
  const GiB = 2 ** 30
  t.equal(oldGenerationMb(0.5 * GiB, 2), 128)
  t.equal(oldGenerationMb(4 * GiB, 4), 512)
  t.equal(oldGenerationMb(64 * GiB, 2), 1_024, 'more is of no use')
  t.equal(oldGenerationMb(GiB / 16, 8), 32, 'less is not enough to start')
  t.equal(memoryLimitBytes(GiB), GiB, 'what is configured')
  t.ok(memoryLimitBytes(0) > 2 ** 20 && Number.isFinite(memoryLimitBytes(0)), 'else what the system has')
  t.end()
})

t.test('memory that was given back to the allocator is not in use', (t) => {
  const rows = [
    { name: 'at rest', resident: 100, accounted: 40, inUse: 100 },
    { name: 'buffers', resident: 180, accounted: 120, inUse: 180 },
    { name: 'buffers gone, still resident', resident: 180, accounted: 45, inUse: 105 },
    { name: 'the same, with a few pages more', resident: 181, accounted: 45, inUse: 105 },
    { name: 'some of it used again', resident: 181, accounted: 85, inUse: 145 },
    { name: 'some given back to the system', resident: 150, accounted: 45, inUse: 105 },
    { name: 'memory that nobody accounts for, until there is no room left', resident: 190, accounted: 45, inUse: 190 },
  ]
  let high: HighWater = { residentBytes: 0, othersBytes: 0 }
  for (const { name, resident, accounted, inUse } of rows) {
    const now = bytesInUse(high, resident, accounted)
    high = now.high
    t.equal(now.bytes, inUse, name)
  }
  t.end()
})
