import fc from 'fast-check'
import t from 'tap'
import type { Routing } from '../../src/core/routing/types.ts'
import { openLedger } from '../../src/edge/blocks.ts'
import { at, workerAt } from '../../src/edge/counters.ts'
import { splitOf } from './admin/stubEdge.ts'

const seed = Date.now() % 1_000_000

function routingOf(...backends: string[]): Routing {
  return { routes: [], splits: [splitOf('shop', Object.fromEntries(backends.map((name) => [name, 1])))] }
}

function ledgerOf(workers: number, clock = { ms: 0 }) {
  return openLedger({ workers, keepMs: 600_000, now: () => clock.ms })
}

function cellsOf(ledger: ReturnType<typeof ledgerOf>, worker: number, routing: Routing, backend: string): Float64Array {
  return new Float64Array(ledger.blocksFor(worker, routing.splits)['shop']![backend]!)
}

t.test('the sum over workers is the sum of all increments, across deaths and changes', (t) => {
  t.comment(`seed ${seed}`)
  const names = ['a', 'b', 'c']
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('count' as const), worker: fc.nat(2), backend: fc.nat(2), by: fc.integer({ min: 1, max: 1000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), worker: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), backends: fc.subarray(names, { minLength: 1 }) }) },
  )
  const holds = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const ledger = ledgerOf(3)
    let routing = routingOf(...names)
    ledger.admit(routing)
    ledger.settle(routing)
    const expected = new Map(names.map((name) => [name, 0]))
    for (const step of steps) {
      if (step.kind === 'die') ledger.bury(step.worker)
      else if (step.kind === 'change') {
        routing = routingOf(...step.backends)
        ledger.admit(routing)
        ledger.settle(routing)
      } else {
        const { backends } = routing.splits[0]!
        const { name } = backends[step.backend % backends.length]!
        cellsOf(ledger, step.worker, routing, name)[at.requests]! += step.by
        expected.set(name, expected.get(name)! + step.by)
      }
    }
    const sums = new Map(ledger.series().map(({ backend, cells }) => [backend, cells[at.requests]]))
    return names.every((name) => sums.get(name) === expected.get(name))
  })
  t.doesNotThrow(() => fc.assert(holds, { seed, numRuns: 300 }))
  t.end()
})

t.test('a dead worker has nothing in flight any more, but has counted what it counted', (t) => {
  const ledger = ledgerOf(2)
  const routing = routingOf('a')
  ledger.admit(routing)
  for (const worker of [0, 1]) {
    const cells = cellsOf(ledger, worker, routing, 'a')
    cells.fill(1)
    new Float64Array(ledger.workerBlock(worker)).fill(1)
  }
  ledger.bury(0)
  const backend = ledger.sum('shop', 'a')
  t.same([backend[at.inFlight], backend[at.openTunnels], backend[at.requests], backend[at.retries]], [1, 1, 2, 2])
  const own = ledger.workerSum()
  t.same([own[workerAt.openConnections], own[workerAt.openUpstreamConnections], own[workerAt.connections]], [1, 1, 2])
  t.end()
})

t.test('series outlive their backend by ten minutes', (t) => {
  const clock = { ms: 0 }
  const ledger = ledgerOf(1, clock)
  const both = routingOf('a', 'b')
  const onlyA = routingOf('a')
  const names = (): string[] => ledger.series().map((series) => series.backend)
  ledger.admit(both)
  t.same(names(), ['a', 'b'], 'there before anything is routed')
  ledger.settle(both)
  cellsOf(ledger, 0, both, 'b')[at.requests] = 7
  ledger.settle(onlyA)
  clock.ms = 599_999
  t.same(names(), ['a', 'b'])
  ledger.admit(both)
  ledger.settle(both)
  t.equal(ledger.sum('shop', 'b')[at.requests], 7, 'one that comes back goes on')
  ledger.settle(onlyA)
  clock.ms += 600_000
  t.same(names(), ['a'])
  t.end()
})

t.test('what was admitted for a change that was refused leaves no series', (t) => {
  const ledger = ledgerOf(1)
  ledger.admit(routingOf('a'))
  ledger.settle(routingOf('a'))
  ledger.admit(routingOf('a', 'b'))
  ledger.settle(routingOf('a'))
  t.same(
    ledger.series().map((series) => series.backend),
    ['a'],
  )
  t.end()
})

t.test('in a cluster, what a version counts as a canary stays a canary’s after its promotion', (t) => {
  const ledger = ledgerOf(2)
  const split = { namespace: 'shop', trafficSplit: 'web', service: 'web' }
  const routingAs = (role: string): Routing => ({
    routes: [],
    splits: [
      {
        ...splitOf('shop.web.80', { bbb: 1 }),
        origin: split,
        backends: [{ name: 'bbb', weight: 1, endpoints: [], origin: { service: `web-${role}`, role, revision: 'bbb' } }],
      },
    ],
  })
  const count = (by: number): void => {
    const block = new Float64Array(ledger.blocksFor(1, routingAs('canary').splits)['shop.web.80']!['bbb']!)
    block[at.requests]! += by
    block[at.inFlight] = by
  }
  const told = () => ledger.series().map(({ origin, cells }) => [origin?.backend.role, cells[at.requests], cells[at.inFlight]])
  const settle = (role: string): void => {
    ledger.admit(routingAs(role))
    ledger.settle(routingAs(role))
  }
  settle('canary')
  count(5)
  t.same(told(), [['canary', 5, 5]])
  settle('canary')
  t.same(told(), [['canary', 5, 5]], 'the same said anew')
  settle('stable')
  t.same(told(), [
    ['canary', 5, 0],
    ['stable', 0, 5],
  ])
  count(2)
  t.same(told(), [
    ['canary', 5, 0],
    ['stable', 2, 2],
  ])
  t.equal(ledger.sum('shop.web.80', 'bbb')[at.requests], 7, 'together it is what it counted')
  t.end()
})
