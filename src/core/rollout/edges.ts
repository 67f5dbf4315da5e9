/** What the edges are seen to do with the split: never what they were asked to. */
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { ObservedEdge } from './observed.ts'

/** An edge unheard of for so long agrees with nothing. */
export const silenceMs = 10_000

export type EdgesView = {
  readonly needed: readonly ObservedEdge[]
  readonly speaking: readonly ObservedEdge[]
  readonly silent: readonly ObservedEdge[]
  readonly split: TrafficSplit | undefined
  /** Needed ones that do not serve by the split as it is. */
  readonly behind: readonly ObservedEdge[]
  /** Every needed edge, and at least one, serves by the split as it is. */
  readonly isAcknowledged: boolean
  /** The same, of those that are heard of; true where none is. */
  readonly isAcknowledgedBySpeaking: boolean
}

export function edgesView(edges: readonly ObservedEdge[], split: TrafficSplit | undefined): EdgesView {
  const silent = edges.filter(isSilent)
  const speaking = edges.filter((edge) => !isSilent(edge))
  const behind = edges.filter((edge) => isSilent(edge) || !hasApplied(edge, split))
  return {
    needed: edges,
    speaking,
    silent,
    split,
    behind,
    isAcknowledged: split !== undefined && edges.length > 0 && behind.length === 0,
    isAcknowledgedBySpeaking: split === undefined || speaking.every((edge) => hasApplied(edge, split)),
  }
}

function isSilent({ silentMs }: ObservedEdge): boolean {
  return silentMs === undefined || silentMs >= silenceMs
}

function hasApplied({ applied }: ObservedEdge, split: TrafficSplit | undefined): boolean {
  return split !== undefined && applied !== undefined && applied.uid === split.metadata.uid && applied.generation >= (split.metadata.generation ?? 0)
}

/** Pods of a version that each of these edges can send requests to; 0 where there is no edge. */
export function readyAt(edges: readonly ObservedEdge[], hash: string): number {
  if (edges.length === 0) return 0
  return Math.min(...edges.map((edge) => edge.backends.find((backend) => backend.podTemplateHash === hash)?.readyEndpoints ?? 0))
}

/** Requests under way to a version, as far as edges tell. */
export function inFlightAt(edges: readonly ObservedEdge[], hash: string): number {
  const counts = edges.flatMap((edge) => edge.backends).filter((backend) => backend.podTemplateHash === hash)
  return counts.reduce((sum, { inFlight }) => sum + inFlight, 0)
}

/** Whether the split as it is sends a version any request at all. */
export function isInTraffic(split: TrafficSplit | undefined, hash: string): boolean {
  if (split === undefined) return false
  return split.spec.services.some(
    ({ weights, routes = [], mirrors = [] }) =>
      weights.some((part) => part.podTemplateHash === hash && part.weight > 0) ||
      routes.some((route) => route.podTemplateHash === hash) ||
      mirrors.some((mirror) => mirror.podTemplateHash === hash),
  )
}

/** Whether any edge has a route to one of the Services. */
export function isRouted(edges: readonly ObservedEdge[], services: readonly string[]): boolean {
  return edges.some((edge) => services.some((service) => edge.routedServices.includes(service)))
}
