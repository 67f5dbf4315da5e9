import { type BackendReport, type SplitReport, splitKey, type TrafficReport } from '../../core/routing/report.ts'

/** What a version answered, as the edges counted it; all edges together. */
export type Measured = {
  /** Since the edges began to count, as far back as is known. */
  readonly requests: number
  readonly failures: number
  /** Of about the last ten seconds; undefined: nobody has told for so long yet. */
  readonly recent: Recent | undefined
}

export type Recent = {
  readonly seconds: number
  readonly requests: number
  /** Without those whose client did not wait for the answer. */
  readonly judged: number
  readonly failures: number
  /** Ascending by `high`; infinite: beyond all bounds. */
  readonly durations: readonly DurationCell[]
}
/** So many requests took more than `low` and at most `high` seconds. */
export type DurationCell = { readonly low: number; readonly high: number; readonly count: number }

/** Sums of what edges count, over their restarts and comings and goings. Times are monotonic, in ms. */
export type TrafficMeter = {
  add(edge: string, report: Pick<TrafficReport, 'instance' | 'durationBounds' | 'splits'>, nowMs: number): void
  /** The edge is gone; what it counted stays. */
  leave(edge: string): void
  /** By pod-template hash; nothing for what no edge has told of. */
  read(split: { readonly key: string; readonly uid: string }, nowMs: number): ReadonlyMap<string, Measured>
  /** The split is gone. */
  forget(key: string): void
}

const windowMs = 10_000
/** Between samples that are kept. */
const sampleMs = 1_000
/** A rate over less says little. */
const leastWindowMs = 2_000

/** All rise for as long as an instance lives. */
type Counts = {
  readonly requests: number
  readonly judged: number
  readonly failures: number
  readonly buckets: readonly number[]
}
type Sample = { readonly atMs: number; readonly counts: Counts }
/** Of one instance of an edge. `samples` ascend; the first is the latest that is older than the window, or how it began. */
type Series = { readonly instance: string; readonly bounds: readonly number[]; samples: readonly Sample[]; latest: Sample }
type Backend = { readonly byEdge: Map<string, Series>; pastRequests: number; pastFailures: number }
type Split = { readonly uid: string; readonly backends: Map<string, Backend> }

export function openTrafficMeter(): TrafficMeter {
  const splits = new Map<string, Split>()

  function splitOf(report: SplitReport): Split {
    const key = splitKey(report)
    const known = splits.get(key)
    if (known?.uid === report.applied.uid) return known
    const split: Split = { uid: report.applied.uid, backends: new Map() }
    splits.set(key, split)
    return split
  }

  function count(
    backend: Backend,
    edge: string,
    sample: Sample,
    { instance, durationBounds }: Pick<TrafficReport, 'instance' | 'durationBounds'>,
  ): void {
    const before = backend.byEdge.get(edge)
    if (before === undefined || !goesOn(before, instance, sample.counts)) {
      if (before !== undefined) settle(backend, before)
      backend.byEdge.set(edge, { instance, bounds: durationBounds, samples: [sample], latest: sample })
      return
    }
    before.latest = sample
    if (sample.atMs - before.samples.at(-1)!.atMs >= sampleMs) before.samples = [...within(before.samples, sample.atMs), sample]
  }

  return {
    add(edge, report, nowMs) {
      for (const each of report.splits) {
        const { backends } = splitOf(each)
        for (const told of each.backends) {
          const backend: Backend = backends.get(told.name) ?? { byEdge: new Map(), pastRequests: 0, pastFailures: 0 }
          backends.set(told.name, backend)
          count(backend, edge, { atMs: nowMs, counts: countsIn(told) }, report)
        }
        for (const [hash, { byEdge }] of backends) {
          if (each.backends.some(({ name }) => name === hash)) continue
          // Should the version come back, the edge goes on counting.
          byEdge.delete(edge)
          if (byEdge.size === 0) backends.delete(hash)
        }
      }
    },
    leave(edge) {
      for (const { backends } of splits.values())
        for (const backend of backends.values()) {
          const series = backend.byEdge.get(edge)
          if (series !== undefined) settle(backend, series)
          backend.byEdge.delete(edge)
        }
    },
    read({ key, uid }, nowMs) {
      const split = splits.get(key)
      if (split?.uid !== uid) return new Map()
      return new Map([...split.backends].map(([hash, backend]) => [hash, measured(backend, nowMs)]))
    },
    forget: (key) => void splits.delete(key),
  }
}

/** What an instance that has ended had counted. */
function settle(backend: Backend, { latest }: Series): void {
  backend.pastRequests += latest.counts.requests
  backend.pastFailures += latest.counts.failures
}

function goesOn(before: Series, instance: string, counts: Counts): boolean {
  return (
    before.instance === instance && counts.requests >= before.latest.counts.requests && counts.buckets.length === before.latest.counts.buckets.length
  )
}

/** Those in the window, and the one before. */
function within(samples: readonly Sample[], nowMs: number): readonly Sample[] {
  const first = samples.findLastIndex(({ atMs }) => atMs <= nowMs - windowMs)
  return first <= 0 ? samples : samples.slice(first)
}

/** Failures are 5xx; where the edge tells of more, broken-off answers and lost shares are among them. */
function countsIn({ requests, failures, duration }: BackendReport): Counts {
  let all = 0
  let serverErrors = 0
  for (const [code, count] of Object.entries(requests)) {
    all += count
    if (code >= '500') serverErrors += count
  }
  const byEdge = Object.values(failures).reduce((sum, count) => sum + count, 0)
  return { requests: all, judged: all - (requests['499'] ?? 0), failures: Math.max(serverErrors, byEdge), buckets: duration.buckets }
}

function measured(backend: Backend, nowMs: number): Measured {
  const total = { requests: backend.pastRequests, failures: backend.pastFailures }
  const recent = { requests: 0, judged: 0, failures: 0 }
  const durations: DurationCell[] = []
  let longestMs = 0
  for (const { samples, latest, bounds } of backend.byEdge.values()) {
    total.requests += latest.counts.requests
    total.failures += latest.counts.failures
    const from = samples.findLast(({ atMs }) => atMs <= nowMs - windowMs) ?? samples[0]!
    longestMs = Math.max(longestMs, Math.min(windowMs, nowMs - from.atMs))
    recent.requests += latest.counts.requests - from.counts.requests
    recent.judged += Math.max(0, latest.counts.judged - from.counts.judged)
    recent.failures += Math.max(0, latest.counts.failures - from.counts.failures)
    for (const [i, count] of latest.counts.buckets.entries()) {
      const more = count - from.counts.buckets[i]!
      if (more > 0) durations.push({ low: bounds[i - 1] ?? 0, high: bounds[i] ?? Number.POSITIVE_INFINITY, count: more })
    }
  }
  if (longestMs < leastWindowMs) return { ...total, recent: undefined }
  durations.sort((a, b) => (a.high === b.high ? 0 : a.high - b.high))
  return { ...total, recent: { seconds: longestMs / 1_000, ...recent, durations } }
}

/** Below which the ratio `q` of requests lies, were those of a cell spread evenly over it; beyond all bounds, the highest. Undefined without requests. */
export function quantileOf(cells: readonly DurationCell[], q: number): number | undefined {
  const all = cells.reduce((sum, { count }) => sum + count, 0)
  let left = q * all
  for (const { low, high, count } of cells) {
    if (left <= count) return Number.isFinite(high) ? low + (high - low) * (left / count) : low
    left -= count
  }
  return cells.at(-1)?.low
}
