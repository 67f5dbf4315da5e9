// Plays the demo and writes what it shows as docs/release.svg, an animation in text. Usage: node scripts/recording.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { runDemo } from '../src/demo/demo.ts'
import { demoParts } from '../src/main/demo.ts'

const columns = 100
const rows = 18
/** The release takes about a minute: told in a third of that. */
const speed = 3
const endMs = 75_000
const everyMs = 1_500
const size = { width: 8.4, height: 18, margin: 12 } as const
const colors: Readonly<Record<string, string>> = {
  '1': '#ffffff',
  '2': '#8b949e',
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
}

type Frame = { readonly atMs: number; readonly lines: readonly string[] }

const frames: Frame[] = []
const stdout = Object.assign(new PassThrough(), { isTTY: true, columns, rows, hasColors: () => true })
const startedAt = performance.now()
stdout.on('data', (part: Buffer) => {
  const text = part.toString('utf8')
  if (!text.startsWith('\u001b[H')) return
  const atMs = performance.now() - startedAt
  const last = frames.at(-1)
  if (last !== undefined && atMs - last.atMs < everyMs) return
  const lines = text
    .slice(3)
    .split('\r\n')
    .map((line) => line.replace(/\u001b\[[KJ]/g, ''))
  // What to type in another terminal is of this machine.
  const end = lines.findIndex((line) => line.includes('or in another terminal'))
  frames.push({ atMs, lines: end < 0 ? lines : lines.slice(0, end) })
})
const stdin = Object.assign(new PassThrough(), { isTTY: false })
await runDemo({
  ...demoParts({ env: process.env, version: '', program: join(import.meta.dirname, '../src/main.ts') }),
  plain: false,
  isBad: false,
  signal: AbortSignal.timeout(endMs),
  stdout: stdout as unknown as NodeJS.WriteStream,
  stdin: stdin as unknown as NodeJS.ReadStream,
})
writeFileSync('docs/release.svg', svgOf(frames))
console.error(`${frames.length} frames`)

function svgOf(shown: readonly Frame[]): string {
  const first = shown[0]!.atMs
  const lastMs = shown.at(-1)!.atMs - first + everyMs
  const width = columns * size.width + 2 * size.margin
  const height = rows * size.height + 2 * size.margin
  const steps = shown.map(({ atMs }, index) => `${(((atMs - first) / lastMs) * 100).toFixed(2)}%{transform:translateY(${-index * height}px)}`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>A release, from the first percent to all of the traffic</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#c9d1d9;white-space:pre}
${Object.entries(colors)
  .map(([code, color]) => `.c${code}{fill:${color}}`)
  .join('')}
.film{animation:film ${(lastMs / 1_000 / speed).toFixed(1)}s step-end infinite}
@keyframes film{${steps.join('')}}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g class="film">
${shown
  .map(({ lines }, index) =>
    lines
      .slice(0, rows)
      .flatMap((line, row) => textOf(line, row, index * height))
      .join(''),
  )
  .join('\n')}
</g>
</svg>
`
}

function textOf(line: string, row: number, top: number): readonly string[] {
  if (line.trim() === '') return []
  const y = top + size.margin + (row + 0.8) * size.height
  let column = 0
  const pieces = line.split(/(\u001b\[\d+m)/)
  const spans: string[] = []
  let code = '0'
  for (const piece of pieces) {
    const change = /^\u001b\[(\d+)m$/.exec(piece)
    if (change !== null) code = change[1]!
    else if (piece !== '') {
      // Each piece where it belongs: bars are of other widths in some fonts.
      const x = (size.margin + column * size.width).toFixed(1)
      const length = (piece.length * size.width).toFixed(1)
      if (piece.trim() !== '')
        spans.push(
          `<text x="${x}" y="${y.toFixed(1)}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"${code === '0' ? '' : ` class="c${code}"`}>${escaped(piece)}</text>`,
        )
      column += piece.length
    }
  }
  return spans
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
