import { isList, isObject } from '../json.ts'
import type { Json } from '../unstructured.ts'

/** How Go's `%v` prints a decoded JSON value; the real server's messages quote values so. */
export function goText(value: Json): string {
  if (value === null) return '<nil>'
  if (isList(value)) return `[${value.map(goText).join(' ')}]`
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${key}:${goText(value[key] ?? null)}`)
    return `map[${entries.join(' ')}]`
  }
  return typeof value === 'number' ? goNumber(value) : String(value)
}

/** The name of the Go type that a JSON value decodes to. */
export function goType(value: Json): string {
  if (value === null) return '<nil>'
  if (isList(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

/** What `encoding/json` calls a value that it cannot take. */
export function jsonType(value: Json): string {
  if (isList(value)) return 'array'
  return value === null ? 'null' : value === true || value === false ? 'bool' : typeof value
}

/** Floats turn to an exponent (of two digits at least) below 1e-4 and from 1e21 on. */
function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e21) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
