import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { objectMetaSchema } from '../schema/builtin.ts'
import type { CelRule, Schema, ValueRules } from '../schema/schema.ts'

type Writable<T> = { -readonly [key in keyof T]: T[key] }

/** The model of a custom kind from what its definition says (`openAPIV3Schema`), with what every object has. */
export function customSchema(written: JsonObject | undefined): Schema {
  const schema = schemaFrom(written ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })
  return { ...schema, properties: { ...schema.properties, ...head() } }
}

const text: Schema = { type: 'string' }

function head(): Readonly<Record<string, Schema>> {
  return { apiVersion: text, kind: text, metadata: objectMetaSchema() }
}

export function schemaFrom(written: JsonObject): Schema {
  const schema: Writable<Schema> = {}
  const { type, description, format, required, default: byDefault, additionalProperties, items, properties } = written
  if (typeof type === 'string' && type !== '' && !isTrue(written, 'x-kubernetes-int-or-string')) schema.type = type as NonNullable<Schema['type']>
  if (typeof description === 'string') schema.description = description
  if (typeof format === 'string') schema.format = format
  if (isList(required)) schema.required = required as readonly string[]
  if (isList(written['enum'])) schema.enum = written['enum']
  if (byDefault !== undefined) schema.default = byDefault
  if (isTrue(written, 'nullable')) schema.nullable = true
  if (isObject(properties)) schema.properties = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, nested(field)]))
  if (isObject(additionalProperties)) schema.additionalProperties = nested(additionalProperties)
  else if (additionalProperties === true) schema.additionalProperties = true
  if (isObject(items)) schema.items = nested(items)
  fillExtensions(schema, written)
  const rules = rulesFrom(written)
  if (Object.keys(rules).length > 0) schema.rules = rules
  if (schema.embeddedResource) schema.properties = { ...schema.properties, ...head() }
  return schema
}

function nested(written: Json): Schema {
  return isObject(written) ? schemaFrom(written) : {}
}

function isTrue(written: JsonObject, field: string): boolean {
  return written[field] === true
}

function fillExtensions(schema: Writable<Schema>, written: JsonObject): void {
  if (isTrue(written, 'x-kubernetes-int-or-string')) schema.intOrString = true
  if (isTrue(written, 'x-kubernetes-preserve-unknown-fields')) schema.preserveUnknownFields = true
  if (isTrue(written, 'x-kubernetes-embedded-resource')) schema.embeddedResource = true
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': keys, 'x-kubernetes-map-type': mapType } = written
  if (listType === 'atomic' || listType === 'set' || listType === 'map') schema.listType = listType
  if (isList(keys)) schema.listMapKeys = keys as readonly string[]
  if (mapType === 'atomic' || mapType === 'granular') schema.mapType = mapType
}

const numbers = ['minimum', 'maximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'] as const
const flags = ['exclusiveMinimum', 'exclusiveMaximum', 'uniqueItems'] as const
const junctors = ['allOf', 'anyOf', 'oneOf'] as const

function rulesFrom(written: JsonObject): ValueRules {
  const rules: Writable<ValueRules> = {}
  for (const name of numbers) {
    const value = written[name]
    if (typeof value === 'number') rules[name] = value
  }
  for (const name of flags) if (isTrue(written, name)) rules[name] = true
  for (const name of junctors) {
    const schemas = written[name]
    if (isList(schemas) && schemas.length > 0) rules[name] = schemas.map(nested)
  }
  const { pattern, not, 'x-kubernetes-validations': validations } = written
  if (typeof pattern === 'string' && pattern !== '') rules.pattern = pattern
  if (isObject(not)) rules.not = schemaFrom(not)
  if (isList(validations) && validations.length > 0) rules.validations = validations as unknown as readonly CelRule[]
  return rules
}
