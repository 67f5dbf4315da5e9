import type { BackendReport, Histogram, SplitReport } from '../../core/routing/report.ts'
import type { Ledger } from '../blocks.ts'
import type { ServedSplit } from '../config.ts'
import { at, codes, durationBounds, failureKinds, healthAt, methods } from '../counters.ts'
import type { Names } from '../names/names.ts'
import type { EdgeState, SplitStatus } from '../state.ts'
import { openTallies } from './tallies.ts'

/** What the edge serves at the moment, split by split: by TrafficSplit where there are such, else as it is configured. */
export type SplitReports = {
  /** To be called after each change of tables: what leaves them is still counted. */
  follow(): void
  look(): readonly SplitReport[]
}

export type SplitReportParts = {
  readonly instanceId: string
  readonly state: Pick<EdgeState, 'status'>
  readonly ledger: Pick<Ledger, 'sum' | 'most'>
  readonly names: Pick<Names, 'countOf'>
}

export function openSplitReports({ instanceId, state, ledger, names }: SplitReportParts): SplitReports {
  const tallies = openTallies(ledger.sum)

  function readyAt(split: string, backend: string): number {
    return Math.max(0, names.countOf(split, backend) - ledger.most(split, backend, healthAt.ejected))
  }

  function ofSplit({ split, etag, generation }: SplitStatus, routed: boolean): SplitReport {
    return {
      namespace: '',
      name: split.name,
      applied: { uid: instanceId, generation, etag },
      routed,
      services: [],
      refused: null,
      backends: split.backends.map(({ name, weight }) => ({
        name,
        weight,
        readyEndpoints: readyAt(split.name, name),
        ...countsOf(ledger.sum(split.name, name)),
      })),
    }
  }

  function ofTrafficSplit(served: ServedSplit, routed: ReadonlySet<string>): SplitReport {
    const { namespace, name, uid, generation } = served
    const services = served.services.map((service) => ({ name: service.name, routed: service.splits.some((split) => routed.has(split)) }))
    const splits = splitsOf(served)
    return {
      namespace,
      name,
      applied: { uid, generation, etag: `"${uid}-${generation}"` },
      routed: services.some((service) => service.routed),
      services,
      refused: served.refused ?? null,
      backends: served.backends.map((backend) => ({
        name: backend.name,
        weight: backend.weight,
        readyEndpoints: splits.length === 0 ? 0 : Math.min(...splits.map((split) => readyAt(split, backend.name))),
        ...countsOf(tallies.total(uid, backend.name)),
      })),
    }
  }

  return {
    follow() {
      const served = state.status().config?.trafficSplits
      if (served !== undefined) tallies.follow(served.map((each) => ({ uid: each.uid, splits: splitsOf(each), backends: backendsOf(each) })))
    },
    look() {
      const { config, splits } = state.status()
      const routed = new Set(config?.routing.routes.map((route) => route.split))
      if (config?.trafficSplits !== undefined) return config.trafficSplits.map((served) => ofTrafficSplit(served, routed))
      return [...splits.values()].map((status) => ofSplit(status, routed.has(status.split.name)))
    },
  }
}

function splitsOf({ services }: ServedSplit): readonly string[] {
  return [...new Set(services.flatMap(({ splits }) => splits))]
}

function backendsOf({ backends }: ServedSplit): readonly string[] {
  return backends.map(({ name }) => name)
}

function countsOf(cells: Float64Array): Pick<BackendReport, 'requests' | 'failures' | 'duration' | 'upstreamDuration' | 'inFlight'> {
  const requests: Record<string, number> = {}
  for (const [c, code] of codes.entries()) {
    let sum = 0
    for (let method = 0; method < methods.length; method++) sum += cells[at.requests + method * codes.length + c]!
    if (sum > 0) requests[code] = sum
  }
  return {
    requests,
    failures: Object.fromEntries(failureKinds.map((kind, index) => [kind, cells[at.failures + index]!])),
    duration: histogramAt(cells, at.duration),
    upstreamDuration: histogramAt(cells, at.upstreamDuration),
    inFlight: Math.max(0, cells[at.inFlight]! + cells[at.openTunnels]!),
  }
}

function histogramAt(cells: Float64Array, offset: number): Histogram {
  const buckets = durationBounds.length + 1
  return { buckets: [...cells.subarray(offset, offset + buckets)], sumSeconds: cells[offset + buckets]! }
}
