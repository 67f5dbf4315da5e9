import { formatQuantity, parseQuantity, roundedToMilli } from '../../../api/quantity.ts'
import { type Draft, isFields } from './fields.ts'
import { wireShapes } from './wireShapes.ts'

type Field = { readonly name: string; readonly pointer: boolean; readonly always: boolean; readonly code: string }

/**
 * The object as the real server gives it back after having read it into its Go types: fields that its types do not have are gone, empty ones are left out or
 * there as the type says, in its order, times in UTC, quantities in their shortest form. The tree is new and nobody else's, but for parts of any type.
 */
export function wireForm(type: string, object: Draft): Draft {
  return struct(type, object)
}

const parsed = new Map<string, readonly Field[]>()
let lines: ReadonlyMap<string, string> | undefined

function fieldsOf(type: string): readonly Field[] {
  const known = parsed.get(type)
  if (known !== undefined) return known
  lines ??= new Map(
    wireShapes
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const line = lines.get(type)
  if (line === undefined) throw new Error(`no shape of ${type}`)
  const made = line.split(', ').map((part): Field => {
    const [name = '', code = ''] = part.split(' ')
    return { name, pointer: code.startsWith('*'), always: code.endsWith('!'), code: code.replace(/^\*/, '').replace(/!$/, '') }
  })
  parsed.set(type, made)
  return made
}

function struct(type: string, object: Readonly<Record<string, unknown>>): Draft {
  const result: Draft = {}
  for (const field of fieldsOf(type)) {
    const value = fieldValue(field, object[field.name])
    if (value !== undefined) result[field.name] = value
  }
  return result
}

function fieldValue({ pointer, always, code }: Field, value: unknown): unknown {
  if (value === undefined || value === null) return pointer ? (always ? null : undefined) : zero(code, always)
  const read = decode(code, value)
  if (pointer || always) return isCollection(code) && isEmpty(read) ? (always ? null : undefined) : read
  return isZero(code, read) ? undefined : read
}

/** What a value that is no pointer is when nobody sets it; undefined: left out. */
function zero(code: string, always: boolean): unknown {
  if (code.startsWith('#')) return struct(code.slice(1), {})
  if (code === 't' || code === 'u' || code === 'x') return null
  if (code === 'q') return '0'
  if (code === 'o') return 0
  if (!always) return undefined
  if (code === 's') return ''
  if (code === 'b') return false
  return code === 'i' ? 0 : null
}

function isZero(code: string, value: unknown): boolean {
  if (isCollection(code)) return isEmpty(value)
  return (code === 's' && value === '') || (code === 'b' && value === false) || (code === 'i' && value === 0) || (code === 'y' && value === '')
}

function isCollection(code: string): boolean {
  return code.startsWith('[') || code.startsWith('{')
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function decode(code: string, value: unknown): unknown {
  if (code.startsWith('#')) return struct(code.slice(1), isFields(value) ? value : {})
  if (code.startsWith('[')) return Array.isArray(value) ? value.map((each) => element(code.slice(1), each)) : value
  if (code.startsWith('{')) return isFields(value) ? map(code.slice(1), value) : value
  if (typeof value === 'number' && code === 'q') return quantity(String(value))
  if (typeof value !== 'string') return value
  if (code === 't') return time(value)
  if (code === 'u') return microTime(value)
  return code === 'q' ? quantity(value) : value
}

function element(code: string, value: unknown): unknown {
  return value === null || value === undefined ? zero(code, true) : decode(code, value)
}

function map(code: string, value: Readonly<Record<string, unknown>>): Draft {
  const result: Draft = {}
  // Go writes maps sorted.
  for (const key of Object.keys(value).sort()) {
    const read = element(code, value[key])
    result[key] = code === 'q' ? amount(read) : read
  }
  return result
}

function quantity(text: string): string {
  const read = parseQuantity(text)
  return read === undefined ? text : formatQuantity(read)
}

/** Maps of quantities are resource lists, which count in thousandths. */
function amount(value: unknown): unknown {
  const read = typeof value === 'string' ? parseQuantity(value) : undefined
  return read === undefined ? value : formatQuantity(roundedToMilli(read))
}

function time(text: string): string {
  const at = Date.parse(text)
  return Number.isNaN(at) ? text : `${new Date(at).toISOString().slice(0, 19)}Z`
}

function microTime(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return text
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return `${new Date(at).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`
}
