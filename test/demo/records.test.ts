import t from 'tap'
import { keptMs, newRecords, percentile } from '../../src/demo/records.ts'

t.test('a percentile is the smallest value that so many do not exceed', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  for (const { values, fraction, is } of [
    { values: hundred, fraction: 0.5, is: 50 },
    { values: hundred, fraction: 0.99, is: 99 },
    { values: hundred, fraction: 1, is: 100 },
    { values: hundred, fraction: 0, is: 1 },
    { values: [7], fraction: 0.5, is: 7 },
    { values: [7], fraction: 0.99, is: 7 },
    { values: [1, 2], fraction: 0.5, is: 1 },
    { values: [1, 2, 3], fraction: 0.5, is: 2 },
  ])
    t.equal(percentile(values, fraction), is, `${fraction} of ${values.length}`)
})

t.test('figures count what ended within the window', async (t) => {
  const records = newRecords()
  for (let at = 0; at < 2000; at += 100) {
    const isCanary = at % 400 === 0
    records.sent()
    records.add({ at, version: isCanary ? 'v2' : 'v1', succeeded: !(isCanary && at < 1000), latencyMs: isCanary ? 20 : 10 })
  }
  t.same(records.figures('v1', 0, 2000), { requests: 15, share: 0.75, requestsPerSecond: 7.5, successRate: 1, p50Ms: 10, p99Ms: 10 })
  t.same(records.figures('v2', 0, 2000), { requests: 5, share: 0.25, requestsPerSecond: 2.5, successRate: 0.4, p50Ms: 20, p99Ms: 20 })
  t.same(records.figures('v2', 1000, 2000), { requests: 2, share: 0.2, requestsPerSecond: 2, successRate: 1, p50Ms: 20, p99Ms: 20 })
  t.same(records.totals(), {
    sent: 20,
    answered: 20,
    failed: 3,
    byVersion: new Map([
      ['v2', 5],
      ['v1', 15],
    ]),
  })
})

t.test('an empty window has no shares and no rates', async (t) => {
  const none = { requests: 0, share: undefined, requestsPerSecond: 0, successRate: undefined, p50Ms: undefined, p99Ms: undefined }
  t.same(newRecords().figures('v1', 0, 1000), none)
})

t.test('answers of no version are counted apart', async (t) => {
  const records = newRecords()
  records.add({ at: 1, succeeded: false, latencyMs: 1 })
  records.add({ at: 2, version: 'v1', succeeded: true, latencyMs: 1 })
  t.equal(records.figures('', 0, 10).share, 0.5)
  t.equal(records.totals().failed, 1)
})

t.test('history is by whole seconds, oldest first', async (t) => {
  const records = newRecords()
  records.add({ at: 1500, version: 'v2', succeeded: false, latencyMs: 1 })
  records.add({ at: 2500, version: 'v1', succeeded: true, latencyMs: 1 })
  t.same(records.history('v2', 3, 3000), [
    { share: undefined, successRate: undefined },
    { share: 1, successRate: 0 },
    { share: 0, successRate: undefined },
  ])
})

t.test('a long demo keeps the last minute, and all totals', async (t) => {
  const records = newRecords()
  const seconds = 600
  for (let second = 0; second < seconds; second++) records.add({ at: second * 1000, version: 'v1', succeeded: true, latencyMs: 1 })
  const end = seconds * 1000
  t.equal(records.figures('v1', end - keptMs, end).requests, 60)
  t.ok(records.figures('v1', 0, end).requests <= 121, 'older ones are forgotten')
  t.equal(records.totals().answered, seconds)
})
