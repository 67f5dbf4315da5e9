import { edgeIngressClass } from '../../api/rolloutLabels.ts'
import type { ObservedEdge } from '../../core/rollout/observed.ts'
import { type SplitReport, splitKey } from '../../core/routing/report.ts'
import { type KnownEdge, lateMs } from './knownEdge.ts'

export type SplitRef = { readonly namespace: string; readonly name: string }

/** What a decision sees of the edges that must carry a split out: none that is needed is left out, whatever is known of it. */
export function observedEdges(split: SplitRef, edges: readonly KnownEdge[], nowMs: number): readonly ObservedEdge[] {
  return edges.filter((edge) => isNeeded(edge, split)).map((edge) => observedEdge(edge, split, nowMs))
}

/**
 * One that serves, that does not take leave, and whose scope holds the split: one of another class, once users' requests for the split may come that
 * way. One that has never spoken may serve any split.
 */
export function isNeeded({ peer, told }: KnownEdge, split: SplitRef): boolean {
  if (!peer.isServing || peer.isTerminating) return false
  if (told === undefined) return true
  const { draining, scope, splits } = told
  if (draining || (scope.namespaces !== null && !scope.namespaces.includes(split.namespace))) return false
  return scope.class === null || scope.class === edgeIngressClass || splits.get(splitKey(split))?.routed === true
}

function observedEdge({ peer, told, trouble }: KnownEdge, split: SplitRef, nowMs: number): ObservedEdge {
  const report = told?.splits.get(splitKey(split))
  const unheardMs = told === undefined ? undefined : nowMs - told.heardMs
  return {
    name: peer.name,
    silentMs: unheardMs !== undefined && unheardMs < lateMs ? 0 : unheardMs,
    applied: report && { uid: report.applied.uid, generation: report.applied.generation },
    routedServices: (report?.services ?? []).filter(({ routed }) => routed).map(({ name }) => name),
    backends: (report?.backends ?? []).map(observedBackend),
    ...(report?.refused && { refused: report.refused }),
    ...(trouble !== undefined && { trouble }),
  }
}

function observedBackend({ name, readyEndpoints, inFlight }: SplitReport['backends'][number]): ObservedEdge['backends'][number] {
  return { podTemplateHash: name, readyEndpoints, inFlight }
}
