/** A comparison as text. Pure: value → lines of at most 80 columns. */
import type { Estimate } from '../lib/intervals.ts'
import { type BenchReport, type Comparison, type QuantileName, quantiles, type VersionReport } from './benchReport.ts'
import type { Progress } from './benchRun.ts'

const width = 80

/** One table for each version beside the baseline, or one for a version that is alone. */
export function renderReport(report: BenchReport): readonly string[] {
  const [baseline, ...others] = report.versions
  const tables = others.map((version) => renderPair([baseline!, version], report))
  const blocks = tables.length > 0 || baseline === undefined ? tables : [renderPair([baseline], report)]
  return [
    ...renderHead(report),
    ...blocks.flatMap((lines) => ['', ...lines]),
    '',
    ...wrapped(report.verdict),
    ...report.notes.flatMap((note) => wrapped(`Note: ${note}`)),
  ]
}

function renderHead({ split, url, rate, ranMs, isInterrupted, durationMs, schedule, attributedBy, latencyFrom }: BenchReport): readonly string[] {
  const { due, waited, unsent, abandoned, lagMs } = schedule
  const time = isInterrupted ? `${seconds(ranMs)} of ${seconds(durationMs)}, stopped` : seconds(ranMs)
  const given = abandoned > 0 ? `, ${grouped(abandoned)} given up at the stop` : ''
  return [
    ...wrapped(`${split} at ${url}: ${grouped(rate)} requests/s for ${time}`),
    ...wrapped(
      `${grouped(due)} were due; ${grouped(waited)} waited for a connection, ${grouped(unsent)} unsent${given}; sender late by ${millis(lagMs.p50)} (p99 ${millis(lagMs.p99)})`,
    ),
    ...wrapped(`Versions told apart by ${attributedBy}; latency ${latencyFrom}.`),
  ]
}

function renderPair(versions: readonly VersionReport[], report: BenchReport): readonly string[] {
  const [baseline, version] = versions
  const comparison = report.differences.find((it) => it.version === version?.version)
  const row = (label: string, cell: (version: VersionReport) => string, change = ''): string =>
    `${label.padEnd(11)}${versions.map((version) => cell(version).padStart(13)).join('')}   ${change}`.trimEnd()
  const title = comparison === undefined ? '' : `difference (${percent(report.confidence, 0)} sure of all)`
  const results = versions.flatMap((version) => wrapped(`${cut(version.version, 20)} answered ${resultsOf(version)}`))
  return [
    row('', (version) => cut(version.version, 12), title),
    row('reached by', (version) => cut(version.via.replace(/^route /, ''), 12)),
    row('requests', (version) => grouped(version.requests)),
    row('requests/s', (version) => version.requestsPerSecond.toFixed(1)),
    row('success', (version) => percent(version.success.value), comparison && points(comparison.success)),
    ...quantiles.map(([name]) => row(name, (version) => millis(version.latencyMs[name].value), comparison && shift(comparison, name))),
    row('max', ({ latencyMs }) => (latencyMs.max === null ? 'unknown' : millis(latencyMs.max))),
    ...results,
    '',
    ...renderHistogram(baseline === undefined ? [] : versions),
  ]
}

/** Bars side by side, in shares of each version's own requests. */
function renderHistogram(versions: readonly VersionReport[]): readonly string[] {
  const labelWidth = 17
  const column = Math.floor((width - labelWidth) / versions.length)
  const barWidth = column - 9
  const shares = versions.map(({ histogram, requests }) => histogram.map(({ count }) => (requests === 0 ? 0 : count / requests)))
  const tallest = Math.max(...shares.flat(), Number.MIN_VALUE)
  const bins = versions[0]?.histogram ?? []
  const title = `${'latency'.padEnd(labelWidth)}${versions.map(({ version }) => cut(version, column - 1).padEnd(column)).join('')}`
  const isUsed = (bin: number): boolean => shares.some((share) => share[bin]! > 0)
  const used = bins.map((_, bin) => bin).filter(isUsed)
  const rows = bins.map(({ fromMs, toMs }, bin) => {
    const cells = shares.map((share) =>
      `${bar(share[bin]! / tallest, barWidth).padEnd(barWidth)} ${share[bin]! > 0 ? percent(share[bin]!) : ''}`.padEnd(column),
    )
    return `${range(fromMs, toMs).padEnd(labelWidth)}${cells.join('')}`.trimEnd()
  })
  return [title.trimEnd(), ...rows.slice(used[0] ?? 0, (used.at(-1) ?? -1) + 1)]
}

/** What is there at all shows. */
function bar(share: number, cells: number): string {
  const eighths = Math.round(share * cells * 8)
  if (share > 0 && eighths === 0) return '▏'
  return '█'.repeat(Math.floor(eighths / 8)) + ' ▏▎▍▌▋▊▉'.charAt(eighths % 8).trim()
}

function range(fromMs: number, toMs: number): string {
  if (!Number.isFinite(toMs)) return `over ${millis(fromMs)}`
  const unit = toMs >= 10_000 ? 's' : 'ms'
  const scale = unit === 's' ? 1000 : 1
  return `${digits(fromMs / scale)} – ${digits(toMs / scale)} ${unit}`
}

function resultsOf({ results, requests }: VersionReport): string {
  const parts = Object.entries(results).map(([result, count]) => `${result}: ${grouped(count)}`)
  return requests === 0 ? 'nothing' : parts.join(', ')
}

function points({ value, low, high }: Estimate): string {
  const signed = (share: number): string => sign(share * 100, Math.abs(share * 100).toFixed(1))
  return `${signed(value)} points (${signed(low)} … ${signed(high)})`
}

function shift(comparison: Comparison, name: QuantileName): string {
  const { value, low, high } = comparison.latencyMs[name]
  if (!Number.isFinite(value)) return ''
  if (!Number.isFinite(low) && !Number.isFinite(high)) return `${signedMillis(value)} (too few requests to be sure)`
  // The unit of the value goes for its bounds too, where it is theirs.
  const bound = (ms: number): string => (Number.isFinite(ms) ? signedMillis(ms).replace(millis(value).endsWith(' ms') ? / ms$/ : / s$/, '') : '?')
  return `${signedMillis(value)} (${bound(low)} … ${bound(high)})`
}

/** One line of at most 79 columns for a terminal, while it goes on. */
export function renderProgress({ elapsedMs, durationMs, answered, failed }: Progress): string {
  const share = Math.min(1, elapsedMs / durationMs)
  return `${bar(share, 16).padEnd(16, '·')} ${seconds(elapsedMs)} of ${seconds(durationMs)}  ${grouped(answered)} answered  ${grouped(failed)} failed`
}

export function percent(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(decimals)} %` : '–'
}

export function millis(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  return Math.abs(ms) >= 10_000 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`
}

export function signedMillis(ms: number): string {
  return sign(ms, millis(Math.abs(ms)))
}

function sign(value: number, text: string): string {
  if (!/[1-9]/.test(text)) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** Three digits that matter, at most two of them behind the point. */
function digits(value: number): string {
  const size = Math.abs(value)
  return size >= 100 ? grouped(Math.round(value)) : value.toFixed(size >= 10 ? 1 : 2)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 })
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** Lines of at most 80 columns, broken between words; a word that is longer is cut through. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((word) => word.match(/.{1,80}/gu) ?? [''])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}
