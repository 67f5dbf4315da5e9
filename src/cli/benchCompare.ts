/** What a measurement says: figures per version, differences with their intervals, and a verdict. Pure. */
import type { Cell } from '../lib/histogram.ts'
import { difference, type Estimate, proportion, quantile } from '../lib/intervals.ts'
import { type BenchReport, type Bin, type Comparison, type Latencies, type QuantileName, quantiles, type VersionReport } from './benchReport.ts'
import type { Measurement } from './benchRun.ts'
import type { Tally } from './benchTally.ts'
import { verdictOn } from './benchVerdict.ts'

type Asked = Pick<BenchReport, 'split' | 'url' | 'rate' | 'durationMs' | 'attributedBy' | 'latencyFrom' | 'notes'>

const confidence = 0.95
/** Beyond this the figures tell more of the sender than of the edge. */
const lateMs = 10

export function compareVersions(asked: Asked, measured: Measurement): BenchReport {
  const { versions, schedule, ranMs, isInterrupted } = measured
  // As many intervals are judged as there are figures: each is as much surer that all together keep `confidence` (Bonferroni).
  const compared = Math.max(1, versions.length - 1) * (quantiles.length + 1)
  const each = 1 - (1 - confidence) / compared
  const edges = binEdges(versions.map(({ tally }) => tally))
  const reports = versions.map(
    ({ name, via, tally }): VersionReport => ({
      version: name,
      via,
      requests: tally.requests,
      requestsPerSecond: ranMs > 0 ? (tally.requests / ranMs) * 1000 : 0,
      succeeded: tally.succeeded,
      success: proportion(tally.succeeded, tally.requests, each),
      latencyMs: { ...latenciesOf((q) => atMost(quantile(tally.latency, q, each), tally.maxMs)), max: tally.maxMs },
      results: tally.results,
      histogram: binned(tally.latency, edges),
    }),
  )
  const [baseline, ...others] = reports
  const differences = others.flatMap((version) => (baseline === undefined ? [] : [differenceOf(version, baseline)]))
  const unattributed = measured.unattributed?.requests ?? 0
  const report = { ...asked, ranMs, isInterrupted, schedule, versions: reports, unattributed, differences, confidence }
  return { ...report, verdict: verdictOn(report), notes: [...asked.notes, ...warnings(measured)] }
}

function differenceOf(version: VersionReport, baseline: VersionReport): Comparison {
  return {
    version: version.version,
    baseline: baseline.version,
    success: difference(version.success, baseline.success),
    latencyMs: latenciesOf((_, name) => difference(version.latencyMs[name], baseline.latencyMs[name])),
  }
}

/** The middle of a cell may lie above the largest value in it. */
function atMost(estimate: Estimate, maxMs: number | null): Estimate {
  return maxMs !== null && estimate.value > maxMs ? { ...estimate, value: maxMs } : estimate
}

function latenciesOf(estimate: (q: number, name: QuantileName) => Estimate): Latencies {
  return Object.fromEntries(quantiles.map(([name, q]) => [name, estimate(q, name)])) as Latencies
}

function warnings({ schedule, unattributed }: Measurement): string[] {
  const { unsent, waited, lagMs } = schedule
  const notes: string[] = []
  if (unsent > 0)
    notes.push(`${unsent} requests were never sent: every connection waited for an answer. They count as failed; --concurrency allows more.`)
  else if (waited > 0) notes.push(`${waited} requests waited for a free connection; the wait is in their latency. --concurrency allows more.`)
  if (lagMs.p99 > lateMs)
    notes.push(
      `This machine sent late (p99 ${lagMs.p99.toFixed(1)} ms), which is in the latencies of all versions: lower --rate, or give it more CPU.`,
    )
  if (unattributed !== undefined && unattributed.requests > 0) {
    const results = Object.entries(unattributed.results).map(([result, count]) => `${result}: ${count}`)
    notes.push(`${unattributed.requests} requests named no version (${results.join(', ')}) and are in no column.`)
  }
  return notes
}

/** Where bins begin and end: by powers of a ratio that gives some ten of them. */
function binEdges(tallies: readonly Tally[]): readonly number[] {
  const cells = tallies.flatMap((tally) => tally.latency)
  if (cells.length === 0) return []
  // The edge's own buckets are as coarse as bins are.
  if (tallies.some(({ maxMs, requests }) => maxMs === null && requests > 0)) {
    return [...new Set(cells.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b)
  }
  const low = Math.min(...cells.map((cell) => cell.low))
  const high = Math.max(...cells.map((cell) => cell.high))
  const ratio = [2 ** 0.25, 2 ** 0.5, 2, 4, 16, 256].find((ratio) => Math.log(high / low) / Math.log(ratio) <= 12) ?? 256
  const first = Math.floor(Math.log(low) / Math.log(ratio))
  const last = Math.ceil(Math.log(high) / Math.log(ratio))
  return Array.from({ length: last - first + 1 }, (_, i) => ratio ** (first + i))
}

function binned(cells: readonly Cell[], edges: readonly number[]): readonly Bin[] {
  const bins = edges.slice(1).map((toMs, i) => ({ fromMs: edges[i]!, toMs, count: 0 }))
  for (const { low, high, count } of cells) {
    const middle = Number.isFinite(high) ? (low + high) / 2 : low
    const bin = bins.find(({ fromMs, toMs }) => middle >= fromMs && middle < toMs) ?? bins.at(-1)
    if (bin !== undefined) bin.count += count
  }
  return bins
}
