import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { type ApiError, invalid } from '../apiError.ts'
import { type Decoded, DecodeError, decodeTyped } from '../schema/decode.ts'
import { decodeCustom } from '../schema/decodeCustom.ts'
import { type Body, readBody, strictError } from '../schema/requestBody.ts'
import type { Call } from './machinery.ts'

/** A body as an object of the kind that its path is about, of known fields; refuses another kind, and unknown fields if the client wants that. */
export function decodeBody(call: Call, body: Body): Unstructured {
  const decoded = readBody(body, call.kind)
  return accepted(call, decoded, (problems) => strictError(decoded.object, problems, call.kind))
}

/** A patched object; its mistakes are the patch's, `more` are those of the patch itself. */
export function decodePatched(call: Call, patched: JsonObject, more: readonly string[] = []): Unstructured {
  const refuse = (because: string): ApiError => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(sorted(patched)))}: ${because}`
    return invalid({ group: '', plural: '', kind: '', name: '' }, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  }
  try {
    const { object, problems } = call.kind.prunes ? decodeCustom(patched, call.kind.schema) : decodeTyped(patched, call.kind.schema)
    return accepted(call, { object, problems: [...more, ...problems] }, (all) => refuse(`strict decoding error: ${all.join(', ')}`))
  } catch (error) {
    throw error instanceof DecodeError ? Object.assign(refuse(error.message), { cause: error }) : error
  }
}

function accepted(call: Call, { object, problems }: Decoded, refuse: (problems: readonly string[]) => ApiError): Unstructured {
  if (problems.length > 0 && call.fieldValidation === 'Strict') throw refuse(problems)
  if (call.fieldValidation === 'Warn') for (const problem of problems) call.warn(problem)
  return { ...object, metadata: object['metadata'] ?? {} } as unknown as Unstructured
}

/** Fields are sorted where an object is quoted. */
function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
