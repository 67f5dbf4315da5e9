import type { Json, JsonObject } from '../../unstructured.ts'
import { goTypeOf } from './goType.ts'
import { wrongBase64, wrongQuantity, wrongTime } from './scalars.ts'
import type { Schema } from './schema.ts'
import { fieldsOf, isParsedObject, type Parsed, plain, RepeatedFields, record, WrittenNumber } from './strictJson.ts'

export type Decoded = {
  /** Of known fields alone. A null is left out; in lists and maps it is the type's empty value. */
  readonly object: JsonObject
  /** What a strict server refuses and a lenient one warns of: `unknown field "spec.x"`, `duplicate field "spec.y"`; each once, in the order of the text. */
  readonly problems: readonly string[]
}

/** A value that no Go type takes: `json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool`. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** Absent where the type is right, and what it says is wrong. */
  readonly mismatch: Mismatch | undefined

  constructor(message: string, mismatch?: Mismatch) {
    super(message)
    this.mismatch = mismatch
  }
}

export type Mismatch = { readonly value: Parsed; readonly schema: Schema }

/** Reads what was sent for a built-in kind into its types, as the real server's JSON decoder does. Throws a DecodeError where a type is wrong. */
export function decodeTyped(value: Parsed, schema: Schema, within = ''): Decoded {
  const problems = new Set<string>()
  const object = read(value, schema, { problems, path: within, struct: '', field: '' })
  return { object: object as JsonObject, problems: [...problems].slice(0, maxProblems) }
}

const maxProblems = 100

type Place = {
  readonly problems: Set<string>
  /** `spec.containers[0]`; '' for the object itself. */
  readonly path: string
  /** The Go struct that has the field, and how Go got there: `PodSpec`, `spec.containers`. */
  readonly struct: string
  readonly field: string
  /** Inside of a type that decodes itself, where Go's messages go no further than to that type. */
  readonly sealed?: true
}

function read(value: Parsed, schema: Schema, place: Place): Json {
  if (value === null) return emptyOf(schema)
  if (schema.preserveUnknownFields) return plain(value)
  if (schema.intOrString) return typeof value === 'string' ? value : integer(value, { ...schema, format: 'int32' }, place)
  if (schema.format === 'quantity') return quantity(value)
  if (schema.format === 'byte') return bytes(value, schema, place)
  if (schema.oneOf !== undefined) return oneOf(value, schema.oneOf, place)
  switch (schema.type) {
    case 'object':
      if (!isParsedObject(value)) return mismatch(value, schema, place)
      return schema.additionalProperties === undefined ? struct(value, schema, place) : map(value, schema.additionalProperties, place)
    case 'array':
      if (!Array.isArray(value)) return mismatch(value, schema, place)
      return value.map((element: Parsed, index) => read(element, schema.items ?? anything, { ...place, path: `${place.path}[${index}]` }))
    case 'string':
      return text(value, schema, place)
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, schema, place)
    case 'integer':
      return integer(value, schema, place)
    case 'number':
      return isNumber(value) ? plain(value) : mismatch(value, schema, place)
    default:
      return plain(value)
  }
}

const anything: Schema = { preserveUnknownFields: true }

type ParsedObject = Parameters<typeof fieldsOf>[0]

function struct(value: ParsedObject, schema: Schema, place: Place): JsonObject {
  const name = schema.definition?.slice(schema.definition.lastIndexOf('.') + 1) ?? ''
  const known: [string, Json][] = []
  const seen = value instanceof RepeatedFields ? new Set<string>() : undefined
  for (const [key, field] of fieldsOf(value)) {
    const path = place.path === '' ? key : `${place.path}.${key}`
    const fieldSchema = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (fieldSchema === undefined) {
      place.problems.add(`unknown field "${path}"`)
      continue
    }
    if (seen?.has(key)) place.problems.add(`duplicate field "${path}"`)
    seen?.add(key)
    const below = place.sealed ? { ...place, path } : { ...place, path, struct: name, field: place.field === '' ? key : `${place.field}.${key}` }
    // Checked even where it counts for nothing: a null after it takes it back.
    known.push([key, field === null ? null : read(field, fieldSchema, below)])
  }
  return withoutNulls(record(known))
}

function withoutNulls(object: Record<string, Json>): JsonObject {
  for (const key of Object.keys(object)) if (object[key] === null) delete object[key]
  return object
}

function map(value: ParsedObject, values: Schema | true, place: Place): JsonObject {
  const seen = value instanceof RepeatedFields ? new Set<string>() : undefined
  const entries = fieldsOf(value).map(([key, entry]): [string, Json] => {
    const path = `${place.path}.${key}`
    if (seen?.has(key)) place.problems.add(`duplicate field "${path}"`)
    seen?.add(key)
    return [key, read(entry, values === true ? anything : values, { ...place, path })]
  })
  return record(entries)
}

/** Such types decode what they hold on their own, without strictness: what is unknown in there is dropped and not spoken of. */
function oneOf(value: Parsed, choices: readonly Schema[], place: Place): Json {
  const type = isParsedObject(value) ? 'object' : Array.isArray(value) ? 'array' : typeof value
  const choice = choices.find((choice) => choice.type === type)
  if (choice === undefined) throw new DecodeError('boolean or JSON schema expected')
  return read(value, choice, { ...place, problems: new Set(), sealed: true })
}

function text(value: Parsed, schema: Schema, place: Place): string {
  if (typeof value !== 'string') return mismatch(value, schema, place)
  if (schema.format === 'date-time' || schema.format === 'micro-time') refuseIf(wrongTime(value, schema.format))
  return value
}

function quantity(value: Parsed): string {
  const written = typeof value === 'string' ? value.trim() : isNumber(value) ? numberText(value) : ''
  refuseIf(wrongQuantity(written))
  // Go takes a sign or a point alone for nothing at all.
  return /\d/.test(written) ? written : '0'
}

function bytes(value: Parsed, schema: Schema, place: Place): string {
  if (Array.isArray(value)) {
    const element: Schema = { type: 'integer', format: 'uint8' }
    return Buffer.from(value.map((byte: Parsed) => (byte === null ? 0 : integer(byte, element, place)))).toString('base64')
  }
  if (typeof value !== 'string') return mismatch(value, schema, place)
  refuseIf(wrongBase64(value))
  return value.replace(/[\r\n]/g, '')
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  uint8: [0n, 255n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
}

function integer(value: Parsed, schema: Schema, place: Place): number {
  if (!isNumber(value)) return mismatch(value, schema, place)
  const written = numberText(value)
  const [least, most] = ranges[schema.format ?? 'int64'] ?? ranges['int64']!
  const fits = /^-?\d+$/.test(written) && BigInt(written) >= least && BigInt(written) <= most
  return fits ? Number(written) : mismatch(value, schema, place, ` ${written}`)
}

function isNumber(value: Parsed): value is number | WrittenNumber {
  return typeof value === 'number' || value instanceof WrittenNumber
}

export function numberText(value: number | WrittenNumber): string {
  return typeof value === 'number' ? String(value) : value.text
}

function mismatch(value: Parsed, schema: Schema, { struct, field }: Place, digits = ''): never {
  const said = isNumber(value) ? 'number' : isParsedObject(value) ? 'object' : Array.isArray(value) ? 'array' : typeof value
  const into = struct === '' ? 'Go value' : `Go struct field ${struct}.${field}`
  throw new DecodeError(`json: cannot unmarshal ${said === 'boolean' ? 'bool' : said}${digits} into ${into} of type ${goTypeOf(schema)}`, {
    value,
    schema,
  })
}

function refuseIf(wrong: string | undefined): void {
  if (wrong !== undefined) throw new DecodeError(wrong)
}

function emptyOf(schema: Schema): Json {
  if (schema.preserveUnknownFields || schema.format === 'date-time' || schema.format === 'micro-time') return null
  if (schema.intOrString) return 0
  if (schema.format === 'quantity') return '0'
  switch (schema.type) {
    case 'object':
      return {}
    case 'array':
      return []
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return 0
    default:
      return null
  }
}
