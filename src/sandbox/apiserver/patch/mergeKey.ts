import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { ApiError } from '../apiError.ts'
import { goText, goType } from '../goText.ts'

/** The field by which elements of a list are told apart; '' for scalars, which are their own key. */
export type MergeKey = string

/** A strategic patch that makes no sense: the real server takes that for a fault of its own. */
export function patchFault(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message })
}

export function keyOf(element: Json, mergeKey: MergeKey): Json {
  if (mergeKey === '') return element
  const fields = requireObject(element)
  const key = Object.hasOwn(fields, mergeKey) ? fields[mergeKey] : undefined
  if (key === undefined) throw patchFault(`map: ${goText(fields)} does not contain declared merge key: ${mergeKey}`)
  return key
}

export function requireObject(value: Json): JsonObject {
  if (!isObject(value)) throw patchFault(`expected a map[string]interface {}, but received a ${goType(value)}`)
  return value
}
