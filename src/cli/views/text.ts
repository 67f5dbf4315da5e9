/** Text for a terminal: pieces with a colour each, lines, tables. What comes from the cluster cannot do anything to the terminal. */

export type Color = 'green' | 'red' | 'yellow' | 'blue' | 'dim'
export type Piece = string | { readonly text: string; readonly color: Color }
/** Side by side, with nothing in between. */
export type Line = readonly Piece[]

export type Look = {
  readonly colors: boolean
  /** Lines are cut to so many columns; undefined: they are not. */
  readonly columns?: number | undefined
}

const codes: Readonly<Record<Color, number>> = { green: 32, red: 31, yellow: 33, blue: 94, dim: 2 }

export function colored(text: string, color: Color | undefined): Piece {
  return color === undefined ? text : { text, color }
}

/** Without its end of line. */
export function renderLine(line: Line, { colors, columns = Number.POSITIVE_INFINITY }: Look): string {
  let left = columns
  let rendered = ''
  for (const piece of line) {
    const text = cut(printable(textOf(piece)), left)
    left -= displayWidth(text)
    rendered += colors && typeof piece !== 'string' && text !== '' ? `\u001b[${codes[piece.color]}m${text}\u001b[0m` : text
  }
  return rendered.trimEnd()
}

export function renderLines(lines: readonly Line[], look: Look): string {
  return lines.map((line) => `${renderLine(line, look)}\n`).join('')
}

/** Columns as wide as their widest cell, two spaces between them. `widths`: of what stands above already; they are widened. */
export function table(rows: readonly (readonly Line[])[], widths: number[] = []): readonly Line[] {
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, lineWidth(cell))
  return rows.map((row) =>
    row.flatMap((cell, column) => (column === row.length - 1 ? cell : [...cell, ' '.repeat(widths[column]! - lineWidth(cell) + 2)])),
  )
}

/** Control characters, and those that turn the direction of what follows, as they would be written in JSON. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
  return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** At most `width` columns; what was cut ends with `…`. */
export function cut(text: string, width: number): string {
  if (text.length <= width / 2 || displayWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    const next = characterWidth(character)
    if (used + next > width - 1) break
    kept += character
    used += next
  }
  return width < 1 ? '' : `${kept}…`
}

/** Columns that a terminal needs for it. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

function characterWidth(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]$/u

function lineWidth(line: Line): number {
  return line.reduce((width, piece) => width + displayWidth(printable(textOf(piece))), 0)
}

function textOf(piece: Piece): string {
  return typeof piece === 'string' ? piece : piece.text
}
