/** Spans of time as Go writes them (`1h30m`, `250ms`), and as pauses have them. */

export type ParsedDuration = { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly message: string }

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
// What an int64 of nanoseconds holds: some 292 years.
const maxMs = 9_223_372_036_854
const maxLength = 100
const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y

/** Go's syntax: numbers with units, one after another; a bare `0` alone needs none. Negative ones are parsed too. */
export function parseDuration(text: string): ParsedDuration {
  const no = (message: string): ParsedDuration => ({ ok: false, message })
  if (text.length > maxLength) return no(`is longer than ${maxLength} characters`)
  const unsigned = text.replace(/^[-+]/, '')
  if (unsigned === '0') return { ok: true, ms: 0 }
  if (unsigned === '') return no('is empty')
  let ms = 0
  part.lastIndex = 0
  while (part.lastIndex < unsigned.length) {
    const [, amount = '', unit = ''] = part.exec(unsigned) ?? []
    if (amount === '') return no('does not begin with a number')
    if (unit === '') return no(`has no unit after ${amount}`)
    if (!Object.hasOwn(unitMs, unit)) return no(`has the unknown unit ${JSON.stringify(unit)}`)
    ms += Number(amount) * unitMs[unit]!
  }
  if (ms > maxMs) return no('is longer than 292 years')
  return { ok: true, ms: text.startsWith('-') ? -ms : ms }
}

const maxSeconds = 2 ** 31 - 1

/** The duration of a pause: a number of seconds, digits alone for the same, or Go's syntax. Never negative. */
export function parsePauseDuration(duration: unknown): ParsedDuration {
  const isSeconds = typeof duration === 'number' || (typeof duration === 'string' && /^[-+]?\d+$/.test(duration))
  const parsed = isSeconds ? parseSeconds(Number(duration)) : typeof duration === 'string' ? parseDuration(duration) : undefined
  if (parsed === undefined) return { ok: false, message: 'is neither a number nor a text' }
  return parsed.ok && parsed.ms < 0 ? { ok: false, message: 'is negative' } : parsed
}

function parseSeconds(seconds: number): ParsedDuration {
  if (!Number.isInteger(seconds)) return { ok: false, message: 'is not a whole number of seconds' }
  return seconds > maxSeconds ? { ok: false, message: `is above the maximum ${maxSeconds}` } : { ok: true, ms: seconds * 1_000 }
}
