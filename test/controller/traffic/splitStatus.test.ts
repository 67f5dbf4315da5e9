import t from 'tap'
import type { TrafficSplit, TrafficSplitStatus } from '../../../src/api/trafficSplit.ts'
import { isUrgent, splitStatus } from '../../../src/controller/traffic/splitStatus.ts'
import type { Measured } from '../../../src/controller/traffic/trafficMeter.ts'
import type { ObservedEdge } from '../../../src/core/rollout/observed.ts'

const now = Date.parse('2026-01-01T00:00:10.900Z')

function split(change: Partial<TrafficSplit> = {}): TrafficSplit {
  return {
    metadata: { namespace: 'shop', name: 'api', uid: 'u', generation: 7 },
    spec: {
      totalWeight: 100,
      backends: [
        { podTemplateHash: 'v1', role: 'stable', service: 'api-v1' },
        { podTemplateHash: 'v2', role: 'canary', service: 'api-v2' },
      ],
      services: [
        { name: 'api-canary', role: 'canary', weights: [{ podTemplateHash: 'v2', weight: 100 }] },
        {
          name: 'api-stable',
          role: 'stable',
          weights: [
            { podTemplateHash: 'v1', weight: 95 },
            { podTemplateHash: 'v2', weight: 5 },
          ],
        },
      ],
    },
    ...change,
  }
}

function edge(name: string, generation: number | undefined, change: Partial<ObservedEdge> = {}): ObservedEdge {
  return {
    name,
    silentMs: 0,
    applied: generation === undefined ? undefined : { uid: 'u', generation },
    routedServices: ['api-stable'],
    backends: [
      { podTemplateHash: 'v1', readyEndpoints: 3, inFlight: 1 },
      { podTemplateHash: 'v2', readyEndpoints: 1, inFlight: 0 },
    ],
    ...change,
  }
}

const statusOf = (edges: readonly ObservedEdge[], measured: ReadonlyMap<string, Measured> = new Map(), of = split()): TrafficSplitStatus =>
  splitStatus(of, { edges, measured, now })
const condition = (status: TrafficSplitStatus, type: string) => status.conditions?.find((each) => each.type === type)

const table: readonly {
  readonly rule: string
  readonly edges: readonly ObservedEdge[]
  readonly acknowledged: readonly [acknowledged: number, edges: number, status: string, reason: string, message: RegExp]
}[] = [
  { rule: 'no edges', edges: [], acknowledged: [0, 0, 'False', 'NoReadyEdge', /^no edge is ready/] },
  { rule: 'one that has it', edges: [edge('a', 7)], acknowledged: [1, 1, 'True', 'AllEdgesApplied', /^the edge serves by generation 7$/] },
  { rule: 'all have it', edges: [edge('a', 7), edge('b', 7)], acknowledged: [2, 2, 'True', 'AllEdgesApplied', /^all 2 edges serve/] },
  { rule: 'a newer one', edges: [edge('a', 8)], acknowledged: [1, 1, 'True', 'AllEdgesApplied', /./] },
  {
    rule: 'one of three lags',
    edges: [edge('a', 7), edge('b', 6), edge('c', 7)],
    acknowledged: [2, 3, 'False', 'EdgesBehind', /^not at generation 7 yet: b$/],
  },
  {
    rule: 'many lag',
    edges: ['a', 'b', 'c', 'd', 'e'].map((name) => edge(name, undefined)),
    acknowledged: [0, 5, 'False', 'EdgesBehind', /: a, b, c and 2 more$/],
  },
  {
    rule: 'that of another TrafficSplit is none of this one',
    edges: [edge('a', undefined, { applied: { uid: 'older', generation: 9 } })],
    acknowledged: [0, 1, 'False', 'EdgesBehind', /a$/],
  },
  {
    rule: 'silence agrees with nothing',
    edges: [edge('a', 7), edge('b', 7, { silentMs: 10_000, trouble: 'HTTP 503' }), edge('c', undefined, { silentMs: undefined })],
    acknowledged: [1, 3, 'False', 'SilentEdges', /^not heard of: b \(HTTP 503\), c$/],
  },
  {
    rule: 'who refuses says why',
    edges: [edge('a', 6, { refused: { generation: 7, message: 'spec.services[0]: bad pattern' } }), edge('b', 6)],
    acknowledged: [0, 2, 'False', 'Refused', /^a cannot serve by generation 7: spec.services\[0\]: bad pattern$/],
  },
]

for (const { rule, edges, acknowledged } of table)
  t.test(`acknowledged: ${rule}`, async (t) => {
    const status = statusOf(edges)
    const { status: is, reason, message = '' } = condition(status, 'Acknowledged')!
    t.strictSame([status.acknowledged, status.edges, is, reason], acknowledged.slice(0, 4))
    t.match(message, acknowledged[4])
    t.equal(status.observedGeneration, 7)
  })

t.test('routed: as an edge sees it', async (t) => {
  t.match(condition(statusOf([edge('a', 7), edge('b', 7, { routedServices: [] })]), 'Routed'), { status: 'True' })
  t.match(condition(statusOf([edge('a', 7, { routedServices: [] })]), 'Routed'), {
    status: 'False',
    reason: 'NoRoute',
    message: /api-canary or api-stable$/,
  })
  t.match(condition(statusOf([]), 'Routed'), { status: 'Unknown' })
})

t.test('what each version answered, as numbers that the wire can carry', async (t) => {
  const durations = [
    { low: 0, high: 0.01, count: 90 },
    { low: 0.01, high: 0.1, count: 10 },
  ]
  const measured = new Map<string, Measured>([
    ['v1', { requests: 5_000, failures: 0, recent: { seconds: 10, requests: 123, judged: 120, failures: 0, durations } }],
    ['v2', { requests: 30, failures: 1, recent: { seconds: 10, requests: 10, judged: 30_000, failures: 1, durations: [] } }],
  ])
  t.strictSame(statusOf([edge('a', 7), edge('b', 7, { routedServices: [], backends: [] })], measured).traffic, [
    {
      ...{ podTemplateHash: 'v1', role: 'stable', weight: 95, readyEndpoints: 3, requests: 5_000, failures: 0 },
      ...{ requestRate: '12.3', successRate: '1.0000', p50Seconds: '0.00556', p99Seconds: '0.091' },
    },
    {
      ...{ podTemplateHash: 'v2', role: 'canary', weight: 5, readyEndpoints: 1, requests: 30, failures: 1 },
      ...{ requestRate: '1.0', successRate: '0.9999' },
    },
  ])
  const [quiet] =
    statusOf([], new Map([['v1', { requests: 0, failures: 0, recent: { seconds: 10, requests: 0, judged: 0, failures: 0, durations: [] } }]]))
      .traffic ?? []
  t.strictSame(quiet, { podTemplateHash: 'v1', role: 'stable', weight: 95, readyEndpoints: 0, requests: 0, failures: 0, requestRate: '0.0' })
  const lost = new Map([['v1', { requests: 0, failures: 3, recent: { seconds: 10, requests: 0, judged: 0, failures: 3, durations: [] } }]])
  t.match(statusOf([], lost).traffic?.[0], { successRate: '0.0000' }, 'all of its share was lost to the fallback')
})

t.test('a condition has the time since which it is so; only numbers can wait', async (t) => {
  const first = statusOf([edge('a', 6)])
  t.equal(condition(first, 'Acknowledged')?.lastTransitionTime, '2026-01-01T00:00:10Z')
  const later = splitStatus(split({ status: first }), { edges: [edge('a', 7)], measured: new Map(), now: now + 5_000 })
  t.equal(condition(later, 'Acknowledged')?.lastTransitionTime, '2026-01-01T00:00:15Z')
  t.equal(condition(later, 'Routed')?.lastTransitionTime, '2026-01-01T00:00:10Z')
  t.equal(isUrgent(undefined, first), true)
  t.equal(isUrgent(first, later), true)
  const counted = splitStatus(split({ status: later }), {
    edges: [edge('a', 7)],
    measured: new Map([['v1', { requests: 1, failures: 0, recent: undefined }]]),
    now,
  })
  t.equal(isUrgent(later, counted), false)
})
