import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { Schema } from './schema.ts'

/**
 * An object of a custom kind with what its structural schema gives where nothing is said. A null that the schema does not allow counts as nothing said: it gets
 * the default, or is left out. What needs no change is the same value as before.
 */
export function applyDefaults<T extends Json>(value: T, schema: Schema): T {
  return filled(value, schema) as T
}

function filled(value: Json, schema: Schema): Json {
  if (isObject(value)) return filledObject(value, schema)
  if (!isList(value) || schema.items === undefined) return value
  const { items } = schema
  const elements = value.map((element) => filled(element === null ? (unsaid(items) ?? null) : element, items))
  return elements.some((element, index) => element !== value[index]) ? elements : value
}

function filledObject(object: JsonObject, schema: Schema): JsonObject {
  const properties = schema.properties ?? {}
  const entries: [string, Json][] = []
  let changed = false
  for (const [key, value] of Object.entries(object)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties
    const said = known === undefined || known === true || value !== null || known.nullable ? value : unsaid(known)
    const result = said === undefined || known === undefined || known === true ? said : filled(said, known)
    changed ||= result !== value
    if (result !== undefined) entries.push([key, result])
  }
  for (const [key, property] of Object.entries(properties)) {
    if (property.default === undefined || Object.hasOwn(object, key)) continue
    changed = true
    entries.push([key, filled(property.default, property)])
  }
  return changed ? Object.fromEntries(entries) : object
}

/** What a null stands for where it may not be; undefined: for nothing. */
function unsaid(schema: Schema): Json | undefined {
  return schema.nullable ? null : schema.default
}
