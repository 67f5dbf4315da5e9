import { readFileSync } from 'node:fs'
import t from 'tap'
import { readEdge } from '../../../src/edge/source/file/read.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
t.comment(`seed ${seed}`)

/** mulberry32 */
function randomFrom(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const example = readFileSync(new URL('../../../examples/edge.yaml', import.meta.url), 'utf8')
/** Has every field. */
const reference = /```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8'))?.[1] ?? ''
const originals = [Buffer.from(example), Buffer.from(reference)]
const pieces = [
  ...[
    '\t',
    '\n',
    '\r',
    '\0',
    ' ',
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '#',
    '|',
    '>',
    '&a ',
    '*a',
    '!x ',
    '!!binary ',
    '%',
    '@',
    '`',
    '? ',
  ],
  ...['---\n', '...\n', '<<: ', '__proto__: ', '\ufeff', '\u2028', '\ud83d\ude00', '1e999', '-0', '0x1F', '.nan', 'null', 'true', '~', '\\', '"\\x"'],
].map((piece) => Buffer.from(piece))

/** Some bytes removed, doubled, replaced or set in. */
function damaged(random: () => number): Buffer {
  let bytes = originals[Math.floor(random() * originals.length)]!
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const at = Math.floor(random() * bytes.length)
    const length = Math.floor(random() ** 3 * 60)
    const before = bytes.subarray(0, at)
    const after = bytes.subarray(at + length)
    const piece = pieces[Math.floor(random() * pieces.length)]!
    switch (Math.floor(random() * 5)) {
      case 0:
        bytes = Buffer.concat([before, after])
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([before, piece, bytes.subarray(at)])
        break
      case 3:
        bytes = Buffer.concat([before, piece, after])
        break
      default:
        bytes = Buffer.concat([before, Buffer.of(Math.floor(random() * 256)), bytes.subarray(at + 1)])
    }
  }
  return bytes
}

t.test('1,000 damaged files: none crashes the reader, every refusal has its place', async (t) => {
  const random = randomFrom(seed)
  const wrong: string[] = []
  let refused = 0
  for (let run = 0; run < 1_000; run++) {
    const bytes = damaged(random)
    const lines = bytes.toString().split('\n')
    const read = readEdge(bytes, '/')
    if (read.kind === 'config') continue
    refused++
    const misplaced = read.faults.filter(({ line, column, message, fix }) => {
      const within = Number.isInteger(line) && line >= 1 && line <= lines.length && Number.isInteger(column) && column >= 1
      return !within || column > lines[line - 1]!.length + 2 || message === '' || fix === ''
    })
    if (misplaced.length > 0 || read.faults.length === 0) wrong.push(JSON.stringify({ run, misplaced, text: bytes.toString() }))
  }
  t.strictSame(wrong, [])
  t.ok(refused > 300 && refused < 1_000, `${refused} were refused`)
})
