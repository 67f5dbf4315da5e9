import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BackendReport, type Histogram, type SplitReport, splitKey, type TrafficReport } from '../../core/routing/report.ts'
import type { Ledger } from '../blocks.ts'
import { at, codes, durationBounds, failureKinds, healthAt, methods } from '../counters.ts'
import type { Names } from '../names/names.ts'
import type { EdgeState, SplitStatus } from '../state.ts'
import { type AdminAnswer, problem } from './answer.ts'

/** `GET /v1/reports`: a line of JSON per second and per change, for as long as the reader stays. */
export type Reports = {
  answer(request: IncomingMessage): AdminAnswer
  /** Ends all streams. */
  close(): void
}

const everyMs = 1_000
/** A reader that takes nothing for so long has gone, or will not come back in time. */
const stuckMs = 60_000
const maxReaders = 32
/** Names of splits that are gone, kept for readers that come back; beyond, they are told everything. */
const maxRemoved = 10_000

/** All that is kept per reader: what it was told lies in the socket, what it was not is made when it can take it. */
type Reader = { readonly response: ServerResponse; told: number; stuckSinceMs: number | undefined }

export function openReports(options: {
  readonly instanceId: string
  readonly state: Pick<EdgeState, 'status' | 'watch'>
  readonly ledger: Pick<Ledger, 'sum' | 'most'>
  readonly names: Pick<Names, 'countOf'>
}): Reports {
  const { instanceId, state, ledger, names } = options
  const startedAt = new Date().toISOString()
  const readers = new Set<Reader>()
  /** Per split its latest report, and the number of the look at which it came to be so. */
  const known = new Map<string, { json: string; report: SplitReport; since: number }>()
  const removed = new Map<string, number>()
  /** Below, it is not known any more what was removed. */
  let knownFrom = 0
  let looks = 0
  let ticker: NodeJS.Timeout | undefined
  const unwatch = state.watch(() => {
    if (readers.size > 0) tellAll()
  })

  function look(): void {
    const next = looks + 1
    let changed = false
    const present = splitReports()
    for (const report of present) {
      const key = splitKey(report)
      const json = JSON.stringify(report)
      if (known.get(key)?.json === json) continue
      known.set(key, { json, report, since: next })
      removed.delete(key)
      changed = true
    }
    if (known.size > present.length) {
      const names = new Set(present.map(splitKey))
      for (const key of [...known.keys()]) {
        if (names.has(key)) continue
        known.delete(key)
        removed.set(key, next)
        changed = true
      }
    }
    if (removed.size > maxRemoved) {
      removed.clear()
      knownFrom = next
    }
    if (changed) looks = next
  }

  function splitReports(): SplitReport[] {
    const { config, splits } = state.status()
    const routed = new Set(config?.routing.routes.map((route) => route.split))
    return [...splits.values()].map((status) => reportOf(status, routed.has(status.split.name), { instanceId, ledger, names }))
  }

  /** What has changed since that look; everything where it is not known. */
  function lineSince(told: number): string {
    const complete = told < knownFrom || told < 0 || told > looks
    const splits = [...known.values()].filter(({ since }) => complete || since > told).map(({ report }) => report)
    const report: TrafficReport = {
      instance: instanceId,
      startedAt,
      time: new Date().toISOString(),
      cursor: `${instanceId}.${looks}`,
      scope: { namespaces: null, class: null },
      draining: state.status().draining,
      complete,
      durationBounds,
      splits,
      removed: complete ? [] : [...removed].filter(([, since]) => since > told).map(([key]) => key),
    }
    return `${JSON.stringify(report)}\n`
  }

  function tellAll(): void {
    look()
    for (const reader of readers) tell(reader)
  }

  /** One that cannot take more yet misses this line; the next one that it gets tells all that has changed since its last. */
  function tell(reader: Reader): void {
    const { response } = reader
    if (response.writableNeedDrain) {
      reader.stuckSinceMs ??= performance.now()
      if (performance.now() - reader.stuckSinceMs > stuckMs) response.destroy()
      return
    }
    reader.stuckSinceMs = undefined
    const line = lineSince(reader.told)
    reader.told = looks
    response.write(line)
  }

  function begin(response: ServerResponse, since: number): void {
    const reader: Reader = { response, told: since, stuckSinceMs: undefined }
    readers.add(reader)
    response.on('drain', () => {
      if (reader.stuckSinceMs !== undefined) tell(reader)
    })
    response.once('close', () => {
      readers.delete(reader)
      if (readers.size > 0) return
      clearInterval(ticker)
      ticker = undefined
    })
    // The socket's own failure is followed by 'close'.
    response.on('error', () => response.destroy())
    ticker ??= setInterval(tellAll, everyMs)
    look()
    tell(reader)
  }

  /** -1: from the beginning, as for a cursor of another instance. */
  function cursorIn(request: IncomingMessage): number {
    const since = new URL(request.url ?? '/', 'http://edge').searchParams.get('since') ?? ''
    const [instance, told = ''] = since.split('.')
    return instance === instanceId && /^\d{1,15}$/.test(told) ? Number(told) : -1
  }

  return {
    answer(request) {
      if (readers.size >= maxReaders) {
        const fix = 'Let one reader pass on what it reads, or end those that are not needed.'
        return problem(503, { detail: `${maxReaders} readers of reports are connected.`, fix }, { 'Retry-After': '1' })
      }
      const since = cursorIn(request)
      return { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, body: '', stream: (response) => begin(response, since) }
    },
    close() {
      unwatch()
      clearInterval(ticker)
      for (const { response } of readers) response.end()
    },
  }
}

function reportOf(
  status: SplitStatus,
  routed: boolean,
  {
    instanceId,
    ledger,
    names,
  }: { readonly instanceId: string; readonly ledger: Pick<Ledger, 'sum' | 'most'>; readonly names: Pick<Names, 'countOf'> },
): SplitReport {
  const { split, etag, generation } = status
  return {
    namespace: '',
    name: split.name,
    applied: { uid: instanceId, generation, etag },
    routed,
    backends: split.backends.map((backend) => ({
      name: backend.name,
      weight: backend.weight,
      readyEndpoints: Math.max(0, names.countOf(split.name, backend.name) - ledger.most(split.name, backend.name, healthAt.ejected)),
      ...countsOf(ledger.sum(split.name, backend.name)),
    })),
  }
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
    inFlight: Math.max(0, cells[at.inFlight]!),
  }
}

function histogramAt(cells: Float64Array, offset: number): Histogram {
  const buckets = durationBounds.length + 1
  return { buckets: [...cells.subarray(offset, offset + buckets)], sumSeconds: cells[offset + buckets]! }
}
