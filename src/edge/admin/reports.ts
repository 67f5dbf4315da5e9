import type { IncomingMessage, ServerResponse } from 'node:http'
import { type EdgeScope, type SplitReport, splitKey, type TrafficReport } from '../../core/routing/report.ts'
import { durationBounds } from '../counters.ts'
import type { EdgeState } from '../state.ts'
import { type AdminAnswer, problem } from './answer.ts'
import { openSplitReports, type SplitReportParts } from './splitReports.ts'

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
const everything: EdgeScope = { namespaces: null, class: null }

/** All that is kept per reader: what it was told lies in the socket, what it was not is made when it can take it. */
type Reader = { readonly response: ServerResponse; told: number; stuckSinceMs: number | undefined }

export function openReports(options: SplitReportParts & { readonly state: Pick<EdgeState, 'status' | 'watch'> }): Reports {
  const { instanceId, state } = options
  const splitReports = openSplitReports(options)
  const startedAt = new Date().toISOString()
  const readers = new Set<Reader>()
  /** Per split its latest report, and the number of the look at which it came to be so. */
  const known = new Map<string, { readonly report: SplitReport; readonly since: number }>()
  const removed = new Map<string, number>()
  /** Below, it is not known any more what was removed. */
  let knownFrom = 0
  let looks = 0
  /** When the last look ended, and how long it took. */
  let lookedMs = 0
  let lookMs = 0
  let soon: NodeJS.Timeout | undefined
  let ticker: NodeJS.Timeout | undefined
  const unwatch = state.watch(() => {
    splitReports.follow()
    tellSoon()
  })

  /** At once; where looks take long and changes are many, with pauses that leave this thread four fifths of its time. */
  function tellSoon(): void {
    if (readers.size === 0 || soon !== undefined) return
    const pauseMs = lookedMs + 4 * lookMs - performance.now()
    if (pauseMs <= 0) tellAll()
    else
      soon = setTimeout(() => {
        soon = undefined
        if (readers.size > 0) tellAll()
      }, pauseMs)
  }

  function look(): void {
    const startMs = performance.now()
    const next = looks + 1
    let changed = false
    const present = splitReports.look()
    for (const report of present) {
      const key = splitKey(report)
      if (known.get(key)?.report === report) continue
      known.set(key, { report, since: next })
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
    lookedMs = performance.now()
    lookMs = lookedMs - startMs
  }

  /** What has changed since that look; everything where it is not known. */
  function lineSince(told: number): string {
    const complete = told < knownFrom || told < 0 || told > looks
    const splits = [...known.values()].filter(({ since }) => complete || since > told).map(({ report }) => report)
    const { config, draining } = state.status()
    const report: TrafficReport = {
      instance: instanceId,
      startedAt,
      time: new Date().toISOString(),
      cursor: `${instanceId}.${looks}`,
      scope: config?.scope ?? everything,
      draining,
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
      clearTimeout(soon)
      for (const { response } of readers) response.end()
    },
  }
}
