import t from 'tap'
import { openSplitReports } from '../../../src/edge/admin/splitReports.ts'
import { openLedger } from '../../../src/edge/blocks.ts'
import type { EdgeConfig, ServedSplit } from '../../../src/edge/config.ts'
import { at, codes, failureKinds, healthAt } from '../../../src/edge/counters.ts'
import { configOf, splitOf } from './stubEdge.ts'

const served: ServedSplit = {
  namespace: 'shop',
  name: 'api',
  uid: 'u',
  generation: 3,
  backends: [
    { name: 'v1', weight: 95 },
    { name: 'v2', weight: 5 },
  ],
  services: [
    { name: 'api-stable', splits: ['api-stable.80', 'api-stable.81'] },
    { name: 'api-canary', splits: [] },
  ],
}

/** An edge of two workers that carries the TrafficSplit out at two ports. */
function scene(change: Partial<EdgeConfig> = {}) {
  const splits = ['api-stable.80', 'api-stable.81'].map((name) => splitOf(name, { v1: 95, v2: 5 }))
  let config = configOf(splits, { trafficSplits: [served], ...change })
  const ledger = openLedger({ workers: 2, keepMs: 1_000, now: () => 0 })
  ledger.admit(config.routing)
  ledger.settle(config.routing)
  const endpoints = new Map<string, number>()
  const status = { version: 1, splits: new Map(), appliedAt: undefined, rejected: 0, draining: false }
  const reports = openSplitReports({
    instanceId: 'i',
    state: { status: () => ({ ...status, config }) },
    ledger,
    names: { countOf: (split) => endpoints.get(split) ?? 2 },
  })
  reports.follow()
  const cells = (worker: number, split: string, backend: string): Float64Array =>
    new Float64Array(ledger.blocksFor(worker, config.routing.splits)[split]![backend]!)
  return {
    endpoints,
    cells,
    look: () => reports.look(),
    first: () => reports.look()[0]!,
    apply(next: Partial<EdgeConfig>) {
      config = { ...config, ...next }
      reports.follow()
    },
    /** One request, from its beginning to its end. */
    serve(worker: number, split: string, backend: string, code: number) {
      const block = cells(worker, split, backend)
      block[at.picks]!++
      block[at.requests + codes.indexOf(code as never)]!++
      block[at.duration]!++
    },
  }
}

t.test('one TrafficSplit is one report: its Services, and sums over ports and workers', async (t) => {
  const { serve, cells, endpoints, first } = scene()
  serve(0, 'api-stable.80', 'v1', 200)
  serve(1, 'api-stable.80', 'v1', 200)
  serve(1, 'api-stable.81', 'v1', 503)
  cells(0, 'api-stable.81', 'v1')[at.inFlight] = 2
  cells(1, 'api-stable.80', 'v1')[at.openTunnels] = 1
  cells(0, 'api-stable.80', 'v2')[at.failures + failureKinds.indexOf('connect')] = 4
  endpoints.set('api-stable.80', 3)
  cells(1, 'api-stable.81', 'v2')[healthAt.ejected] = 1
  const report = first()
  t.match(report, {
    namespace: 'shop',
    name: 'api',
    applied: { uid: 'u', generation: 3 },
    routed: true,
    services: [
      { name: 'api-stable', routed: true },
      { name: 'api-canary', routed: false },
    ],
    refused: null,
  })
  t.match(report.backends, [
    { name: 'v1', weight: 95, readyEndpoints: 2, requests: { '200': 2, '503': 1 }, inFlight: 3 },
    { name: 'v2', weight: 5, readyEndpoints: 1, requests: {}, failures: { connect: 4 }, inFlight: 0 },
  ])
  t.equal(report.backends[0]!.duration.buckets[0], 3)
})

t.test('one without a route is reported all the same, and has no ready endpoints', async (t) => {
  const { first } = scene({
    trafficSplits: [{ ...served, services: [{ name: 'api-stable', splits: [] }], refused: { generation: 4, message: 'no' } }],
  })
  t.match(first(), {
    applied: { generation: 3 },
    routed: false,
    refused: { generation: 4, message: 'no' },
    backends: [{ readyEndpoints: 0 }, { readyEndpoints: 0 }],
  })
})

t.test('a split that no route names is not routed, though it is there', async (t) => {
  const { first, apply } = scene()
  apply({ routing: { ...configOf([splitOf('api-stable.80', { v1: 95, v2: 5 }), splitOf('api-stable.81', { v1: 95, v2: 5 })]).routing, routes: [] } })
  t.match(first(), { routed: false, services: [{ routed: false }, { routed: false }] })
})

t.test('the same object says that nothing has happened', async (t) => {
  const { first, serve, cells, endpoints, apply } = scene()
  first()
  let before = first()
  const isNew = (what: string): void => {
    const after = first()
    t.not(after, before, what)
    before = after
    t.equal(first(), before, 'and nothing since')
  }
  t.equal(first(), before)
  serve(0, 'api-stable.81', 'v2', 200)
  isNew('a request')
  const block = cells(1, 'api-stable.80', 'v1')
  block[at.picks]!++
  block[at.inFlight]!++
  isNew('a request that has begun')
  block[at.inFlight]!--
  block[at.requests + codes.indexOf(200)]!++
  isNew('its end')
  block[at.picks]!++
  block[at.inFlight]!++
  isNew('another')
  block[at.inFlight]!--
  block[at.openTunnels]!++
  block[at.tunnels]!++
  block[at.requests + codes.indexOf(101)]!++
  isNew('that becomes a tunnel')
  block[at.openTunnels]!--
  isNew('and ends')
  block[healthAt.ejected]!++
  isNew('an endpoint that is out')
  endpoints.set('api-stable.80', 1)
  isNew('an endpoint that is gone')
  apply({ trafficSplits: [{ ...served, generation: 4 }] })
  isNew('a version')
  apply({ trafficSplits: [{ ...served, generation: 4 }] })
  t.equal(first(), before, 'the same said anew')
})

t.test('what a worker was in the middle of is found the next time', async (t) => {
  const { first, cells } = scene()
  const block = cells(0, 'api-stable.80', 'v1')
  first()
  block[at.picks]!++
  t.strictSame(first().backends[0]!.requests, {}, 'seen between two cells')
  block[at.requests + codes.indexOf(200)]!++
  t.strictSame(first().backends[0]!.requests, { '200': 1 })
})
