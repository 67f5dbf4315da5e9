import t from 'tap'
import { type EdgePeer, peerAt } from '../../../src/controller/traffic/edges.ts'
import { type KnownEdge, keysToldBy, newEdge, withLine, withPeer } from '../../../src/controller/traffic/knownEdge.ts'
import { observedEdges } from '../../../src/controller/traffic/observedEdges.ts'
import type { ObservedEdge } from '../../../src/core/rollout/observed.ts'
import type { TrafficReport } from '../../../src/core/routing/report.ts'
import { backendReport, report, splitReport } from './reports.ts'

const api = { namespace: 'shop', name: 'api' }
const nowMs = 100_000

function peer(name: string, change: Partial<EdgePeer> = {}): EdgePeer {
  return { id: name, name, url: 'http://10.0.0.1:9901', isServing: true, isTerminating: false, ...change }
}

/** That told so, so long ago. */
function edge(name: string, told: Partial<TrafficReport> | undefined, change: Partial<EdgePeer> = {}, agoMs = 500): KnownEdge {
  const known = newEdge(peer(name, change))
  return told === undefined ? known : withLine(known, report(told), nowMs - agoMs)
}

const generation = (value: number): Partial<TrafficReport> => ({ splits: [splitReport('api', value)] })

/** Edges, and what a decision sees: by name the generation that it serves by, and for how long it has been silent. */
const table: readonly {
  readonly rule: string
  readonly edges: readonly KnownEdge[]
  readonly seen: Readonly<Record<string, readonly [applied: number | undefined, silentMs: number | undefined]>>
}[] = [
  { rule: 'no edge is no edge', edges: [], seen: {} },
  {
    rule: 'one of three lags behind',
    edges: [edge('a', generation(7)), edge('b', generation(2)), edge('c', generation(7))],
    seen: { a: [7, 0], b: [2, 0], c: [7, 0] },
  },
  {
    rule: 'one that has not heard of the split yet is needed all the same',
    edges: [edge('a', generation(1)), edge('b', { splits: [] })],
    seen: { a: [1, 0], b: [undefined, 0] },
  },
  {
    rule: 'a late line is no silence yet',
    edges: [edge('a', generation(1), {}, 2_900)],
    seen: { a: [1, 0] },
  },
  {
    rule: 'silence is told for what it is, and what was told before stands beside it',
    edges: [edge('a', generation(1), {}, 4_000), edge('b', generation(1), {}, 60_000)],
    seen: { a: [1, 4_000], b: [1, 60_000] },
  },
  {
    rule: 'one that has never spoken is needed while its endpoint serves',
    edges: [edge('a', generation(1)), edge('new', undefined)],
    seen: { a: [1, 0], new: [undefined, undefined] },
  },
  {
    rule: 'one that is not ready yet, or not any more, is not needed',
    edges: [edge('a', generation(1)), edge('starting', undefined, { isServing: false }), edge('broken', generation(0), { isServing: false })],
    seen: { a: [1, 0] },
  },
  {
    rule: 'nothing waits for one that takes leave, by its own account or by that of the cluster',
    edges: [edge('a', generation(1)), edge('b', { ...generation(0), draining: true }), edge('c', generation(0), { isTerminating: true })],
    seen: { a: [1, 0] },
  },
  {
    rule: 'one of other namespaces is not needed',
    edges: [
      edge('all', generation(1)),
      edge('ours', { ...generation(1), scope: { namespaces: ['shop', 'pay'], class: 'spillway' } }),
      edge('theirs', { splits: [], scope: { namespaces: ['pay'], class: 'spillway' } }),
      edge('none', { splits: [], scope: { namespaces: [], class: 'spillway' } }),
    ],
    seen: { all: [1, 0], ours: [1, 0] },
  },
  {
    rule: 'one of another class is needed once a route leads through it',
    edges: [
      edge('classless', { ...generation(1), scope: { namespaces: null, class: null } }),
      edge('unrouted', { splits: [splitReport('api', 0, { routed: false, services: [] })], scope: { namespaces: null, class: 'internal' } }),
      edge('routed', { ...generation(1), scope: { namespaces: null, class: 'internal' } }),
    ],
    seen: { classless: [1, 0], routed: [1, 0] },
  },
  {
    rule: 'where the cluster cannot say where it is, it is needed and silent',
    edges: [edge('a', undefined, { url: undefined })],
    seen: { a: [undefined, undefined] },
  },
]

for (const { rule, edges, seen } of table)
  t.test(rule, async (t) => {
    const found = Object.fromEntries(observedEdges(api, edges, nowMs).map(({ name, applied, silentMs }) => [name, [applied?.generation, silentMs]]))
    t.strictSame(found, seen)
  })

t.test('all that an edge tells of a split reaches the decision', async (t) => {
  const refused = { generation: 9, message: 'spec.services[0].routes[0]: bad pattern' }
  const told = splitReport('api', 3, { refused, backends: [backendReport('v1', { readyEndpoints: 4, inFlight: 2 })] })
  t.strictSame(observedEdges(api, [edge('a', { splits: [told, splitReport('other')] })], nowMs), [
    {
      name: 'a',
      silentMs: 0,
      applied: { uid: 'uid-api', generation: 3 },
      routedServices: ['api-stable'],
      backends: [{ podTemplateHash: 'v1', readyEndpoints: 4, inFlight: 2 }],
      refused,
    },
  ] satisfies ObservedEdge[])
  t.equal(observedEdges(api, [edge('a', undefined, { url: undefined })], nowMs)[0]?.trouble, 'its Service has no port named admin')
})

t.test('who took leave and serves again is another process', async (t) => {
  const left = edge('a', { ...generation(1), draining: true })
  t.strictSame(observedEdges(api, [left], nowMs), [])
  const ended = withPeer(left, peer('a', { isServing: false }))
  const back = withPeer(ended, peer('a'))
  t.match(observedEdges(api, [back], nowMs), [{ name: 'a', applied: undefined, silentMs: undefined }])
})

t.test('a URL names an edge that serves, as far as anybody knows', async (t) => {
  t.match(observedEdges(api, [newEdge(peerAt('http://127.0.0.1:9901'))], nowMs), [{ name: 'http://127.0.0.1:9901', silentMs: undefined }])
})

t.test('a line wakes whom it may matter to, and nobody else', async (t) => {
  const before = withLine(newEdge(peer('a')), report({ splits: [splitReport('api'), splitReport('web')] }), nowMs - 1_000)
  const line = (change: Partial<TrafficReport>): readonly string[] | 'all' =>
    keysToldBy(report({ complete: false, splits: [], ...change }), before, nowMs)
  const backends = (change: object) => [backendReport('v1', { weight: 90, ...change }), backendReport('v2', { weight: 10 })]
  t.strictSame(line({}), [], 'nothing is new')
  t.strictSame(line({ splits: [splitReport('api', 1, { backends: backends({ requests: { '200': 5 } }) })] }), [], 'requests alone')
  t.strictSame(line({ splits: [splitReport('api', 2)] }), ['shop/api'], 'another version')
  t.strictSame(line({ splits: [splitReport('api', 1, { backends: backends({ readyEndpoints: 1 }) })] }), ['shop/api'], 'a pod')
  t.strictSame(line({ splits: [splitReport('api', 1, { backends: backends({ inFlight: 1 }) })] }), ['shop/api'], 'the first request in flight')
  t.strictSame(line({ splits: [splitReport('api', 1, { services: [] })] }), ['shop/api'], 'a route')
  t.strictSame(line({ removed: ['shop/web'] }), ['shop/web'], 'a split that is gone')
  t.strictSame(line({ complete: true, splits: [splitReport('api')] }), ['shop/web'], 'a split that is missing where all are told')
  t.strictSame(line({ draining: true }), 'all', 'leave')
  t.strictSame(line({ scope: { namespaces: ['shop'], class: 'spillway' } }), 'all', 'another scope')
  t.equal(keysToldBy(report(), before, nowMs + 20_000), 'all', 'the end of a silence')
  t.equal(keysToldBy(report(), newEdge(peer('a')), nowMs), 'all', 'the first word')
})

t.test('who tells of splits without end is not believed', async (t) => {
  const splits = Array.from({ length: 50_001 }, (_, i) => splitReport(`s${i}`, 1, { backends: [], services: [] }))
  const known = withLine(newEdge(peer('a')), report({ splits }), nowMs)
  t.match(known, { trouble: /more than 50000 splits/ })
  t.equal(known.told?.splits.size, 0)
})
