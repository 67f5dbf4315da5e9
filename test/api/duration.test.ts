import t from 'tap'
import { parseDuration, parsePauseDuration } from '../../src/api/duration.ts'

const hour = 3_600_000

t.test('durations are read as Go reads them', async (t) => {
  const good: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['-0', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 1.5 * hour],
    ['1.5h', 1.5 * hour],
    ['.5s', 500],
    ['1.s', 1_000],
    ['250ms', 250],
    ['1h2m3s4ms5us6ns', hour + 123_004.005006],
    ['1000000µs', 1_000],
    ['1μs', 0.001],
    ['-5m', -300_000],
    ['+5m', 300_000],
    ['0s', 0],
    ['2562047h', 2_562_047 * hour],
  ]
  for (const [text, ms] of good) {
    const parsed = parseDuration(text)
    t.ok(parsed.ok && Math.abs(parsed.ms - ms) < 1e-6, text)
  }
  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['-', /empty/],
    ['10', /no unit after 10/],
    ['1h30', /no unit after 30/],
    ['5x', /unknown unit "x"/],
    ['5 m', /unknown unit " m"/],
    ['1d', /unknown unit "d"/],
    ['P1D', /begin with a number/],
    ['m', /begin with a number/],
    ['.s', /begin with a number/],
    ['--5m', /begin with a number/],
    ['5mm', /unknown unit "mm"/],
    ['5M', /unknown unit "M"/],
    ['1constructor', /unknown unit/],
    ['2562048h', /292 years/],
    ['9'.repeat(1_000), /100 characters/],
  ]
  for (const [text, message] of bad) t.match(parseDuration(text), { ok: false, message }, JSON.stringify(text.slice(0, 20)))
})

t.test('pauses may be seconds too', async (t) => {
  for (const [duration, ms] of [
    [0, 0],
    [10, 10_000],
    ['10', 10_000],
    ['+10', 10_000],
    ['0', 0],
    ['90s', 90_000],
    ['1h', hour],
  ] as const)
    t.strictSame(parsePauseDuration(duration), { ok: true, ms }, String(duration))
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [-1, /negative/],
    ['-1', /negative/],
    ['-1m', /negative/],
    [1.5, /whole/],
    [Number.NaN, /whole/],
    [2 ** 31, /maximum/],
    ['99999999999', /maximum/],
    ['1.5', /no unit/],
    ['soon', /begin with a number/],
    ['', /empty/],
    [null, /neither/],
    [{}, /neither/],
    [true, /neither/],
  ]
  for (const [duration, message] of bad) t.match(parsePauseDuration(duration), { ok: false, message }, JSON.stringify(duration))
})
