/** Lines for a terminal: pieces of text with a style, fitted, spread and painted. No terminal, no clock. */

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'none'
const codes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36', none: '' }
export type Span = { readonly text: string; readonly style: Style }
export type Line = readonly Span[]
export type Screen = { readonly columns: number; readonly rows: number; readonly hasColor: boolean }

export function span(text: string, style: Style = 'none'): Span {
  return { text, style }
}

export function fit(text: string, columns: number): string {
  return text.slice(0, columns).padEnd(columns)
}

export function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0)
}

/** `left` and, at the right margin, `right` if there is room for it. */
export function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lengthOf(left) - lengthOf(right) - 1
  return gap < 2 || !Number.isFinite(gap) ? left : [...left, span(' '.repeat(gap)), ...right]
}

/** At word boundaries where there are any; what does not fit into `rows` is left out. */
export function wrapped(text: string, columns: number, rows: number): readonly string[] {
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

/** As a terminal takes it: cut to `columns`, control characters replaced, styles as escape codes where it has color. */
export function paint(line: Line, columns: number, hasColor: boolean): string {
  let left = columns
  let painted = ''
  for (const { text, style } of line) {
    const shown = clean(text).slice(0, left)
    left -= shown.length
    painted += hasColor && codes[style] !== '' ? `\u001b[${codes[style]}m${shown}\u001b[0m` : shown
  }
  return painted.trimEnd()
}

/** What a cluster says may hold anything; only we steer the terminal. */
export function clean(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
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

export function percent(share: number | undefined, digits = 1): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(digits)} %`
}

export function milliseconds(value: number | undefined): string {
  if (value === undefined) return '–'
  return value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(1)} s`
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

/** `1:05` */
export function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
