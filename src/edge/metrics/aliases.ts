import type { Routing, Split } from '../../core/routing/types.ts'
import type { BackendSeries } from '../blocks.ts'
import type { MetricAlias } from '../config.ts'
import { at, codes, durationBounds, methods } from '../counters.ts'

type Labels = Readonly<Record<string, string>>
type AliasSample = { readonly metricName?: string; readonly labels: Labels; readonly value: number }
type AliasFamily = { readonly name: string; readonly help: string; readonly type: 'counter' | 'histogram'; readonly values: readonly AliasSample[] }

/**
 * The same counts once more, under the names and labels that queries written for other proxies ask for; made at scrape time from the same
 * cells. The names are not ours, nor is what a linter thinks of them.
 */
export function aliasFamilies(
  aliases: readonly MetricAlias[],
  series: readonly BackendSeries[],
  routing: Routing | undefined,
): readonly AliasFamily[] {
  return aliases.flatMap((alias) => makers[alias](series, routing))
}

const makers: Readonly<Record<MetricAlias, (series: readonly BackendSeries[], routing: Routing | undefined) => AliasFamily[]>> = {
  http: (series) => [
    {
      name: 'http_requests_total',
      help: 'The same as spillway_edge_requests_total, under the labels that many queries use.',
      type: 'counter',
      values: summed(series.flatMap((each) => byCode(each, 'status', { app: serviceOf(each) }))),
    },
  ],
  nginx: (series, routing) => [
    {
      name: 'nginx_ingress_controller_requests',
      help: 'The same as spillway_edge_requests_total, under the labels of the NGINX Ingress controller.',
      type: 'counter',
      values: summed(series.flatMap((each) => nginxRequests(each, routing))),
    },
  ],
  istio: (series) => [
    {
      name: 'istio_requests_total',
      help: 'The same as spillway_edge_requests_total, under the labels of Istio.',
      type: 'counter',
      values: summed(series.flatMap((each) => byCode(each, 'response_code', istioLabels(each)))),
    },
    {
      name: 'istio_request_duration_milliseconds',
      help: 'The same as spillway_edge_request_duration_seconds, under the name and labels of Istio.',
      type: 'histogram',
      values: summed(series.flatMap(istioDurations)),
    },
  ],
}

function serviceOf({ split, backend, origin }: BackendSeries): string {
  return origin === undefined ? `${split}-${backend}` : origin.backend.service
}

/** Adds up what has the same labels, because a-b with c and a with b-c are the same service. */
function summed(samples: readonly AliasSample[]): AliasSample[] {
  const sums = new Map<string, AliasSample>()
  for (const sample of samples) {
    const key = JSON.stringify([sample.metricName, sample.labels])
    const before = sums.get(key)
    sums.set(key, before === undefined ? sample : { ...before, value: before.value + sample.value })
  }
  return [...sums.values()]
}

/** Codes that are there at 0 from the start: rate() cannot see the first increment of a series that appears with it. */
const always: readonly number[] = [200, 500]

function byCode({ cells }: BackendSeries, label: string, labels: Labels): AliasSample[] {
  const counts = new Map<number, number>(always.map((code) => [code, 0]))
  for (let cell = 0; cell < methods.length * codes.length; cell++) {
    const value = cells[at.requests + cell]!
    const code = codes[cell % codes.length]!
    if (value > 0) counts.set(code, (counts.get(code) ?? 0) + value)
  }
  return [...counts].map(([code, value]) => ({ labels: { ...labels, [label]: String(code) }, value }))
}

function nginxRequests(series: BackendSeries, routing: Routing | undefined): AliasSample[] {
  const split = routing?.splits.find(({ name }) => name === series.split)
  const primary = split === undefined ? 'stable' : primaryOf(split)
  const routes = routing?.routes.filter((route) => route.split === series.split) ?? []
  const only = routes.length === 1 ? routes[0] : undefined
  const labels = { ...nginxLabels(series, split, primary), path: only?.path ?? '', host: only?.host ?? '' }
  return methods.flatMap((method, index) =>
    codes.flatMap((code, c) => {
      const value = series.cells[at.requests + index * codes.length + c]!
      const wanted = value > 0 || (method === 'GET' && always.includes(code))
      return wanted ? [{ labels: { ...labels, method, status: String(code) }, value }] : []
    }),
  )
}

function nginxLabels(series: BackendSeries, split: Split | undefined, primary: string): Labels {
  const { origin } = series
  const isPrimary = series.backend === primary
  if (origin === undefined)
    return { namespace: '', ingress: series.split, service: `${series.split}-${primary}`, canary: isPrimary ? '' : serviceOf(series) }
  const { namespace, trafficSplit, service } = origin.split
  const stable = split?.backends.find(({ name }) => name === primary)?.origin?.service ?? service
  const isCanary = origin.backend.role === 'canary' || origin.backend.role === 'preview'
  // As that controller names what it sends to: namespace, Service and port.
  const canary = isCanary ? `${namespace}-${serviceOf(series)}-${series.split.slice(series.split.lastIndexOf('.') + 1)}` : ''
  return { namespace, ingress: trafficSplit || service, service: isCanary ? stable : serviceOf(series), canary }
}

/** That controller tells requests to a canary by the label `canary`, and counts all under the service beside which it stands. Told by what no change of weights moves. */
function primaryOf({ backends, fallback }: Split): string {
  if (backends.some(({ name }) => name === 'stable')) return 'stable'
  return fallback.kind === 'backend' ? fallback.backend : backends[0]!.name
}

function istioLabels(series: BackendSeries): Labels {
  const service = serviceOf(series)
  const { origin } = series
  if (origin === undefined) return { reporter: 'source', destination_service: service, destination_workload: service }
  const { namespace, trafficSplit } = origin.split
  return {
    reporter: 'source',
    destination_service: `${service}.${namespace}.svc.cluster.local`,
    destination_workload: trafficSplit || service,
    destination_workload_namespace: namespace,
  }
}

function istioDurations(series: BackendSeries): AliasSample[] {
  const name = 'istio_request_duration_milliseconds'
  const labels = istioLabels(series)
  const cell = (index: number): number => series.cells[at.duration + index]!
  let seen = 0
  const buckets = durationBounds.map((bound, index) => {
    seen += cell(index)
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound * 1000) }, value: seen }
  })
  const count = seen + cell(durationBounds.length)
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: cell(durationBounds.length + 1) * 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
