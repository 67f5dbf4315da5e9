import type { Rollout } from '../../api/rollout.ts'
import { edgePlugin } from '../../api/rolloutLabels.ts'
import { type EdgesSeen, edgeFamilies } from './edgeFamilies.ts'
import type { Family, Sample } from './family.ts'
import type { PassCounts, PassSeries } from './passCounts.ts'

/** What one scrape tells, gathered at one moment. */
export type Scrape = {
  readonly version: string
  readonly isLeading: boolean
  /** None where another leads: who looks after them tells of them. */
  readonly rollouts: readonly Rollout[]
  readonly counts: PassCounts
  readonly edges: EdgesSeen
  readonly requests: readonly Sample[]
  readonly process: { readonly cpuSeconds: number; readonly residentBytes: number; readonly startedAt: Date }
}

/** Of each pass, in seconds; as upstream's. */
export const passBounds = [0.01, 0.15, 0.25, 0.5, 1] as const

export function families({ version, isLeading, rollouts, counts, edges, requests, process }: Scrape): readonly Family[] {
  const passes = counts.series()
  return [
    gauge('argo_rollouts_controller_info', 'The program that looks after rollouts.', [{ labels: { version }, value: 1 }]),
    gauge('spillway_controller_leading', '1: this process looks after rollouts; 0: it is ready to.', [{ labels: {}, value: isLeading ? 1 : 0 }]),
    gauge('rollout_info', 'What a rollout is, and its phase.', rollouts.map(infoOf)),
    gauge('rollout_phase', 'The phase of a rollout; as rollout_info has it, under an older name.', rollouts.map(phaseOf)),
    replicas('desired', 'wanted', rollouts, ({ spec }) => spec.replicas ?? 1),
    replicas('available', 'available', rollouts, ({ status }) => status?.availableReplicas ?? 0),
    replicas('unavailable', 'not available', rollouts, ({ spec, status }) => Math.max(0, (spec.replicas ?? 1) - (status?.availableReplicas ?? 0))),
    replicas('updated', 'of the wanted version', rollouts, ({ status }) => status?.updatedReplicas ?? 0),
    counter('rollout_events_total', 'Events about a rollout.', passes.flatMap(eventsOf)),
    counter(
      'rollout_reconcile_error',
      'Looks at a rollout that failed.',
      passes.map(({ labels, errors }) => ({ labels, value: errors })),
    ),
    { name: 'rollout_reconcile', help: 'How long a look at a rollout took.', type: 'histogram', values: passes.flatMap(durationsOf) },
    ...edgeFamilies(edges),
    counter('controller_clientset_k8s_request_total', 'Requests to the API server.', requests),
    counter('process_cpu_seconds_total', 'Processor time of this process.', [{ labels: {}, value: process.cpuSeconds }]),
    gauge('process_resident_memory_bytes', 'Memory of this process.', [{ labels: {}, value: process.residentBytes }]),
    gauge('process_start_time_seconds', 'When this process began.', [{ labels: {}, value: process.startedAt.getTime() / 1_000 }]),
  ]
}

function gauge(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'gauge', values }
}

function counter(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'counter', values }
}

function replicas(kind: string, what: string, rollouts: readonly Rollout[], count: (rollout: Rollout) => number): Family {
  const values = rollouts.map((rollout) => ({ labels: nameOf(rollout), value: count(rollout) }))
  return gauge(`rollout_info_replicas_${kind}`, `Pods of a rollout: those that are ${what}.`, values)
}

function nameOf({ metadata }: Rollout): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name }
}

function infoOf(rollout: Rollout): Sample {
  const { canary, blueGreen } = rollout.spec.strategy ?? {}
  const strategy = canary !== undefined ? 'canary' : blueGreen !== undefined ? 'blueGreen' : 'none'
  const labels = { ...nameOf(rollout), strategy, traffic_router: routerOf(rollout), phase: rollout.status?.phase ?? '' }
  return { labels, value: 1 }
}

/** As upstream names routers: the first that the spec has; `spillway` where the edges carry it out. */
function routerOf({ spec, status }: Rollout): string {
  const { plugins, ...others } = spec.strategy?.canary?.trafficRouting ?? {}
  if (status?.spillway?.router === 'edge' || plugins?.[edgePlugin] !== undefined) return 'spillway'
  const known = ['istio', 'nginx', 'alb', 'smi', 'ambassador', 'appMesh', 'traefik', 'apisix'] as const
  return known.find((name) => others[name] !== undefined) ?? Object.keys(plugins ?? {})[0] ?? ''
}

function phaseOf(rollout: Rollout): Sample {
  return { labels: { ...nameOf(rollout), strategy: infoOf(rollout).labels['strategy'] ?? '', phase: rollout.status?.phase ?? '' }, value: 1 }
}

function eventsOf({ labels, events }: PassSeries): readonly Sample[] {
  return [...events.values()].map(({ type, reason, count }) => ({ labels: { ...labels, type, reason }, value: count }))
}

function durationsOf({ labels, buckets, sumSeconds }: PassSeries): readonly Sample[] {
  let sum = 0
  const name = 'rollout_reconcile'
  const counted = buckets.map((count, i) => {
    sum += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(passBounds[i] ?? '+Inf') }, value: sum }
  })
  return [...counted, { metricName: `${name}_sum`, labels, value: sumSeconds }, { metricName: `${name}_count`, labels, value: sum }]
}
