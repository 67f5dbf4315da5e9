import type { Json, JsonObject } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import { type Code, type Field, fieldsByNumber, messageOf } from './messages.ts'
import { fieldsOf, WireError, type WireField } from './wire.ts'

/** The media type with which client-go's typed clients, and so much of kubectl, send objects of built-in kinds. */
export const protobufMedia = 'application/vnd.kubernetes.protobuf'

/** What stands before the envelope: `k8s` and a zero. */
const magic = Buffer.from('k8s\0')

/** The object that a protobuf body is, as JSON would have it. Throws an ApiError of 400. */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  if (!magic.equals(body.subarray(0, magic.length)))
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  try {
    const { apiVersion, kind, raw } = envelopeIn(body.subarray(magic.length))
    const message = messageOf(apiVersion, kind)
    if (message === undefined)
      throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in protobuf: send it as JSON`)
    return { kind, apiVersion, ...messageIn(raw, message) }
  } catch (error) {
    if (error instanceof WireError) throw badRequest(`the body is no valid protobuf message: ${error.message}`)
    throw error
  }
}

type Envelope = { readonly apiVersion: string; readonly kind: string; readonly raw: Uint8Array }

/** `runtime.Unknown`. */
function envelopeIn(bytes: Uint8Array): Envelope {
  let typeMeta = new Uint8Array()
  let raw = new Uint8Array()
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) typeMeta = new Uint8Array(bytesIn(field))
    else if (field.number === 2) raw = new Uint8Array(bytesIn(field))
  }
  const said = new Map([...fieldsOf(typeMeta)].map((field) => [field.number, textIn(bytesIn(field))]))
  return { apiVersion: said.get(1) ?? '', kind: said.get(2) ?? '', raw }
}

type Draft = Record<string, Json>

function messageIn(bytes: Uint8Array, message: string): JsonObject {
  const fields = fieldsByNumber(message)
  const result: Draft = {}
  for (const wire of fieldsOf(bytes)) {
    const field = fields.get(wire.number)
    // A newer client's; as Go's decoders do.
    if (field !== undefined) enter(result, field, wire)
  }
  return result
}

function enter(result: Draft, { name, code, dropsZero }: Field, wire: WireField): void {
  if (name === '') Object.assign(result, messageIn(bytesIn(wire), code.slice(1)))
  else if (code.startsWith('[')) result[name] = [...((result[name] as readonly Json[]) ?? []), valueIn(code.slice(1), wire)]
  else if (code.startsWith('{')) result[name] = { ...(result[name] as JsonObject), ...entryIn(code.slice(1), bytesIn(wire)) }
  else {
    const value = valueIn(code, wire)
    if (!(dropsZero && isZero(value))) result[name] = value
  }
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false || value === null
}

function entryIn(code: Code, bytes: Uint8Array): JsonObject {
  let key = ''
  let value: Json = code === 's' ? '' : null
  for (const wire of fieldsOf(bytes)) {
    if (wire.number === 1) key = textIn(bytesIn(wire))
    else if (wire.number === 2) value = valueIn(code, wire)
  }
  return { [key]: value }
}

function valueIn(code: Code, wire: WireField): Json {
  switch (code) {
    case 's':
      return textIn(bytesIn(wire))
    case 'b':
      return numberIn(wire) !== 0
    case 'i':
      return numberIn(wire)
    case 'y':
      return Buffer.from(bytesIn(wire)).toString('base64')
    case 't':
    case 'u':
      return timeIn(bytesIn(wire), code)
    case 'q':
      return textIn(firstIn(bytesIn(wire)))
    case 'o':
      return numberOrTextIn(bytesIn(wire))
    case 'x':
      return jsonIn(firstIn(bytesIn(wire)))
    case 'e':
      return [...fieldsOf(bytesIn(wire))].map((each) => textIn(bytesIn(each)))
    default:
      return messageIn(bytesIn(wire), code.slice(1))
  }
}

function bytesIn(wire: WireField): Uint8Array {
  if (wire.kind !== 'bytes') throw new WireError(`wrong wireType of field ${wire.number}`)
  return wire.value
}

/** Integers of the API stay below 2^53, or they could not be read as JSON by anybody. */
function numberIn(wire: WireField): number {
  if (wire.kind !== 'varint') throw new WireError(`wrong wireType of field ${wire.number}`)
  return Number(BigInt.asIntN(64, wire.value))
}

function textIn(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

/** What a message of one field holds. */
function firstIn(bytes: Uint8Array): Uint8Array {
  for (const wire of fieldsOf(bytes)) if (wire.number === 1) return bytesIn(wire)
  return new Uint8Array()
}

/** `Timestamp`; null for one that is not set. */
function timeIn(bytes: Uint8Array, code: 't' | 'u'): string | null {
  const parts = new Map([...fieldsOf(bytes)].map((wire) => [wire.number, numberIn(wire)]))
  const [seconds = 0, nanos = 0] = [parts.get(1), parts.get(2)]
  if (seconds === 0 && nanos === 0) return null
  const whole = new Date(seconds * 1_000).toISOString().slice(0, 19)
  return code === 't' ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`
}

/** `IntOrString`: its type, the number, the text. */
function numberOrTextIn(bytes: Uint8Array): number | string {
  let value: number | string = 0
  let isText = false
  for (const wire of fieldsOf(bytes)) {
    if (wire.number === 1) isText = numberIn(wire) === 1
    else if (wire.number === 2 && !isText) value = numberIn(wire)
    else if (wire.number === 3 && isText) value = textIn(bytesIn(wire))
  }
  return value
}

function jsonIn(bytes: Uint8Array): Json {
  if (bytes.length === 0) return null
  try {
    return JSON.parse(textIn(bytes)) as Json
  } catch (error) {
    throw Object.assign(badRequest('the body holds an object that is no JSON'), { cause: error })
  }
}
