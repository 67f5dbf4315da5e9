/** Readers of values that may be anything: each reports what it cannot use, and returns what it can. Absent and null are the same. */
import { type Complaint, shown } from '../routing/names.ts'
import { nearest } from '../routing/nearest.ts'
import type { Field, Findings } from './findings.ts'

type Entries = Readonly<Record<string, unknown>>

export const maxInt32 = 2 ** 31 - 1

export function isSet({ value }: Field): boolean {
  return value !== undefined && value !== null
}

/** The field within a map or a list; absent where there is none. Nothing is inherited. */
export function child({ path, value }: Field, key: string | number): Field {
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
  return { path: [...path, key], value: has ? (value as Entries)[key] : undefined }
}

export function at(field: Field, ...keys: readonly (string | number)[]): Field {
  return keys.reduce(child, field)
}

/** A value as a message shows it, whatever its size. */
export function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  return shown(typeof value === 'string' ? value.slice(0, 100) : value)
}

export function wrong(field: Field, what: string, fix: string): Complaint {
  return { message: `${described(field.value)} is ${what}`, fix }
}

export function isMap(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reports what is neither absent nor a map. */
export function expectMap(field: Field, findings: Findings): void {
  if (isSet(field) && !isMap(field.value)) findings.report(field, wrong(field, 'no map', 'write fields, or leave it out'))
}

/** Its fields; none where it is absent or no map. */
export function mapIn(field: Field, findings: Findings): readonly Field[] {
  expectMap(field, findings)
  const { path, value } = field
  return isMap(value) ? Object.entries(value).map(([key, each]) => ({ path: [...path, key], value: each })) : []
}

export function keyOf({ path }: Field): string {
  return String(path.at(-1))
}

/** Its elements; none where it is absent or no list. */
export function listIn(field: Field, findings: Findings): readonly Field[] {
  if (!isSet(field)) return []
  if (Array.isArray(field.value)) return field.value.map((value: unknown, index) => ({ path: [...field.path, index], value }))
  findings.report(field, wrong(field, 'no list', 'write a list'))
  return []
}

export function textIn(field: Field, findings: Findings): string | undefined {
  if (!isSet(field)) return undefined
  if (typeof field.value === 'string') return field.value
  findings.report(field, wrong(field, 'no text', 'put it into quotes'))
  return undefined
}

/** A text that must be there, and say something. */
export function requiredText(field: Field, findings: Findings, what: string): string | undefined {
  const text = textIn(field, findings)
  if (!isSet(field) || text === '') findings.report(field, { message: 'is missing', fix: `write ${what}` })
  return text || undefined
}

export function flagIn(field: Field, findings: Findings): boolean {
  if (!isSet(field)) return false
  if (typeof field.value !== 'boolean') findings.report(field, wrong(field, 'neither true nor false', 'write true or false'))
  return field.value === true
}

export type Range = { readonly minimum?: number; readonly maximum?: number }

export function integerIn(field: Field, findings: Findings, { minimum = 0, maximum = maxInt32 }: Range = {}): number | undefined {
  if (!isSet(field)) return undefined
  const { value } = field
  const fix = `write an integer from ${minimum} to ${maximum}`
  if (typeof value !== 'number' || !Number.isInteger(value)) findings.report(field, wrong(field, 'no integer', fix))
  else if (value < minimum) findings.report(field, wrong(field, `below the minimum ${minimum}`, fix))
  else if (value > maximum) findings.report(field, wrong(field, `above the maximum ${maximum}`, fix))
  else return value
  return undefined
}

/** A number, or a text with a percentage; what it says as a plain number. */
export function intOrPercentIn(field: Field, findings: Findings): number | undefined {
  const { value } = field
  if (typeof value !== 'string') return integerIn(field, findings)
  const digits = /^(\d{1,9})%?$/.exec(value)?.[1]
  if (digits === undefined) findings.report(field, wrong(field, 'neither a number nor a percentage', 'write a number, or a percentage like 25%'))
  return digits === undefined ? undefined : Number(digits)
}

/** Those of `names` that are set. */
export function chosen(field: Field, names: readonly string[]): readonly string[] {
  return names.filter((name) => isSet(child(field, name)))
}

/** Reports unless exactly one of `names` is set; that one. */
export function exactlyOne(field: Field, names: readonly string[], findings: Findings): string | undefined {
  const set = chosen(field, names)
  const known = names.join(', ')
  if (set.length === 0) findings.report(field, { message: `has none of ${known}`, fix: 'write one of them' })
  if (set.length > 1) findings.report(field, { message: `has ${set.join(' and ')}, but only one may be set`, fix: `keep one of ${set.join(', ')}` })
  return set.length === 1 ? set[0] : undefined
}

/** Where no schema has looked: fields that mean nothing. */
export function reportUnknown(field: Field, known: readonly string[], findings: Findings): void {
  if (!isMap(field.value)) return
  for (const key of Object.keys(field.value)) {
    if (known.includes(key)) continue
    const meant = nearest(key, known)
    const fix = meant === undefined ? `use ${known.join(', ')}` : `did you mean ${meant}?`
    findings.report(child(field, key), { message: 'is unknown', fix })
  }
}

/** The second of two that must differ is told. */
export function reportRepeated(fields: readonly Field[], findings: Findings, what: string): void {
  const seen = new Set<unknown>()
  for (const field of fields) {
    if (!isSet(field)) continue
    if (seen.has(field.value)) findings.report(field, wrong(field, `the ${what} of another one, too`, `give each a ${what} of its own`))
    seen.add(field.value)
  }
}
