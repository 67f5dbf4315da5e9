import type { Condition } from '../../api/condition.ts'
import { timestampOf } from '../../api/time.ts'
import type { BackendTraffic, TrafficSplit, TrafficSplitSpec, TrafficSplitStatus } from '../../api/trafficSplit.ts'
import { type EdgesView, edgesView, isRouted, readyAt } from '../../core/rollout/edges.ts'
import type { Instant, ObservedEdge } from '../../core/rollout/observed.ts'
import { type Measured, quantileOf } from './trafficMeter.ts'

type SplitCondition = NonNullable<TrafficSplitStatus['conditions']>[number]

/** What a TrafficSplit's status should say now. */
export function splitStatus(
  split: TrafficSplit,
  { edges, measured, now }: { readonly edges: readonly ObservedEdge[]; readonly measured: ReadonlyMap<string, Measured>; readonly now: Instant },
): TrafficSplitStatus {
  const view = edgesView(edges, split)
  const before = split.status?.conditions ?? []
  return {
    observedGeneration: split.metadata.generation ?? 0,
    edges: edges.length,
    acknowledged: edges.length - view.behind.length,
    traffic: trafficOf(split.spec, edges, measured),
    conditions: [acknowledged(split, view), routed(split, edges)].map((condition) => dated(condition, before, now)),
  }
}

/** Whether something of it may not wait: all but counts. */
export function isUrgent(before: TrafficSplitStatus | undefined, after: TrafficSplitStatus): boolean {
  const told = ({ observedGeneration, edges, acknowledged: count, conditions = [] }: TrafficSplitStatus): string =>
    JSON.stringify([observedGeneration, edges, count, conditions.map(({ type, status, reason, message }) => [type, status, reason, message])])
  return before === undefined || told(before) !== told(after)
}

function trafficOf(spec: TrafficSplitSpec, edges: readonly ObservedEdge[], measured: ReadonlyMap<string, Measured>): readonly BackendTraffic[] {
  const main = spec.services.find(({ role }) => role === 'stable' || role === 'active') ?? spec.services[0]
  const routing = edges.filter(({ routedServices }) => routedServices.length > 0)
  return spec.backends.map(({ podTemplateHash, role }) => {
    const { requests = 0, failures = 0, recent } = measured.get(podTemplateHash) ?? {}
    return {
      podTemplateHash,
      role,
      weight: main?.weights.find((share) => share.podTemplateHash === podTemplateHash)?.weight ?? 0,
      readyEndpoints: readyAt(routing, podTemplateHash),
      requests,
      failures,
      ...(recent && recentTraffic(recent)),
    }
  })
}

function recentTraffic({ seconds, requests, judged, failures, durations }: NonNullable<Measured['recent']>): Partial<BackendTraffic> {
  const p50 = quantileOf(durations, 0.5)
  const p99 = quantileOf(durations, 0.99)
  return {
    requestRate: (requests / seconds).toFixed(1),
    ...((judged > 0 || failures > 0) && { successRate: ratioText(1 - failures / Math.max(judged, failures)) }),
    ...(p50 !== undefined && { p50Seconds: secondsText(p50) }),
    ...(p99 !== undefined && { p99Seconds: secondsText(p99) }),
  }
}

/** Rounded down: a rate of 1 says that nothing failed. */
function ratioText(ratio: number): string {
  return (Math.floor(ratio * 10_000) / 10_000).toFixed(4)
}

function secondsText(seconds: number): string {
  return String(Number(seconds.toPrecision(3)))
}

function acknowledged({ metadata }: TrafficSplit, view: EdgesView): SplitCondition {
  const { needed, silent, behind } = view
  const version = metadata.generation ?? 0
  const not = (reason: string, message: string): SplitCondition => ({ type: 'Acknowledged', status: 'False', reason, message })
  if (needed.length === 0) return not('NoReadyEdge', 'no edge is ready to carry the traffic')
  if (view.isAcknowledged) {
    const message = `${needed.length === 1 ? 'the edge serves' : `all ${needed.length} edges serve`} by generation ${version}`
    return { type: 'Acknowledged', status: 'True', reason: 'AllEdgesApplied', message }
  }
  const refusing = behind.find(({ refused }) => refused !== undefined)
  if (refusing?.refused !== undefined)
    return not('Refused', `${refusing.name} cannot serve by generation ${refusing.refused.generation}: ${refusing.refused.message}`)
  if (silent.length > 0)
    return not('SilentEdges', `not heard of: ${listed(silent.map(({ name, trouble }) => (trouble === undefined ? name : `${name} (${trouble})`)))}`)
  return not('EdgesBehind', `not at generation ${version} yet: ${listed(behind.map(({ name }) => name))}`)
}

function routed({ spec }: TrafficSplit, edges: readonly ObservedEdge[]): SplitCondition {
  const services = spec.services.map(({ name }) => name)
  if (isRouted(edges, services)) return { type: 'Routed', status: 'True', reason: 'RouteFound', message: 'an edge has a route to it' }
  if (edges.length === 0) return { type: 'Routed', status: 'Unknown', reason: 'NoReadyEdge', message: 'no edge is ready to say' }
  return { type: 'Routed', status: 'False', reason: 'NoRoute', message: `no edge has a route to Service ${services.join(' or ')}` }
}

/** The few that a line bears, each of one that people know. */
function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}

function dated(condition: SplitCondition, before: readonly Condition[], now: Instant): SplitCondition {
  const same = before.find(({ type, status }) => type === condition.type && status === condition.status)
  return { ...condition, lastTransitionTime: same?.lastTransitionTime ?? timestampOf(now) }
}
