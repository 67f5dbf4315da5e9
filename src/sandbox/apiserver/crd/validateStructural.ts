import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { forbidden, invalid, required } from '../fieldErrors.ts'
import { goRegex } from './patterns.ts'

type Level = 'root' | 'item' | 'field'

const emptyTypes: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

/** What keeps a schema from being structural: from saying of each field what type it has, in one place. Sorted, as the real server has it. */
export function structuralErrors(schema: JsonObject, path: string): readonly FieldError[] {
  return [...invariants(schema, 'root', path), ...incomplete(schema, schema, { path, at: path })].toSorted((a, b) =>
    `${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1,
  )
}

function objectIn(schema: JsonObject, field: string): JsonObject | undefined {
  const value = schema[field]
  return isObject(value) ? value : undefined
}

function textIn(schema: JsonObject, field: string): string {
  const value = schema[field]
  return typeof value === 'string' ? value : ''
}

function* invariants(schema: JsonObject, level: Level, path: string): Iterable<FieldError> {
  const type = textIn(schema, 'type')
  const { 'x-kubernetes-int-or-string': intOrString = false, 'x-kubernetes-preserve-unknown-fields': keepsAll = false } = schema
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const [items, properties, values] = ['items', 'properties', 'additionalProperties'].map((field) => objectIn(schema, field))
  if (type === 'array' && items === undefined) yield required(`${path}.items`, 'must be specified')
  if (items !== undefined) yield* invariants(items, 'item', `${path}.items`)
  for (const [name, inner] of Object.entries(properties ?? {})) if (isObject(inner)) yield* invariants(inner, 'field', `${path}.properties[${name}]`)
  if (schema['additionalProperties'] !== undefined && level === 'root')
    yield forbidden(`${path}.additionalProperties`, 'must not be used at the root')
  if (values !== undefined) yield* invariants(values, 'field', `${path}.additionalProperties`)
  if (intOrString && keepsAll)
    yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true')
  if (intOrString && isEmbedded) yield invalid(`${path}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true')
  yield* valueRules(schema, path, { skipsAnyOf: isIntOrString(schema['anyOf']), skipsFirst: isIntOrStringFirst(schema['allOf']) })
  if (isEmbedded && type !== 'object') {
    const because = 'must be object if x-kubernetes-embedded-resource is true'
    yield type === '' ? required(`${path}.type`, because) : invalid(`${path}.type`, type, because)
  } else if (type === '' && !intOrString && !keepsAll) yield required(`${path}.type`, emptyTypes[level])
  if (isEmbedded && schema['additionalProperties'] !== undefined)
    yield forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set')
  if (level === 'root' && type !== '' && type !== 'object') yield invalid(`${path}.type`, type, 'must be object at the root')
  yield* headRules(properties ?? {}, level, { path, isResource: level === 'root' || isEmbedded })
  if (isEmbedded && !keepsAll && Object.keys(properties ?? {}).length === 0)
    yield required(`${path}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields')
}

/** What every object has may be narrowed in its names only. */
function* headRules(
  properties: JsonObject,
  level: Level,
  { path, isResource }: { readonly path: string; readonly isResource: boolean },
): Iterable<FieldError> {
  if (!isResource) return
  for (const name of ['kind', 'apiVersion']) {
    const inner = objectIn(properties, name)
    if (inner !== undefined && inner['type'] !== 'string') yield invalid(`${path}.properties[${name}].type`, textIn(inner, 'type'), 'must be string')
  }
  const metadata = objectIn(properties, 'metadata')
  if (metadata === undefined) return
  const at = `${path}.properties[metadata]`
  if (metadata['type'] !== 'object') yield invalid(`${at}.type`, textIn(metadata, 'type'), 'must be object')
  if (level !== 'root') return
  const named = Object.keys(objectIn(metadata, 'properties') ?? {})
  const others = Object.keys(metadata).filter((field) => !['type', 'properties', 'default'].includes(field))
  if (others.length > 0 || named.some((name) => name !== 'name' && name !== 'generateName'))
    yield forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified')
}

function isIntOrString(anyOf: Json | undefined): boolean {
  return JSON.stringify(anyOf) === '[{"type":"integer"},{"type":"string"}]'
}

function isIntOrStringFirst(allOf: Json | undefined): boolean {
  const first = isList(allOf) ? allOf[0] : undefined
  return isObject(first) && isIntOrString(first['anyOf'])
}

type Skips = { readonly skipsAnyOf: boolean; readonly skipsFirst: boolean }
const noSkips: Skips = { skipsAnyOf: false, skipsFirst: false }

function* valueRules(schema: JsonObject, path: string, { skipsAnyOf, skipsFirst }: Skips): Iterable<FieldError> {
  for (const junctor of ['anyOf', 'allOf', 'oneOf'] as const) {
    const list = schema[junctor]
    if (!isList(list) || (junctor === 'anyOf' && skipsAnyOf)) continue
    for (const [index, inner] of list.entries())
      if (isObject(inner))
        yield* nested(inner, `${path}.${junctor}[${index}]`, { skipsAnyOf: junctor === 'allOf' && index === 0 && skipsFirst, skipsFirst: false })
  }
  const not = objectIn(schema, 'not')
  if (not !== undefined) yield* nested(not, `${path}.not`, noSkips)
  const pattern = textIn(schema, 'pattern')
  if (pattern === '') return
  try {
    goRegex(pattern)
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    yield invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${cause.message}`)
  }
}

/** Within a junctor only values may be judged. */
const structure: readonly (readonly [field: string, must: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function* nested(schema: JsonObject, path: string, skips: Skips): Iterable<FieldError> {
  yield* valueRules(schema, path, skips)
  const items = objectIn(schema, 'items')
  if (items !== undefined) yield* nested(items, `${path}.items`, noSkips)
  const properties = objectIn(schema, 'properties') ?? {}
  for (const [name, inner] of Object.entries(properties)) if (isObject(inner)) yield* nested(inner, `${path}.properties[${name}]`, noSkips)
  for (const [field, must] of structure) if (schema[field] !== undefined && schema[field] !== false) yield forbidden(`${path}.${field}`, must)
  if (properties['metadata'] !== undefined) yield forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context')
}

type Both = { readonly path: string; readonly at: string }

/** What a junctor judges must be said outside of it, too. */
function* incomplete(judged: JsonObject, said: JsonObject | undefined, { path, at }: Both): Iterable<FieldError> {
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = judged[junctor]
    if (isList(list))
      for (const [index, inner] of list.entries()) if (isObject(inner)) yield* missing(inner, said, { path, at: `${at}.${junctor}[${index}]` })
  }
  const not = objectIn(judged, 'not')
  if (not !== undefined) yield* missing(not, said, { path, at: `${at}.not` })
}

function* missing(judged: JsonObject, said: JsonObject | undefined, { path, at }: Both): Iterable<FieldError> {
  if (said === undefined) {
    yield required(path, `because it is defined in ${at}`)
    return
  }
  yield* incomplete(judged, said, { path, at })
  const items = objectIn(judged, 'items')
  if (items !== undefined) yield* missing(items, objectIn(said, 'items'), { path: `${path}.items`, at: `${at}.items` })
  for (const [name, inner] of Object.entries(objectIn(judged, 'properties') ?? {})) {
    const field = objectIn(objectIn(said, 'properties') ?? {}, name)
    if (isObject(inner)) yield* missing(inner, field, { path: `${path}.properties[${name}]`, at: `${at}.properties[${name}]` })
  }
}
