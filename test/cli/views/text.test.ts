import t from 'tap'
import { ageOf, humanDuration } from '../../../src/cli/views/ages.ts'
import { cut, displayWidth, printable, renderLine, renderLines, table } from '../../../src/cli/views/text.ts'

t.test('L3: nothing from a cluster can do anything to a terminal', (t) => {
  for (const [text, shown] of [
    ['shop', 'shop'],
    ['a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a\u009b2Jb', 'a\\u009b2Jb'],
    ['two\nlines\r\tmore', 'two\\nlines\\r\\tmore'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u0007\u0000\u007f', '\\u0007\\u0000\\u007f'],
    ['größe 日本', 'größe 日本'],
  ] as const)
    t.equal(printable(text), shown)
  t.equal(
    renderLine(['a\u001b[31m', { text: 'b\u001b]0;title\u0007', color: 'red' }], { colors: true }),
    'a\\u001b[31m\u001b[31mb\\u001b]0;title\\u0007\u001b[0m',
  )
  t.end()
})

t.test('lines are cut to the width of the terminal', (t) => {
  for (const [text, width] of [
    ['shop', 4],
    ['日本', 4],
    ['e\u0301', 1],
    ['⟳⧉□Σα⊞✔◌॥✖⚠?•◷', 14],
    ['🚀', 2],
  ] as const)
    t.equal(displayWidth(text), width, text)
  t.equal(cut('payments-api', 8), 'payment…')
  t.equal(cut('日本語', 4), '日…')
  t.equal(cut('日本', 4), '日本')
  t.equal(cut('abc', 0), '')
  t.equal(renderLine(['one ', { text: 'two three', color: 'green' }, ' four'], { colors: true, columns: 8 }), 'one \u001b[32mtwo…\u001b[0m')
  t.end()
})

t.test('columns stand below each other', (t) => {
  const rows = table([
    [['NAME'], ['AGE']],
    [['日本'], [{ text: '3d', color: 'green' }]],
    [['payments'], ['1m']],
  ])
  t.equal(renderLines(rows, { colors: false }), 'NAME      AGE\n日本      3d\npayments  1m\n')
  t.end()
})

t.test('ages are written as by kubectl', (t) => {
  const s = 1_000
  const rows: readonly (readonly [number, string])[] = [
    [-5 * s, '<invalid>'],
    [-1 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [150 * s, '2m30s'],
    [600 * s, '10m'],
    [3 * 3600 * s, '3h'],
    [(3 * 3600 + 59 * 60) * s, '3h59m'],
    [9 * 3600 * s, '9h'],
    [47 * 3600 * s, '47h'],
    [(2 * 24 + 3) * 3600 * s, '2d3h'],
    [7 * 86400 * s, '7d'],
    [400 * 86400 * s, '400d'],
    [(2 * 365 + 34) * 86400 * s, '2y34d'],
    [9 * 365 * 86400 * s, '9y'],
  ]
  for (const [ms, text] of rows) t.equal(humanDuration(ms), text)
  t.equal(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:42Z')), '42s')
  t.equal(ageOf(undefined, 0), '<unknown>')
  t.end()
})
