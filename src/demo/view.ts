/** The demo's live view: (what is shown, size, colour) → lines. No clock, no terminal. */
import type { PodMark, Shown, StepShown, VersionShown } from './shown.ts'
import { keyHelp } from './story.ts'
import {
  barOf,
  clockOf,
  count,
  fit,
  type Line,
  lengthOf,
  milliseconds,
  paint,
  percent,
  type Screen,
  type Span,
  type Style,
  span,
  sparkline,
  spread,
  wrapped,
} from './text.ts'

/** The whole screen, at most `rows` lines of at most `columns` characters each (escape codes not counted). */
export function renderView(shown: Shown, advice: readonly string[], screen: Screen): readonly string[] {
  const columns = Math.max(40, screen.columns)
  const lines: Line[] = [...header(shown, columns), [], ...steps(shown, columns), [], ...versions(shown, columns), ...notice(shown, columns)]
  // Where both do not fit, figures matter more than advice.
  const rest = Math.max(0, screen.rows - lines.length)
  return [...lines, ...tryNext(advice, columns).slice(0, rest)].slice(0, screen.rows).map((line) => paint(line, columns, screen.hasColor))
}

/** One line for logs and pipes. */
export function renderStatusLine(shown: Shown): string {
  const { elapsedSeconds, phase = 'starting', message, sent, failed, versions, edges } = shown
  const seen = versions.map(({ name, role, wantedShare, figures, pods }) => {
    const ready = pods.filter((mark) => mark === 'ready').length
    const figuresText = `${figures.requestsPerSecond.toFixed(1)}/s ok ${percent(figures.successRate)} p99 ${milliseconds(figures.p99Ms)}`
    return `${name} ${role} ${percent(figures.share)} (wanted ${percent(wantedShare)}) pods ${ready}/${pods.length} ${figuresText}`
  })
  const acknowledged = edges === undefined ? [] : [`edges ${edges.acknowledged}/${edges.all}`]
  const state = message === '' ? phase : `${phase}: ${message}`
  return [`${elapsedSeconds} s`, state, ...seen, ...acknowledged, `sent ${sent} failed ${failed}`].join(' | ')
}

const phaseStyles: Readonly<Record<string, Style>> = { Healthy: 'green', Degraded: 'red', Paused: 'yellow', Progressing: 'cyan' }

function header({ url, elapsedSeconds, sent, failed, phase, message }: Shown, columns: number): Line[] {
  const title: Line = [span(' Spillway', 'bold'), span(`  ${url ?? 'starting'}`)]
  const figures: Line = [
    span(`${clockOf(elapsedSeconds)}  `, 'dim'),
    span(`${count(sent)} sent  `, 'dim'),
    span(`${count(failed)} failed`, failed > 0 ? 'red' : 'green'),
  ]
  const state = phase ?? 'Starting'
  return [spread(title, figures, columns), [span(` shop ${state}`, phaseStyles[state] ?? 'none'), span(message === '' ? '' : `  ${message}`, 'dim')]]
}

const stepStyles: Readonly<Record<StepShown['state'], Style>> = { done: 'dim', now: 'bold', next: 'none' }

/** All on one line, or folded. */
function steps({ steps, secondsLeft, edges }: Shown, columns: number): Line[] {
  if (steps.length === 0) return [[span(' no release under way', 'dim')]]
  const pieces = steps.map(({ text, state }): Span => {
    const left = state === 'now' && secondsLeft !== undefined ? ` (${secondsLeft} s)` : ''
    return span(` ${state === 'done' ? '✔' : state === 'now' ? '▶' : '·'} ${text}${left}`, stepStyles[state])
  })
  const lines: Span[][] = [[]]
  for (const piece of pieces) {
    if (lengthOf(lines.at(-1)!) + piece.text.length > columns - 1) lines.push([])
    lines.at(-1)!.push(piece)
  }
  const acknowledged = edges === undefined ? '' : ` weights acknowledged by ${edges.acknowledged} of ${edges.all} edges`
  const isBehind = edges !== undefined && edges.acknowledged < edges.all
  return [...lines, [span(acknowledged, isBehind ? 'yellow' : 'dim')]]
}

// ' v1 stable wanted  95.0 % ' before the bars; 'req/s success p50 p99' behind them.
const labelColumns = 27
const figureColumns = 37
const minBar = 12

function versions({ versions }: Shown, columns: number): Line[] {
  const isWide = columns >= labelColumns + figureColumns + minBar
  const bar = columns - labelColumns - (isWide ? figureColumns : 1)
  const titles: Line[] = isWide ? [[span(`${' '.repeat(labelColumns + bar)}    req/s  success      p50      p99 `, 'dim')]] : []
  return [...titles, ...versions.flatMap((version, index) => versionLines(version, { bar, isWide, style: styleOf(index) }))]
}

function versionLines(
  version: VersionShown,
  { bar, isWide, style }: { readonly bar: number; readonly isWide: boolean; readonly style: Style },
): Line[] {
  const { name, role, wantedShare, figures, history, pods } = version
  const wanted: Line = [
    span(` ${fit(name, 4)}${fit(role, 7)}`, style),
    span('wanted ', 'dim'),
    span(percent(wantedShare).padStart(7)),
    span(' '),
    span(barOf(wantedShare, bar), 'dim'),
  ]
  const actual: Line = [
    span(`${' '.repeat(12)}`),
    span('actual ', 'dim'),
    span(percent(figures.share).padStart(7), 'bold'),
    span(' '),
    span(barOf(figures.share ?? 0, bar), style),
  ]
  const numbers: Line = [
    span(figures.requestsPerSecond.toFixed(1).padStart(9)),
    span(percent(figures.successRate).padStart(9), figures.successRate === undefined ? 'dim' : figures.successRate < 0.99 ? 'red' : 'green'),
    span(milliseconds(figures.p50Ms).padStart(9)),
    span(milliseconds(figures.p99Ms).padStart(9)),
  ]
  const firstKnown = history.findIndex(({ share }) => share !== undefined)
  const seen = firstKnown < 0 ? [] : history.slice(firstKnown).slice(-bar)
  const below: Line = [
    span(fit(`      ${pods.map((mark) => marks[mark]).join('')}`, labelColumns)),
    span(sparkline(seen.map(({ share }) => share)), style),
  ]
  return isWide ? [wanted, [...actual, ...numbers], below, []] : [wanted, actual, [span('   '), ...numbers], below, []]
}

const marks: Readonly<Record<PodMark, string>> = { ready: '●', starting: '○', ending: '◌', failing: '✖' }

function styleOf(index: number): Style {
  return (['cyan', 'yellow', 'green'] as const)[index % 3] ?? 'none'
}

/** At least one line, so that what is below does not jump when something comes to be said. */
function notice({ notice, unanswered }: Shown, columns: number): Line[] {
  const { kind, text } =
    notice ??
    (unanswered.requests > 0
      ? { kind: 'problem', text: `${count(unanswered.requests)} answers of the last seconds came from no version` }
      : { kind: 'info', text: '' })
  return wrapped(text, columns - 2, 3).map((line): Line => [span(` ${line}`, kind === 'problem' ? 'red' : 'green')])
}

function tryNext(advice: readonly string[], columns: number): Line[] {
  return [
    [],
    [span(` ${keyHelp}`, 'bold')].slice(0, columns),
    [span(' or in another terminal', 'dim')],
    ...advice.map((text): Line => [span(`   ${text}`, 'cyan')]),
  ]
}
