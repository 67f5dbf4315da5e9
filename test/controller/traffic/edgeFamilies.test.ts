import t from 'tap'
import type { TrafficSplit } from '../../../src/api/trafficSplit.ts'
import { edgeFamilies } from '../../../src/controller/metrics/edgeFamilies.ts'
import { newEdge, withLine } from '../../../src/controller/traffic/knownEdge.ts'
import { report, splitReport } from './reports.ts'

t.test('the state of each edge, skew included', async (t) => {
  const peer = (name: string, isServing = true) => ({ id: name, name, url: 'http://10.0.0.1:9901', isServing, isTerminating: false })
  const split = (name: string, generation: number): TrafficSplit => ({
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, generation },
    spec: { totalWeight: 100, backends: [], services: [] },
  })
  const edges = [
    withLine(newEdge(peer('a')), report({ splits: [splitReport('api', 5), splitReport('web', 2)] }), 99_000),
    withLine(newEdge(peer('b')), report({ splits: [splitReport('api', 1), splitReport('web', 2)] }), 80_000),
    withLine(newEdge(peer('leaving')), report({ draining: true, splits: [] }), 99_500),
    newEdge(peer('new')),
    newEdge(peer('starting', false)),
  ]
  const families = edgeFamilies({ edges, splits: [split('api', 5), split('web', 2)], nowMs: 100_000 })
  const values = Object.fromEntries(
    families.map(({ name, values }) => [
      name.replace('spillway_controller_edge_', ''),
      Object.fromEntries(values.map(({ labels, value }) => [labels['edge'], value])),
    ]),
  )
  t.strictSame(values, {
    serving: { a: 1, b: 1, leaving: 0, new: 1, starting: 0 },
    heard: { a: 1, b: 0, leaving: 1, new: 0, starting: 0 },
    report_age_seconds: { a: 1, b: 20, leaving: 0.5 },
    splits_behind: { a: 0, b: 1, leaving: 0, new: 2, starting: 0 },
  })
})
