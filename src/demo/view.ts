/** The demo's live view: (snapshot, size, colour) → lines. No clock, no terminal. */
import type { Second, VersionFigures } from './records.ts'
import { nextWeights } from './weights.ts'

export type VersionView = {
  readonly name: string
  readonly weight: number
  /** By the edge's own count, since the weights last changed; undefined: no request yet. */
  readonly actualShare: number | undefined
  readonly figures: VersionFigures
  readonly history: readonly Second[]
  /** Where it listens itself, beside the edge; undefined: not started by the demo. */
  readonly url?: string
}

export type Snapshot = {
  readonly edgeUrl: string
  readonly adminUrl: string
  readonly split: string
  readonly configFile: string
  readonly totalWeight: number
  /** The ETag of the split, quotes included; undefined: the admin API has not answered yet. */
  readonly etag: string | undefined
  readonly versions: readonly VersionView[]
  /** The version that the weight moves towards. */
  readonly canary: string
  readonly isCanaryFailing: boolean
  readonly windowSeconds: number
  readonly elapsedSeconds: number
  readonly sent: number
  readonly failed: number
  /** Answers that came from no version: made by the edge, or none at all. */
  readonly unanswered: VersionFigures
  readonly notice?: { readonly kind: 'info' | 'problem'; readonly text: string }
}

export type Screen = { readonly columns: number; readonly rows: number; readonly hasColor: boolean }

export const keyHelp = 'keys  + - weight   f fail/heal   q quit'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'none'
const codes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36', none: '' }
type Span = { readonly text: string; readonly style: Style }
type Line = readonly Span[]

/** The whole screen, at most `rows` lines of at most `columns` characters each (escape codes not counted). */
export function renderView(snapshot: Snapshot, screen: Screen): readonly string[] {
  const columns = Math.max(20, screen.columns)
  const lines: Line[] = [...header(snapshot, columns), [], ...shares(snapshot, columns), ...past(snapshot, columns), ...notice(snapshot, columns)]
  const advice = tryNext(snapshot, columns)
  // Where both do not fit, figures matter more than advice.
  const rest = Math.max(0, screen.rows - lines.length)
  return [...lines, ...advice.slice(0, rest)].slice(0, screen.rows).map((line) => paint(line, columns, screen.hasColor))
}

/** One line for logs and pipes. */
export function renderStatusLine(snapshot: Snapshot): string {
  const versions = snapshot.versions.map((version) => {
    const { requestsPerSecond, successRate, p50Ms, p99Ms } = version.figures
    const wanted = percent(shareOf(version, snapshot))
    return `${version.name} ${percent(version.actualShare)} (configured ${wanted}) ${requestsPerSecond.toFixed(1)}/s ok ${percent(successRate)} p50 ${ms(p50Ms)} p99 ${ms(p99Ms)}`
  })
  return [`${snapshot.elapsedSeconds} s`, ...versions, `sent ${snapshot.sent} failed ${snapshot.failed}`].join(' | ')
}

/** What a reader of a log can try, once at the start. */
export function renderAdvice(snapshot: Snapshot): readonly string[] {
  return tryNext(snapshot, Number.POSITIVE_INFINITY, '').map((line) => paint(line, Number.POSITIVE_INFINITY, false))
}

function header(snapshot: Snapshot, columns: number): Line[] {
  const sent = span(`${count(snapshot.sent)} sent  `, 'dim')
  const failed = span(`${count(snapshot.failed)} failed`, snapshot.failed > 0 ? 'red' : 'green')
  const title: Line = [span(' Spillway', 'bold'), span(`  ${snapshot.edgeUrl}`)]
  const clock = span(`${clockOf(snapshot.elapsedSeconds)}  `, 'dim')
  return [spread(title, columns - lengthOf(title) > 44 ? [clock, sent, failed] : [failed], columns)]
}

// ' v1 configured  95.0 % ' before the bars; 'req/s success p50 p99' behind them.
const labelColumns = 23
const figureColumns = 37
const minBar = 12
const actualNote = ' actual: since the weights were set'

function shares(snapshot: Snapshot, columns: number): Line[] {
  const isWide = columns >= labelColumns + figureColumns + minBar
  const bar = columns - labelColumns - (isWide ? figureColumns : 1)
  const lines: Line[] = []
  if (isWide) lines.push([span(`${fit(actualNote, labelColumns + bar)}    req/s  success      p50      p99 `, 'dim')])
  for (const [index, version] of snapshot.versions.entries()) {
    const style = styleOf(index)
    const { figures } = version
    const wanted = shareOf(version, snapshot)
    const name = fit(version.name, 3)
    lines.push([span(` ${name}`, style), span('configured ', 'dim'), span(percent(wanted).padStart(7)), span(' '), span(barOf(wanted, bar), 'dim')])
    const numbers = figuresOf(figures)
    const actual: Span[] = [
      span(' '.repeat(4)),
      span('actual     ', 'dim'),
      span(percent(version.actualShare).padStart(7), 'bold'),
      span(' '),
      span(barOf(version.actualShare ?? 0, bar), style),
    ]
    if (isWide) lines.push([...actual, ...numbers], [])
    else lines.push(actual, [span('   '), ...numbers], [])
  }
  return lines
}

function figuresOf(figures: VersionFigures): Line {
  const { requestsPerSecond, successRate, p50Ms, p99Ms } = figures
  return [
    span(requestsPerSecond.toFixed(1).padStart(9)),
    span(percent(successRate).padStart(9), successRate === undefined ? 'dim' : successRate < 0.99 ? 'red' : 'green'),
    span(ms(p50Ms).padStart(9)),
    span(ms(p99Ms).padStart(9)),
    span(' '),
  ]
}

const pastLabelColumns = 12

function past(snapshot: Snapshot, columns: number): Line[] {
  const index = snapshot.versions.findIndex((version) => version.name === snapshot.canary)
  const canary = snapshot.versions[index]
  if (canary === undefined) return []
  const label = (what: string): string => fit(` ${canary.name} ${what}`, pastLabelColumns)
  const firstKnown = canary.history.findIndex((second) => second.share !== undefined)
  const room = columns - pastLabelColumns - 1
  const seen = firstKnown < 0 ? [] : canary.history.slice(firstKnown).slice(-room)
  return [
    [span(label('share'), 'dim'), span(sparkline(seen.map((second) => second.share)), styleOf(index))],
    [
      span(label('success'), 'dim'),
      span(
        sparkline(seen.map((second) => second.successRate)),
        canary.figures.successRate === undefined || canary.figures.successRate >= 0.99 ? 'green' : 'red',
      ),
    ],
  ]
}

const noticeRows = 3

/** At least one line, so that what is below does not jump when something comes to be said. */
function notice(snapshot: Snapshot, columns: number): Line[] {
  const { requests } = snapshot.unanswered
  const { kind, text } =
    snapshot.notice ??
    (requests > 0
      ? { kind: 'problem', text: `${count(requests)} answers in the last ${snapshot.windowSeconds} s came from no version` }
      : { kind: 'info', text: '' })
  return wrapped(text, columns - 2, noticeRows).map((line): Line => [span(` ${line}`, kind === 'problem' ? 'red' : 'green')])
}

/** At word boundaries where there are any; what does not fit into `rows` is left out. */
function wrapped(text: string, columns: number, rows: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > columns && lines.length < rows) {
    const space = rest.lastIndexOf(' ', columns)
    const end = space > 0 ? space : columns
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return lines.length < rows ? [...lines, rest] : lines
}

function tryNext(snapshot: Snapshot, columns: number, keys = keyHelp): Line[] {
  const { edgeUrl, adminUrl, split, configFile, canary, totalWeight, etag, isCanaryFailing } = snapshot
  const canaryView = snapshot.versions.find((version) => version.name === canary)
  const step = nextWeights(snapshot.versions, canary, canaryView?.weight === totalWeight ? -totalWeight : Math.max(1, Math.round(totalWeight * 0.2)))
  const give = percent((step[canary] ?? 0) / totalWeight, 0)
  const change = [`curl -X PATCH -H 'If-Match: ${etag ?? '*'}'`, `--json '${JSON.stringify({ weights: step })}'`, `${adminUrl}/v1/splits/${split}`]
  const steer = [`curl -d '{"errorRate":${isCanaryFailing ? 0 : 0.3}}'`, `${canaryView?.url}/control`]
  return [
    spread([span(' Try next', 'bold')], [span(keys, 'dim')], columns),
    ...told(`reach ${canary} by a header, whatever the weight`, ["curl -H 'X-Canary: true'", `${edgeUrl}/api`], columns),
    ...told(`give ${canary} ${give}, unless somebody else was faster (If-Match)`, change, columns),
    ...told('or edit the weights in this file', [configFile], columns),
    ...(canaryView?.url === undefined ? [] : told(isCanaryFailing ? `heal ${canary}` : `make ${canary} fail 3 times in 10`, steer, columns)),
  ]
}

/** A sentence and, below it, its command: on one line, or folded so that it can still be copied whole. */
function told(sentence: string, command: readonly string[], columns: number): Line[] {
  const whole = `   ${command.join(' ')}`
  const indented = command.map((part, index) => (index === 0 ? `   ${part}` : `     ${part}`))
  const folded = whole.length < columns ? [whole] : indented.map((part, index) => (index < command.length - 1 ? `${part} \\` : part))
  return [[span(` ${sentence}`)], ...folded.map((text): Line => [span(text, 'cyan')])]
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** A bar of `share` of `columns`, exact to an eighth of a column, padded to `columns`; a share above 0 shows something. */
export function barOf(share: number, columns: number): string {
  const parts = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(1, share) * columns * 8))
  return ('█'.repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? '')).padEnd(columns)
}

/** One character per value from 0 to 1; nothing measured is a blank, exactly 0 a dot. */
export function sparkline(values: readonly (number | undefined)[]): string {
  return values.map((value) => (value === undefined ? ' ' : value === 0 ? '·' : (levels[Math.min(7, Math.floor(value * 8))] ?? '█'))).join('')
}

function styleOf(index: number): Style {
  return (['cyan', 'yellow', 'green'] as const)[index % 3] ?? 'none'
}

function shareOf(version: VersionView, snapshot: Snapshot): number {
  return snapshot.totalWeight > 0 ? version.weight / snapshot.totalWeight : 0
}

function percent(share: number | undefined, digits = 1): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(digits)} %`
}

function ms(value: number | undefined): string {
  if (value === undefined) return '–'
  return value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(1)} s`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function fit(text: string, columns: number): string {
  return text.slice(0, columns).padEnd(columns)
}

function span(text: string, style: Style = 'none'): Span {
  return { text, style }
}

function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0)
}

/** `left` and, at the right margin, `right` if there is room for it. */
function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lengthOf(left) - lengthOf(right) - 1
  return gap < 2 || !Number.isFinite(gap) ? left : [...left, span(' '.repeat(gap)), ...right]
}

function paint(line: Line, columns: number, hasColor: boolean): string {
  // The last column stays free: there, clearing the rest of the line would take the character just written.
  let room = columns - 1
  let out = ''
  for (const { text, style } of line) {
    const cut = text.slice(0, room)
    room -= cut.length
    out += hasColor && style !== 'none' && cut.trim() !== '' ? `\u001b[${codes[style]}m${cut}\u001b[0m` : cut
  }
  return out.trimEnd()
}
