import { sameData } from '../../core/routing/delta.ts'
import type { BackendReport, SplitReport } from '../../core/routing/report.ts'
import type { Ledger } from '../blocks.ts'
import type { ServedSplit } from '../config.ts'
import { healthAt } from '../counters.ts'
import type { Names } from '../names/names.ts'
import type { EdgeState, SplitStatus } from '../state.ts'
import { type BackendCounts, countsIn } from './backendCounts.ts'
import { openTallies } from './tallies.ts'

/** What the edge serves at the moment, split by split: by TrafficSplit where there are such, else as it is configured. */
export type SplitReports = {
  /** To be called after each change of tables: what leaves them is still counted. */
  follow(): void
  /** A report in which nothing is new is the same object as before. */
  look(): readonly SplitReport[]
}

export type SplitReportParts = {
  readonly instanceId: string
  readonly state: Pick<EdgeState, 'status'>
  readonly ledger: Pick<Ledger, 'sum' | 'most' | 'activity'>
  readonly names: Pick<Names, 'countOf'>
}

/** Who counts for a backend: the ledger itself, or a tally over several splits. */
type Counter = { activity(): string; total(): Float64Array }

export function openSplitReports({ instanceId, state, ledger, names }: SplitReportParts): SplitReports {
  const tallies = openTallies(ledger)
  const counts = openCountCache()
  let latest: ReadonlyMap<string, SplitReport> = new Map()

  function readyAt(split: string, backend: string): number {
    return Math.max(0, names.countOf(split, backend) - ledger.most(split, backend, healthAt.ejected))
  }

  function ofSplit({ split, etag, generation }: SplitStatus, routed: boolean): SplitReport {
    const backends = split.backends.map(({ name, weight }): BackendReport => {
      const counter = { activity: () => String(ledger.activity(split.name, name)), total: () => ledger.sum(split.name, name) }
      return { name, weight, readyEndpoints: readyAt(split.name, name), ...counts.of(`${split.name} ${name}`, counter) }
    })
    const applied = { uid: instanceId, generation, etag }
    return { namespace: '', name: split.name, applied, routed, services: [], refused: null, backends }
  }

  function ofTrafficSplit(served: ServedSplit, routed: ReadonlySet<string>): SplitReport {
    const { namespace, name, uid, generation } = served
    const services = served.services.map((service) => ({ name: service.name, routed: service.splits.some((split) => routed.has(split)) }))
    const splits = splitsOf(served)
    const backends = served.backends.map((backend): BackendReport => {
      const counter = { activity: () => tallies.activity(uid, backend.name), total: () => tallies.total(uid, backend.name) }
      const readyEndpoints = splits.length === 0 ? 0 : Math.min(...splits.map((split) => readyAt(split, backend.name)))
      return { name: backend.name, weight: backend.weight, readyEndpoints, ...counts.of(`${uid} ${backend.name}`, counter) }
    })
    const applied = { uid, generation, etag: `"${uid}-${generation}"` }
    return { namespace, name, applied, routed: services.some((service) => service.routed), services, refused: served.refused ?? null, backends }
  }

  function all(): readonly SplitReport[] {
    const { config, splits } = state.status()
    const routed = new Set(config?.routing.routes.map((route) => route.split))
    if (config?.trafficSplits !== undefined) return config.trafficSplits.map((served) => ofTrafficSplit(served, routed))
    return [...splits.values()].map((status) => ofSplit(status, routed.has(status.split.name)))
  }

  return {
    follow() {
      const served = state.status().config?.trafficSplits
      if (served !== undefined) tallies.follow(served.map((each) => ({ uid: each.uid, splits: splitsOf(each), backends: backendsOf(each) })))
    },
    look() {
      const reports = all().map((report) => {
        const before = latest.get(`${report.namespace}/${report.name}`)
        return before !== undefined && isSame(before, report) ? before : report
      })
      counts.sweep()
      latest = new Map(reports.map((report) => [`${report.namespace}/${report.name}`, report]))
      return reports
    },
  }
}

function splitsOf({ services }: ServedSplit): readonly string[] {
  return [...new Set(services.flatMap(({ splits }) => splits))]
}

function backendsOf({ backends }: ServedSplit): readonly string[] {
  return backends.map(({ name }) => name)
}

/** By the objects of the counts, which the cache keeps while nothing happens: a comparison of all values would cost more than all else. */
function isSame(a: SplitReport, b: SplitReport): boolean {
  return (
    a.applied.generation === b.applied.generation &&
    a.applied.etag === b.applied.etag &&
    a.refused?.generation === b.refused?.generation &&
    a.refused?.message === b.refused?.message &&
    a.routed === b.routed &&
    a.services.length === b.services.length &&
    a.services.every(({ name, routed }, i) => name === b.services[i]!.name && routed === b.services[i]!.routed) &&
    a.backends.length === b.backends.length &&
    a.backends.every((backend, i) => isSameBackend(backend, b.backends[i]!))
  )
}

function isSameBackend(a: BackendReport, b: BackendReport): boolean {
  return a.name === b.name && a.weight === b.weight && a.readyEndpoints === b.readyEndpoints && a.duration === b.duration
}

type Cached = { activity: string; counts: BackendCounts; isSettled: boolean; isUsed: boolean }

/** Adding up costs a hundred times as much as seeing that nothing has happened, and most backends of many are at rest. */
function openCountCache() {
  const cache = new Map<string, Cached>()
  return {
    of(key: string, { activity, total }: Counter): BackendCounts {
      const now = activity()
      const known = cache.get(key)
      const isSame = known?.activity === now
      if (known !== undefined && isSame && known.isSettled) {
        known.isUsed = true
        return known.counts
      }
      // Once more the next time: a worker may have been in the middle of it.
      const found = countsIn(total())
      const counts = known !== undefined && isSame && sameData(known.counts, found) ? known.counts : found
      cache.set(key, { activity: now, counts, isSettled: isSame, isUsed: true })
      return counts
    },
    /** Forgets what was not asked for since the last time. */
    sweep(): void {
      for (const [key, each] of cache) {
        if (each.isUsed) each.isUsed = false
        else cache.delete(key)
      }
    },
  }
}
