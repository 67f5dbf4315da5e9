import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import { jsonType } from '../goText.ts'

/**
 * RFC 7396, with the one liberty of the real server: where a list takes the place of an object, nulls within its elements stay. What the patch does not name is
 * shared with `target`.
 */
export function applyMergePatch(target: JsonObject, patch: Json): JsonObject {
  if (patch === null) throw badRequest('Invalid JSON Patch')
  if (!isObject(patch))
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`)
  return mergeObjects(target, patch)
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, merge(merged.get(key) ?? null, value))
  }
  return Object.fromEntries(merged)
}

function merge(target: Json, patch: Json): Json {
  if (!isObject(target)) return withoutNulls(patch)
  return isObject(patch) ? mergeObjects(target, patch) : patch
}

/** Without the nulls that stand for a removal; those that are elements of a list are values. */
function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  )
}
