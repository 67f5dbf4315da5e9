import { silenceMs } from '../../core/rollout/edges.ts'
import { type EdgeScope, type SplitReport, splitKey, type TrafficReport, withReport } from '../../core/routing/report.ts'
import type { EdgePeer } from './edges.ts'

/** An edge, and what it has told. */
export type KnownEdge = {
  readonly peer: EdgePeer
  /** Undefined: it has never spoken. */
  readonly told: Told | undefined
  /** Why it is not heard of, or cannot be understood; undefined: it is. */
  readonly trouble: string | undefined
}

export type Told = {
  /** When its last line came; monotonic, in ms. */
  readonly heardMs: number
  readonly instance: string
  readonly scope: EdgeScope
  readonly draining: boolean
  readonly durationBounds: readonly number[]
  /** By `splitKey`. */
  readonly splits: ReadonlyMap<string, SplitReport>
}

/** Keys of splits; `all`: of any that there are. */
export type ChangedKeys = readonly string[] | 'all'

/** A line comes every second: one that is late by this has been held up, or there is trouble. */
export const lateMs = 3_000

/** Of one edge: whoever tells of more wants to fill the memory. */
const mostSplits = 50_000

export function newEdge(peer: EdgePeer): KnownEdge {
  return { peer, told: undefined, trouble: peer.url === undefined ? 'its Service has no port named admin' : undefined }
}

/** What is known once the cluster says otherwise of it. */
export function withPeer(edge: KnownEdge, peer: EdgePeer): KnownEdge {
  // It took leave, and serves again: another process, which has not spoken yet.
  const isBack = peer.isServing && !edge.peer.isServing && edge.told?.draining === true
  return { ...edge, peer, told: isBack ? undefined : edge.told }
}

export function withLine(edge: KnownEdge, report: TrafficReport, nowMs: number): KnownEdge {
  const { instance, scope, draining, durationBounds } = report
  const splits = withReport(edge.told?.splits ?? new Map<string, SplitReport>(), report)
  const told = { heardMs: nowMs, instance, scope, draining, durationBounds, splits }
  if (splits.size <= mostSplits) return { peer: edge.peer, told, trouble: undefined }
  return { peer: edge.peer, told: { ...told, splits: new Map() }, trouble: `it tells of more than ${mostSplits} splits` }
}

export function isSilent({ told }: KnownEdge, nowMs: number): boolean {
  return told === undefined || nowMs - told.heardMs >= silenceMs
}

/** Splits of which a decision may be another one, after that line. */
export function keysToldBy(report: TrafficReport, before: KnownEdge, nowMs: number): ChangedKeys {
  const { told } = before
  const isNews = told === undefined || isSilent(before, nowMs) || told.draining !== report.draining || !sameScope(told.scope, report.scope)
  if (isNews) return 'all'
  const keys = new Set(report.removed)
  if (report.complete) for (const key of told.splits.keys()) keys.add(key)
  for (const split of report.splits) {
    const key = splitKey(split)
    if (bearsOnDecisions(told.splits.get(key)) === bearsOnDecisions(split)) keys.delete(key)
    else keys.add(key)
  }
  return [...keys]
}

/** All but how much there is of it: whether anything is in flight matters, and how many there are does not. */
function bearsOnDecisions(split: SplitReport | undefined): string {
  if (split === undefined) return ''
  const { applied, services, refused, backends } = split
  return JSON.stringify([applied, services, refused, backends.map(({ name, readyEndpoints, inFlight }) => [name, readyEndpoints, inFlight > 0])])
}

function sameScope(a: EdgeScope, b: EdgeScope): boolean {
  return a.class === b.class && JSON.stringify(a.namespaces) === JSON.stringify(b.namespaces)
}
