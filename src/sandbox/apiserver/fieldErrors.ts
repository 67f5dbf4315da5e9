import type { FieldError } from './apiError.ts'

/** The mistakes that a field may have, worded as apimachinery's `field` package does. */

export function required(field: string, detail = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: said('Required value', detail) }
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: said(`Invalid value: ${shown(value)}`, detail) }
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}` }
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(shown).join(', ')}`
  return { field, reason: 'FieldValueNotSupported', message: said(`Unsupported value: ${shown(value)}`, detail) }
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: said('Forbidden', detail) }
}

export function notFound(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${shown(value)}` }
}

export function tooLong(field: string, limitBytes: number): FieldError {
  return { field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${limitBytes} byte${limitBytes === 1 ? '' : 's'}` }
}

export function tooMany(field: string, count: number, limit: number): FieldError {
  return { field, reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${limit} item${limit === 1 ? '' : 's'}` }
}

/** `field is immutable`, unless both are the same. */
export function immutable(field: string, value: unknown, old: unknown): readonly FieldError[] {
  return sameValue(value, old) ? [] : [invalid(field, value ?? null, 'field is immutable')]
}

/** Equal as the server compares: what is absent, null, an empty list and an empty map are one. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, index) => sameValue(each, b[index]))
  if (!isMap(a) || !isMap(b)) return false
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => sameValue(a[key], b[key]))
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function said(title: string, detail: string): string {
  return detail === '' ? title : `${title}: ${detail}`
}

/** Texts in quotes; all else as JSON in which nothing is markup. */
function shown(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  return typeof value === 'string' ? text : text.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}
