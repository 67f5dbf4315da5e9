import type { Split } from '../../core/routing/types.ts'
import type { BackendSeries } from '../blocks.ts'
import { at, codes, durationBounds, methods } from '../counters.ts'

export type Sample = { readonly metricName?: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }
export type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: readonly Sample[]
}

type Named = Pick<BackendSeries, 'split' | 'backend' | 'origin'>

/** Namespace and revision are Kubernetes'; without it they are empty, which is the same as absent to a query. */
export function labelsOf({ split, backend, origin }: Named): Record<string, string> {
  if (origin === undefined) return { namespace: '', split, service: `${split}-${backend}`, role: backend, revision: '' }
  const { service, role, revision } = origin.backend
  return { namespace: origin.split.namespace, split: origin.split.trafficSplit, service, role, revision }
}

/** In a cluster a version is reached by several Services and ports, and counted as one. */
export function merged(series: readonly BackendSeries[]): readonly BackendSeries[] {
  const sums = new Map<string, BackendSeries>()
  for (const each of series) {
    const key = JSON.stringify(labelsOf(each))
    const before = sums.get(key)
    sums.set(key, before === undefined ? each : { ...before, cells: before.cells.map((value, cell) => value + each.cells[cell]!) })
  }
  return [...sums.values()]
}

/** Weights belong to the entry Service, not to the version's. */
export function weightsOf({ name: split, origin, backends }: Split): readonly Sample[] {
  return backends.map(({ name: backend, weight, origin: own }) => {
    const labels = labelsOf({ split, backend, origin: origin && own && { split: origin, backend: own } })
    return { labels: origin === undefined ? labels : { ...labels, service: origin.service }, value: weight }
  })
}

/** Of samples with the same labels the first: several ports of a Service have the same weights. */
export function once(samples: readonly Sample[]): readonly Sample[] {
  return [...new Map(samples.toReversed().map((sample) => [JSON.stringify(sample.labels), sample])).values()].toReversed()
}

export function requests(series: BackendSeries): Sample[] {
  const { cells } = series
  const shared = labelsOf(series)
  const samples: Sample[] = []
  for (const [m, method] of methods.entries()) {
    for (const [c, code] of codes.entries()) {
      const value = cells[at.requests + m * codes.length + c]!
      // These two are there at 0 from the start: rate() cannot see the first increment of a series that appears with it.
      const always = method === 'GET' && (code === 200 || code === 500)
      if (value > 0 || always) samples.push({ labels: { ...shared, method, code: String(code) }, value })
    }
  }
  return samples
}

export function histogram(name: string, help: string, series: readonly BackendSeries[], offset: number): Family {
  const values = series.flatMap((each) => {
    const { cells } = each
    const shared = labelsOf(each)
    let seen = 0
    const buckets = durationBounds.map((bound, i) => {
      seen += cells[offset + i]!
      return { metricName: `${name}_bucket`, labels: { ...shared, le: String(bound) }, value: seen }
    })
    const count = seen + cells[offset + durationBounds.length]!
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...shared, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: shared, value: cells[offset + durationBounds.length + 1]! },
      { metricName: `${name}_count`, labels: shared, value: count },
    ]
  })
  return { name, help, type: 'histogram', values }
}

export function byName(label: string, names: readonly string[], offset: number): (series: BackendSeries) => Sample[] {
  return (series) => {
    const shared = labelsOf(series)
    return names.map((name, i) => ({ labels: { ...shared, [label]: name }, value: series.cells[offset + i]! }))
  }
}

export function perBackend(type: 'counter' | 'gauge', name: string, help: string, series: readonly BackendSeries[], offset: number): Family {
  return { name, help, type, values: series.map((each) => ({ labels: labelsOf(each), value: each.cells[offset]! })) }
}
