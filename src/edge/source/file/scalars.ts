import { isScalar, isSeq } from 'yaml'
import { type Complaint, shown } from '../../../core/routing/names.ts'
import { nearest } from '../../../core/routing/nearest.ts'
import type { Place, Reading } from './reading.ts'
import { expected, type JsonSchema, type Shape } from './shape.ts'

type TextRules = {
  /** What it is, with its article: `a host`. */
  readonly what: string
  /** Texts that pass have no `complaint`, and those that do not have one. */
  readonly pattern: string
  complaint(text: string): Complaint
  readonly notes?: JsonSchema
}

export function text(rules: TextRules): Shape<string> {
  return parsed(rules, '', (value) => ({ value }))
}

/** A text that stands for something else. `parse` sees what fits the pattern, and may still find it wrong, by its meaning. */
export function parsed<T>(rules: TextRules, hole: T, parse: (text: string) => { readonly value: T } | Complaint): Shape<T> {
  const { what, pattern, complaint, notes = {} } = rules
  const expression = new RegExp(pattern, 'u')
  return {
    read(place, reading) {
      const value = textAt(place, reading, { what, meant: (source) => (expression.test(source) ? undefined : complaint(source).fix) })
      if (value === undefined) return hole
      if (!expression.test(value)) {
        reading.report('structure', place, complaint(value))
        return hole
      }
      const outcome = parse(value)
      if ('value' in outcome) return outcome.value
      reading.report('meaning', place, outcome)
      return hole
    },
    hole,
    schema: { type: 'string', pattern, ...notes },
  }
}

type Wanted = { readonly what: string; meant(source: string): string | undefined }

/** `meant`: what to write instead of a number or a boolean; undefined: the same in quotes. */
function textAt(place: Place, reading: Reading, { what, meant }: Wanted): string | undefined {
  const node = reading.open(place)
  if (isScalar(node) && typeof node.value === 'string') return node.value
  let fix = `write ${what}`
  if (isScalar(node) && node.value !== null) {
    const source = node.source ?? String(node.value)
    fix = meant(source) ?? `put it into quotes: ${shown(source)}`
  } else if (isSeq(node) && what.includes('address')) fix = 'put an address with brackets into quotes, as in "[::1]:8080"'
  reading.report('structure', place, expected(what, node, fix))
  return undefined
}

export type Range = { readonly minimum: number; readonly maximum: number }

export function integer({ minimum, maximum }: Range): Shape<number> {
  const fix = `write an integer from ${minimum} to ${maximum}`
  return {
    read(place, reading) {
      const node = reading.open(place)
      const value = isScalar(node) ? node.value : undefined
      if (typeof value !== 'number' || !Number.isInteger(value)) reading.report('structure', place, expected('an integer', node, fix))
      else {
        const source = isScalar(node) ? (node.source ?? String(value)) : ''
        if (value < minimum) reading.report('structure', place, { message: `${source} is below the minimum ${minimum}`, fix })
        else if (value > maximum) reading.report('structure', place, { message: `${source} is above the maximum ${maximum}`, fix })
        else return value + 0
      }
      return Number.NaN
    },
    hole: Number.NaN,
    schema: { type: 'integer', minimum, maximum },
  }
}

/** A number from `minimum` to `maximum`, with or without a fraction. */
export function decimal({ minimum, maximum }: Range): Shape<number> {
  const fix = `write a number from ${minimum} to ${maximum}`
  return {
    read(place, reading) {
      const node = reading.open(place)
      const value = isScalar(node) ? node.value : undefined
      if (typeof value !== 'number') reading.report('structure', place, expected('a number', node, fix))
      else if (value >= minimum && value <= maximum) return value
      else reading.report('structure', place, { message: `${value} is not from ${minimum} to ${maximum}`, fix })
      return minimum
    },
    hole: minimum,
    schema: { type: 'number', minimum, maximum },
  }
}

export const trueOrFalse: Shape<boolean> = {
  read(place, reading) {
    const node = reading.open(place)
    if (isScalar(node) && typeof node.value === 'boolean') return node.value
    reading.report('structure', place, expected('true or false', node, 'write true or false, without quotes'))
    return false
  },
  hole: false,
  schema: { type: 'boolean' },
}

export function oneOf<W extends string>(words: readonly [W, ...W[]]): Shape<W> {
  return {
    read(place, reading) {
      const node = reading.open(place)
      const value = isScalar(node) ? node.value : undefined
      const word = words.find((each) => each === value)
      if (word !== undefined) return word
      const meant = typeof value === 'string' ? nearest(value, words) : undefined
      reading.report('structure', place, expected(words.join(' or '), node, meant === undefined ? `write ${words.join(' or ')}` : `write ${meant}`))
      return words[0]
    },
    hole: words[0],
    schema: { enum: words },
  }
}

export const onlyTrue: Shape<true> = {
  read(place, reading) {
    const node = reading.open(place)
    if (!isScalar(node) || node.value !== true) reading.report('structure', place, expected('true', node, 'write true, or leave it out'))
    return true
  },
  hole: true,
  schema: { const: true },
}

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
const bytes = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const
type Units = Readonly<Record<string, number>>

/** `90000` as `90s`: the greatest unit that divides it. */
function written(amount: number, units: Units): string {
  const [unit, factor] =
    Object.entries(units)
      .filter(([, each]) => amount % each === 0 && amount >= each)
      .at(-1) ?? Object.entries(units)[0]!
  return `${amount / factor}${unit}`
}

export const writtenDuration = (ms: number): string => written(ms, milliseconds)
export const writtenSize = (size: number): string => written(size, bytes)

/** `500ms`, `10s`, `1m`, `1h`; the range in milliseconds. */
export function duration(range: Range): Shape<number> {
  const fix = `write an integer with ms, s, m or h, from ${writtenDuration(range.minimum)} to ${writtenDuration(range.maximum)}`
  const rules: TextRules = {
    what: 'a duration like 10s',
    pattern: '^(?:0|[1-9][0-9]{0,11})(?:ms|s|m|h)$',
    complaint: (value) => ({ message: `${shown(value)} is not a duration`, fix }),
    notes: { examples: ['500ms', '10s', '1m', '1h'] },
  }
  return parsed(rules, Number.NaN, (value) => within(amount(value, milliseconds), range, { value, fix }))
}

/** `16KiB`, `1MiB`, or a plain integer of bytes; the range in bytes. */
export function size(range: Range): Shape<number> {
  const fix = `write an integer with B, KiB, MiB or GiB, from ${writtenSize(range.minimum)} to ${writtenSize(range.maximum)}`
  const rules: TextRules = {
    what: 'a size like 16KiB',
    pattern: '^(?:0|[1-9][0-9]{0,14})(?:B|KiB|MiB|GiB)$',
    complaint: (value) => ({ message: `${shown(value)} is not a size`, fix }),
  }
  const texts = parsed(rules, Number.NaN, (value) => within(amount(value, bytes), range, { value, fix }))
  const numbers = integer(range)
  return {
    read(place, reading) {
      const node = reading.open(place)
      return (isScalar(node) && typeof node.value === 'number' ? numbers : texts).read(place, reading)
    },
    hole: Number.NaN,
    schema: { type: ['string', 'integer'], pattern: rules.pattern, ...range, examples: ['16KiB', '1MiB'] },
  }
}

function amount(value: string, units: Units): number {
  const [, digits = '', unit = ''] = /^([0-9]+)(.+)$/.exec(value) ?? []
  return Number(digits) * (units[unit] ?? Number.NaN)
}

function within(
  value: number,
  { minimum, maximum }: Range,
  told: { readonly value: string; readonly fix: string },
): { readonly value: number } | Complaint {
  if (value < minimum) return { message: `${told.value} is below the minimum`, fix: told.fix }
  if (value > maximum) return { message: `${told.value} is above the maximum`, fix: told.fix }
  return { value }
}
