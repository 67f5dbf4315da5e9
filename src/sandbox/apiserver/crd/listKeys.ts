import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { duplicate, invalid } from '../fieldErrors.ts'
import type { Schema } from '../schema/schema.ts'

/** Elements that are twice in a list that is a set, or have one key in a list that is a map. */
export function repeatedElements(value: Json, schema: Schema, path = ''): readonly FieldError[] {
  if (isList(value)) {
    const own = schema.listType === 'set' ? repeatedIn(value, value, path) : schema.listType === 'map' ? repeatedKeys(value, schema, path) : []
    const { items } = schema
    return items === undefined ? own : [...own, ...value.flatMap((element, index) => repeatedElements(element, items, `${path}[${index}]`))]
  }
  if (!isObject(value)) return []
  const { properties = {}, additionalProperties } = schema
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known !== undefined) return repeatedElements(inner, known, path === '' ? name : `${path}.${name}`)
    return additionalProperties === undefined || additionalProperties === true
      ? []
      : repeatedElements(inner, additionalProperties, `${path}[${name}]`)
  })
}

function repeatedKeys(list: readonly Json[], { listMapKeys = [] }: Schema, path: string): readonly FieldError[] {
  const odd = list.findIndex((element) => element !== null && !isObject(element))
  if (odd >= 0) return [invalid(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')]
  const keys = list.map((element) => {
    const fields = isObject(element) ? element : {}
    return Object.fromEntries(listMapKeys.filter((key) => Object.hasOwn(fields, key)).map((key) => [key, fields[key] ?? null]))
  })
  return repeatedIn(keys, keys, path)
}

/** Each value is told once, where it comes for the second time. */
function repeatedIn(values: readonly Json[], shown: readonly Json[], path: string): readonly FieldError[] {
  const counts = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = JSON.stringify(value)
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    return count === 2 ? [duplicate(`${path}[${index}]`, shown[index] ?? null)] : []
  })
}
