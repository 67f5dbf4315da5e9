import t from 'tap'
import { parseReport, type SplitReport, type TrafficReport, withReport } from '../../../src/core/routing/report.ts'

const histogram = { buckets: [1, 2, 0], sumSeconds: 0.25 }
const split = (name: string, generation = 1): SplitReport => ({
  namespace: '',
  name,
  applied: { uid: 'u', generation, etag: `"u-${generation}"` },
  routed: true,
  services: [{ name: 'shop-stable', routed: true }],
  refused: null,
  backends: [
    {
      name: 'stable',
      weight: 95,
      readyEndpoints: 2,
      requests: { '200': 3 },
      failures: { connect: 0 },
      duration: histogram,
      upstreamDuration: histogram,
      inFlight: 1,
    },
  ],
})
const report = (change: Partial<TrafficReport> = {}): TrafficReport => ({
  instance: 'u',
  startedAt: '2026-01-01T00:00:00.000Z',
  time: '2026-01-01T00:00:01.000Z',
  cursor: 'u.1',
  scope: { namespaces: null, class: null },
  draining: false,
  complete: true,
  durationBounds: [0.1, 1],
  splits: [split('shop')],
  removed: [],
  ...change,
})

t.test('what was written is read again, and what is unknown is passed over', async (t) => {
  t.strictSame(parseReport(JSON.stringify(report())), { ok: true, report: report() })
  const newer = { ...report(), colour: 'red', splits: [{ ...split('shop'), more: 1 }] }
  t.strictSame(parseReport(JSON.stringify(newer)), { ok: true, report: report() })
  const { services: _, refused: _refused, ...older } = split('shop')
  const fromOlder = parseReport(JSON.stringify({ ...report(), splits: [older] }))
  t.strictSame(fromOlder, { ok: true, report: report({ splits: [{ ...split('shop'), services: [] }] }) }, 'an older edge tells of no Services')
  const inCluster = report({ scope: { namespaces: ['shop'], class: 'spillway' } })
  t.strictSame(parseReport(JSON.stringify(inCluster)), { ok: true, report: inCluster })
})

t.test('what is no report is told by its place', async (t) => {
  type Part = Record<string, unknown>
  const damaged = (change: (value: Part, backend: Part, split: Part) => void): string => {
    const value = structuredClone(report()) as unknown as Part
    const split = (value['splits'] as Part[])[0]!
    change(value, (split['backends'] as Part[])[0]!, split)
    return JSON.stringify(value)
  }
  const rows: readonly (readonly [line: string, mistake: RegExp])[] = [
    ['{', /^not JSON/],
    ['null', /^the report is not an object$/],
    ['[]', /^the report is not an object$/],
    [damaged((value) => delete value['instance']), /^instance is not a text$/],
    [damaged((value) => (value['startedAt'] = 'today')), /^startedAt is not a time$/],
    [damaged((value) => (value['durationBounds'] = [1, 1])), /^durationBounds is not in rising order$/],
    [damaged((value) => (value['scope'] = { namespaces: 'shop', class: null })), /^scope.namespaces is not a list$/],
    [damaged((_, backend) => (backend['requests'] = { '200': -1 })), /^splits\[0\].backends\[0\].requests.200 is not a count$/],
    [damaged((_, __, split) => (split['services'] = [{ name: 'shop', routed: 1 }])), /^splits\[0\].services\[0\].routed is not true or false$/],
    [damaged((_, __, split) => (split['refused'] = { generation: 2 })), /^splits\[0\].refused.message is not a text$/],
    [damaged((_, backend) => (backend['inFlight'] = 0.5)), /inFlight is not a count$/],
    [damaged((_, backend) => (backend['duration'] = { buckets: [1], sumSeconds: 0 })), /duration.buckets is not a list of 3$/],
    [damaged((_, backend) => (backend['duration'] = { buckets: [1, 2, 3], sumSeconds: null })), /sumSeconds is not a number from 0$/],
  ]
  for (const [line, mistake] of rows) {
    const parsed = parseReport(line)
    t.match(parsed.ok ? 'taken' : parsed.mistake, mistake)
  }
})

t.test('lines add up to what an edge serves', async (t) => {
  const first = withReport(new Map(), report({ splits: [split('a'), split('b')] }))
  t.strictSame([...first.keys()], ['/a', '/b'])
  const second = withReport(first, report({ complete: false, splits: [split('b', 2)], removed: ['/a'] }))
  t.strictSame([...second.values()], [split('b', 2)])
  t.strictSame([...withReport(second, report({ splits: [split('c')] })).keys()], ['/c'], 'a complete one replaces all')
})
