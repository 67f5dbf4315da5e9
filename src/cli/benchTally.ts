/** What became of the requests to one version, or to all. */
import { type Cell, type Histogram, openHistogram } from '../lib/histogram.ts'
import type { Outcome } from '../lib/httpLoad.ts'
import type { Counted } from './benchEdge.ts'

export type Tally = {
  readonly requests: number
  readonly succeeded: number
  /** By status code, or by what went wrong. */
  readonly results: Readonly<Record<string, number>>
  /** In milliseconds, of whatever was due: failures too, and what was given up counts as long as it was waited for. */
  readonly latency: readonly Cell[]
  /** null where only the edge's histogram is known. */
  readonly maxMs: number | null
}

export type OpenTally = {
  add(outcome: Outcome, latencyMs: number): void
  read(): Tally
}

export function openTally(): OpenTally {
  const results = new Map<string, number>()
  const latency: Histogram = openHistogram()
  let requests = 0
  let succeeded = 0
  return {
    add(outcome, latencyMs) {
      const result = resultOf(outcome)
      results.set(result, (results.get(result) ?? 0) + 1)
      requests++
      if (isSuccess(result)) succeeded++
      latency.add(latencyMs)
    },
    read: () => ({ requests, succeeded, results: sorted(results), latency: latency.cells(), maxMs: requests === 0 ? null : latency.max() }),
  }
}

/** From what the edge counted. */
export function tallyOf({ codes, latency }: Counted): Tally {
  let requests = 0
  let succeeded = 0
  for (const [code, count] of codes) {
    requests += count
    if (isSuccess(code)) succeeded += count
  }
  return { requests, succeeded, results: sorted(codes), latency, maxMs: null }
}

/** 2xx and 3xx. A version that answers 404 where the other one answers 200 is not as good. */
function isSuccess(result: string): boolean {
  return /^[23]\d\d$/.test(result)
}

function resultOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return String(outcome.status)
    case 'broken':
      return outcome.reason
    default:
      return outcome.kind
  }
}

function sorted(results: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...results].sort(([a], [b]) => (a < b ? -1 : 1)))
}
