import type { TrafficSplit } from '../../api/trafficSplit.ts'
import { splitKey } from '../../core/routing/report.ts'
import { isSilent, type KnownEdge } from '../traffic/knownEdge.ts'
import { isNeeded } from '../traffic/observedEdges.ts'
import type { Family, Sample } from './family.ts'

/** `nowMs` is monotonic. Without splits where another process leads. */
export type EdgesSeen = { readonly edges: readonly KnownEdge[]; readonly splits: readonly TrafficSplit[]; readonly nowMs: number }

export function edgeFamilies({ edges, splits, nowMs }: EdgesSeen): readonly Family[] {
  const perEdge = (value: (edge: KnownEdge) => number | undefined): readonly Sample[] =>
    edges.flatMap((edge) => {
      const found = value(edge)
      return found === undefined ? [] : [{ labels: { edge: edge.peer.name }, value: found }]
    })
  return [
    gauge(
      'spillway_controller_edge_serving',
      '1: it gets traffic, as far as Kubernetes knows, and does not take leave.',
      perEdge((edge) => Number(serves(edge))),
    ),
    gauge(
      'spillway_controller_edge_heard',
      '1: it reports; 0: it has been silent for 10 seconds, or has never spoken. Releases wait for one that serves.',
      perEdge((edge) => Number(!isSilent(edge, nowMs))),
    ),
    gauge(
      'spillway_controller_edge_report_age_seconds',
      'Since its last report.',
      perEdge(({ told }) => told && Math.max(0, nowMs - told.heardMs) / 1_000),
    ),
    gauge(
      'spillway_controller_edge_splits_behind',
      'Traffic splits that it has yet to apply as they are now.',
      perEdge((edge) => splits.filter((split) => isBehind(edge, split)).length),
    ),
  ]
}

function serves({ peer, told }: KnownEdge): boolean {
  return peer.isServing && !peer.isTerminating && told?.draining !== true
}

function isBehind(edge: KnownEdge, { metadata: { namespace = '', name, uid, generation = 0 } }: TrafficSplit): boolean {
  const split = { namespace, name }
  if (!isNeeded(edge, split)) return false
  const applied = edge.told?.splits.get(splitKey(split))?.applied
  return applied === undefined || applied.uid !== uid || applied.generation < generation
}

function gauge(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'gauge', values }
}
