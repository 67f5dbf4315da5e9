import { isObject } from '../../json.ts'
import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { type ApiError, invalid } from '../apiError.ts'
import { goText } from '../goText.ts'
import { conversionMessage } from '../schema/conversion.ts'
import { type Decoded, DecodeError, decodeTyped } from '../schema/decode.ts'
import { decodeCustom } from '../schema/decodeCustom.ts'
import { type Body, type ExpectedKind, otherKind, readBody, strictError } from '../schema/requestBody.ts'
import type { Patch } from './fieldMachinery.ts'
import type { Call } from './machinery.ts'

type DecodingCall = Pick<Call, 'fieldValidation' | 'warn'> & { readonly kind: ExpectedKind }

/** A body as an object of the kind that its path is about, of known fields; refuses another kind, and unknown fields if the client wants that. */
export function decodeBody(call: DecodingCall, body: Body): Unstructured {
  const decoded = readBody(body, call.kind)
  if (call.kind.prunes) requireKind(decoded.object, call.kind)
  return accepted(call, decoded, (problems) => strictError(decoded.object, problems, call.kind))
}

/** Of a custom kind nothing is known but its name, and another name is a mistake like others. */
function requireKind({ kind, metadata }: JsonObject, { group, kind: expected }: ExpectedKind): void {
  if (kind === expected) return
  const name = isObject(metadata) ? String(metadata['name'] ?? '') : ''
  const message = `Invalid value: ${JSON.stringify(kind)}: must be ${expected}`
  throw invalid({ group, plural: '', kind: String(kind), name }, [{ field: 'kind', reason: 'FieldValueInvalid', message }])
}

/** A patched object; its mistakes are the patch's. */
export function decodePatched(call: DecodingCall, patched: JsonObject, change: Patch): Unstructured {
  const isStrategic = change.type === 'strategic'
  // The one kind of patch is said as Go prints it, the others by what they make.
  const quoted = JSON.stringify(isStrategic ? goText(change.patch) : JSON.stringify(sorted(patched)))
  const refuse = (because: string): ApiError => {
    const message = `Invalid value: ${quoted}: ${because}`
    return invalid({ group: '', plural: '', kind: '', name: '' }, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  }
  const { kind } = call
  const said = { apiVersion: String(patched['apiVersion']), kind: String(patched['kind']) }
  const other = kind.prunes || isStrategic ? undefined : otherKind(said, kind)
  if (other !== undefined) throw refuse(other)
  try {
    const { object, problems } = kind.prunes ? decodeCustom(patched, kind.schema) : decodeTyped(patched, kind.schema)
    return accepted(call, { object, problems: [...change.problems, ...problems] }, (all) => refuse(`strict decoding error: ${all.join(', ')}`))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const because = isStrategic && error.mismatch !== undefined ? conversionMessage(error.mismatch) : error.message
    throw Object.assign(refuse(because), { cause: error })
  }
}

function accepted(call: DecodingCall, { object, problems }: Decoded, refuse: (problems: readonly string[]) => ApiError): Unstructured {
  if (problems.length > 0 && call.fieldValidation === 'Strict') throw refuse(problems)
  if (call.fieldValidation === 'Warn') for (const problem of problems) call.warn(problem)
  return { ...object, metadata: object['metadata'] ?? {} } as unknown as Unstructured
}

/** Fields are sorted where an object is quoted. */
function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
