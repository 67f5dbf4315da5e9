import t from 'tap'
import { openTrafficMeter, quantileOf } from '../../../src/controller/traffic/trafficMeter.ts'
import type { BackendReport } from '../../../src/core/routing/report.ts'
import { backendReport, durationBounds, splitReport } from './reports.ts'

const api = { key: 'shop/api', uid: 'uid-api' }

function scene() {
  const meter = openTrafficMeter()
  return {
    meter,
    /** An edge tells of v1. */
    tell(edge: string, atMs: number, requests: Readonly<Record<string, number>>, change: Partial<BackendReport> = {}, instance = 'i1') {
      const all = Object.values(requests).reduce((sum, count) => sum + count, 0)
      const duration = { buckets: [all, 0, 0, 0], sumSeconds: 0 }
      const splits = [splitReport('api', 1, { backends: [backendReport('v1', { requests, duration, ...change })] })]
      meter.add(edge, { instance, durationBounds, splits }, atMs)
    },
    read: (atMs: number) => meter.read(api, atMs).get('v1'),
  }
}

t.test('rates are of the last ten seconds, totals of all', async (t) => {
  const { tell, read } = scene()
  t.equal(read(0), undefined, 'nobody has told')
  tell('a', 0, { '200': 100 })
  t.match(read(1_000), { requests: 100, failures: 0, recent: undefined }, 'of one line there is no rate')
  for (let second = 1; second <= 30; second++) tell('a', second * 1_000, { '200': 100 + second * 5 })
  t.match(read(30_000), { requests: 250, recent: { seconds: 10, requests: 50, judged: 50, failures: 0 } })
  t.match(read(34_000), { recent: { seconds: 10, requests: 30 } }, 'lines that tell nothing new are no lines: it has stopped')
  t.match(read(50_000), { requests: 250, recent: { requests: 0, durations: [] } })
})

t.test('a young measurement is over as long as it is', async (t) => {
  const { tell, read } = scene()
  tell('a', 0, {})
  tell('a', 4_000, { '200': 8 })
  t.match(read(4_000), { recent: { seconds: 4, requests: 8 } })
})

t.test('edges add up', async (t) => {
  const { tell, read } = scene()
  tell('a', 0, { '200': 10 })
  tell('b', 0, { '200': 1_000 })
  tell('a', 5_000, { '200': 20 })
  tell('b', 5_000, { '200': 1_001, '503': 2 })
  t.match(read(5_000), { requests: 1_023, failures: 2, recent: { requests: 13, failures: 2 } })
})

t.test('an edge that starts anew counts from 0, and what it had counted stays', async (t) => {
  const { tell, read } = scene()
  tell('a', 0, { '200': 10 })
  tell('a', 3_000, { '200': 40, '500': 1 })
  tell('a', 4_000, { '200': 2 }, {}, 'i2')
  tell('a', 7_000, { '200': 5 }, {}, 'i2')
  t.match(read(7_000), { requests: 46, failures: 1, recent: { requests: 3 } })
  tell('a', 8_000, { '200': 1 }, {}, 'i2')
  t.equal(read(8_000)?.requests, 47, 'counts that fall are another beginning, whatever it says')
})

t.test('an edge that is gone had its part', async (t) => {
  const { tell, read, meter } = scene()
  tell('a', 0, { '200': 10 })
  tell('b', 0, { '200': 1 })
  meter.leave('a')
  t.equal(read(1_000)?.requests, 11)
  tell('a', 2_000, { '200': 3 })
  t.equal(read(2_000)?.requests, 14, 'another of its name')
})

t.test('another TrafficSplit of that name is another; what is gone is forgotten', async (t) => {
  const { tell, read, meter } = scene()
  tell('a', 0, { '200': 10 })
  t.same(meter.read({ ...api, uid: 'another' }, 0), new Map())
  const younger = { ...splitReport('api'), applied: { uid: 'another', generation: 1, etag: '' } }
  meter.add('a', { instance: 'i1', durationBounds, splits: [younger] }, 1_000)
  t.equal(read(1_000), undefined)
  meter.forget(api.key)
  t.equal(meter.read({ ...api, uid: 'another' }, 0).size, 0)
})

t.test('a version that the edges have let go has no numbers; should it come back, it has them once', async (t) => {
  const { tell, read, meter } = scene()
  tell('a', 0, { '200': 10 })
  meter.add('a', { instance: 'i1', durationBounds, splits: [splitReport('api', 2, { backends: [backendReport('v2')] })] }, 1_000)
  t.equal(read(1_000), undefined)
  tell('a', 2_000, { '200': 10 })
  t.equal(read(2_000)?.requests, 10)
})

t.test('what counts as failed, and what is judged', async (t) => {
  const rows: readonly (readonly [requests: Record<string, number>, failures: Record<string, number>, judged: number, failed: number])[] = [
    [{ '200': 8, '404': 2 }, {}, 10, 0],
    [{ '200': 8, '500': 1, '503': 1 }, {}, 10, 2],
    [{ '200': 8, '499': 2 }, {}, 8, 0],
    [{ '200': 8, '502': 2 }, { connect: 2 }, 10, 2],
    [{ '200': 10 }, { reset: 3 }, 10, 3],
    [{ '101': 4 }, {}, 4, 0],
  ]
  for (const [requests, failures, judged, failed] of rows) {
    const { tell, read } = scene()
    tell('a', 0, {})
    tell('a', 5_000, requests, { failures })
    t.match(read(5_000)?.recent, { judged, failures: failed }, JSON.stringify({ requests, failures }))
  }
})

t.test('quantiles lie in the buckets, of edges with other bounds as well', async (t) => {
  const { meter } = scene()
  const tell = (edge: string, bounds: readonly number[], atMs: number, buckets: readonly number[]): void => {
    const backends = [backendReport('v1', { duration: { buckets, sumSeconds: 0 } })]
    meter.add(edge, { instance: 'i', durationBounds: bounds, splits: [splitReport('api', 1, { backends })] }, atMs)
  }
  tell('a', durationBounds, 0, [0, 0, 0, 0])
  tell('b', [0.05, 0.5], 0, [0, 0, 0])
  tell('a', durationBounds, 5_000, [98, 0, 1, 1])
  tell('b', [0.05, 0.5], 5_000, [100, 0, 0])
  const cells = meter.read(api, 5_000).get('v1')!.recent!.durations
  t.same(
    cells.map(({ high, count }) => [high, count]),
    [
      [0.01, 98],
      [0.05, 100],
      [1, 1],
      [Number.POSITIVE_INFINITY, 1],
    ],
  )
  t.ok(Math.abs(quantileOf(cells, 0.5)! - 0.001) < 0.0002, `half: ${quantileOf(cells, 0.5)}`)
  t.equal(quantileOf(cells, 0.99), 0.05)
  t.equal(quantileOf(cells, 1), 1, 'beyond all bounds: the highest')
  t.equal(quantileOf([], 0.5), undefined)
})
