import type { Table } from '../report/cells.ts'
import type { Machine } from '../report/machine.ts'
import { markdownTable } from '../report/markdown.ts'
import { type Bounded, type Point, quantileOf, slope } from '../report/statistics.ts'
import { aligned } from '../report/terminal.ts'
import type { Excuse } from './ledger.ts'
import type { Sample } from './samples.ts'
import type { SoakFindings } from './soak.ts'

/** Until then memory is still being taken for good: code compiled, pools filled. */
const warmShare = 0.2
const mebibyte = 1024 * 1024
const hourMs = 3_600_000
/** Growth that is certain, and more than this, is a leak. Slopes of shorter runs than this tell nothing of hours. */
const leakMebibytesPerHour = 16
const leakDescriptorsPerHour = 30
const slopeSeconds = 540

export type SoakFigures = ReturnType<typeof figuresOf>

export function figuresOf(findings: SoakFindings) {
  const { seed, seconds, requests, done, faults, excused, complaints, samples, probesMs, cpuSeconds, descriptors } = findings
  const warm = samples.slice(Math.ceil(samples.length * warmShare))
  const perHour = (value: (sample: Sample) => number): Bounded => slope(warm.map((sample): Point => [sample.atMs / hourMs, value(sample)]))
  const lagsMs = samples.flatMap(({ lagMs }) => lagMs ?? [])
  return {
    seed,
    seconds,
    requests,
    unexplained: complaints,
    excused: Object.fromEntries(excused),
    done: Object.fromEntries(done),
    faults: Object.fromEntries(faults),
    residentMebibytes: { first: (samples[0]?.residentBytes ?? 0) / mebibyte, last: (samples.at(-1)?.residentBytes ?? 0) / mebibyte },
    residentMebibytesPerHour: perHour((sample) => sample.residentBytes / mebibyte),
    descriptors: { ...descriptors, most: Math.max(...samples.map((sample) => sample.descriptors)) },
    descriptorsPerHour: perHour((sample) => sample.descriptors),
    eventLoopLagMs: lagsMs.length === 0 ? undefined : { p50: quantileOf(lagsMs, 0.5), most: quantileOf(lagsMs, 1) },
    probeMs: { count: probesMs.length, p50: quantileOf(probesMs, 0.5), p99: quantileOf(probesMs, 0.99), most: quantileOf(probesMs, 1) },
    cpuSeconds,
  }
}

/** Nothing unexplained, and, where the run was long enough to tell, no leak. */
export function isWell(findings: SoakFindings): boolean {
  return findings.complaints.length === 0 && leaksIn(findings).length === 0
}

function leaksIn(findings: SoakFindings): string[] {
  if (findings.seconds < slopeSeconds) return []
  const { residentMebibytesPerHour: memory, descriptorsPerHour: descriptors } = figuresOf(findings)
  return [
    ...(memory.low > leakMebibytesPerHour ? [`memory grows by at least ${memory.low.toFixed(1)} MiB/h`] : []),
    ...(descriptors.low > leakDescriptorsPerHour ? [`descriptors grow by at least ${descriptors.low.toFixed(1)} per hour`] : []),
  ]
}

const reasons: Readonly<Record<Excuse, string>> = {
  inFlight: 'in flight on a service that was killed',
  onItsWay: 'sent when a service was killed, seen by none',
  notRepeated: 'a POST whose kept connection its service closed under it',
}

function summary(findings: SoakFindings): Table {
  const figures = figuresOf(findings)
  const { eventLoopLagMs: lag, probeMs: probe, residentMebibytes: memory, descriptors } = figures
  const rows: (readonly [string, string])[] = [
    ['length', `${figures.seconds} s`],
    ['seed', String(figures.seed)],
    ['requests', figures.requests.toLocaleString('en-US')],
    ['unexplained failures', String(figures.unexplained.length)],
    ...Object.entries(reasons).map(([excuse, text]) => [`failures: ${text}`, String(findings.excused.get(excuse as Excuse) ?? 0)] as const),
    ['memory at the beginning and the end', `${memory.first.toFixed(1)} and ${memory.last.toFixed(1)} MiB`],
    ['memory per hour, after warming up', bounded(figures.residentMebibytesPerHour, 'MiB')],
    ['descriptors before, at most and after', `${descriptors.before}, ${descriptors.most} and ${descriptors.after}`],
    ['descriptors per hour, after warming up', bounded(figures.descriptorsPerHour, '')],
    [
      'event loop lag, the longest of a while: median and most',
      lag === undefined ? 'not told' : `${lag.p50.toFixed(1)} and ${lag.most.toFixed(1)} ms`,
    ],
    ['probe answered by the edge, p50, p99 and most', `${probe.p50.toFixed(2)}, ${probe.p99.toFixed(2)} and ${probe.most.toFixed(1)} ms`],
    ['CPU of the edge', `${figures.cpuSeconds.toFixed(0)} s`],
  ]
  return { head: ['', ''], body: rows }
}

function bounded({ value, low, high }: Bounded, unit: string): string {
  const reach = (high - low) / 2
  const text = (figure: number): string => figure.toFixed(1)
  return Number.isFinite(reach) ? `${text(value)} ± ${text(reach)} ${unit}`.trim() : 'too few samples'
}

function tables(findings: SoakFindings): readonly (readonly [string, Table])[] {
  const counts = (head: string, of: ReadonlyMap<string, number>): Table => ({
    head: [head, 'times'],
    body: [...of].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, times]) => [name, times.toLocaleString('en-US')]),
  })
  return [
    ['Traffic', counts('what clients did', findings.done)],
    ['Faults', counts('what happened', findings.faults)],
  ]
}

function problemsOf(findings: SoakFindings): string[] {
  return [...leaksIn(findings), ...findings.complaints.map(({ atSeconds, problem }) => `${atSeconds} s: ${problem}`), ...findings.evidence]
}

export function soakReport(findings: SoakFindings): string {
  const parts = [aligned(summary(findings)), ...tables(findings).map(([, table]) => aligned(table)), ...problemsOf(findings)]
  return `${parts.join('\n\n')}\n`
}

export function soakMarkdown(
  findings: SoakFindings,
  conditions: { readonly machine: Machine; readonly date: string; readonly command: string },
): string {
  const problems = problemsOf(findings)
  return `${[
    '# Soak',
    `Written by \`${conditions.command}\` on ${conditions.date}.`,
    markdownTable(summary(findings)),
    ...(problems.length === 0 ? [] : ['## Problems', problems.map((problem) => `- ${problem.replaceAll('\n', ' ')}`).join('\n')]),
    ...tables(findings).flatMap(([title, table]) => [`## ${title}`, markdownTable(table)]),
    '## How',
    howItGoes,
    '## Machine',
    markdownTable({ head: ['', ''], body: Object.entries(conditions.machine) }),
  ].join('\n\n')}\n`
}

const howItGoes = `An edge of its own process with two workers, listening in the clear and with TLS, access log on; clients and services run in another process, on the same cores.
Sessions are those of the stress test: pipelined GET, HEAD and POST with lengths and in chunks, in pieces, broken off and half-closed by clients; by services answered
whole, with interim responses, cut off in head or body with FIN or RST, with garbage, with silence, before the request has ended, or with bytes to spare. Each request
has a mark, by which the service that got it tells the answer's client what it ought to see, and by which a POST that came twice is found.

A failure is explained only by what befell its own request: it was on a connection of a service when that was killed, or on its way there and seen by none;
or it is a POST whose kept connection its service had closed when it came, or before. Anything else is unexplained, and so are answers to somebody else, broken ones
that look whole, complaints in the edge's log, workers that died, and counts, connections and descriptors that stay when everybody has gone.

Slopes are by least squares over a sample per second without the first fifth of the run; ± is a 95 % interval that allows for neighbouring samples being alike. A service is killed
by closing its port and its connections; those on which it is answering are reset.`
