import type { Json, JsonObject } from '../../unstructured.ts'
import { meta } from '../schema/definitions.ts'
import type { Schema, ValueRules } from '../schema/schema.ts'

const prefix = '#/components/schemas/'

/** A structural schema as OpenAPI v3 has it. */
export function openApiV3Of(schema: Schema): JsonObject {
  const { required = [] } = schema
  const fields = schema.embeddedResource ? resourceFields(schema, ['kind', 'apiVersion', ...required]) : fieldsOf(schema)
  return { ...facts(schema), ...fields, ...extensions(schema) }
}

/** A custom kind: with what every object has. */
export function customKindV3(schema: Schema, gvk: JsonObject): JsonObject {
  const { required = [] } = schema
  return { ...facts(schema), ...resourceFields(schema, required), ...extensions(schema), 'x-kubernetes-group-version-kind': [gvk] }
}

/** The list of a custom kind. */
export function customListV3(definition: string, gvk: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: apiVersionText },
      items: { type: 'array', items: { $ref: `${prefix}${definition}` } },
      kind: { type: 'string', description: kindText },
      metadata: { description: 'What is said of the list as a whole.', allOf: [{ $ref: `${prefix}${meta}.ListMeta` }] },
    },
    'x-kubernetes-group-version-kind': [gvk],
  }
}

const apiVersionText = 'The group and version of the schema that this object follows.'
const kindText = 'The name of the kind that this object is of.'
const metadataText = 'What every object has: its name, labels, annotations, owners.'

function resourceFields(schema: Schema, required: readonly string[]): JsonObject {
  const own = Object.entries(schema.properties ?? {}).filter(([name]) => !['apiVersion', 'kind', 'metadata'].includes(name))
  return {
    ...(required.length > 0 && { required }),
    properties: {
      apiVersion: { type: 'string', description: apiVersionText },
      kind: { type: 'string', description: kindText },
      metadata: { description: metadataText, allOf: [{ $ref: `${prefix}${meta}.ObjectMeta` }] },
      ...Object.fromEntries(own.map(([name, field]) => [name, openApiV3Of(field)])),
    },
  }
}

function fieldsOf({ properties, required }: Schema): JsonObject {
  return {
    ...(required !== undefined && { required }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, openApiV3Of(field)])),
    }),
  }
}

function facts(schema: Schema): JsonObject {
  const { type, description, format, nullable, items, additionalProperties, rules } = schema
  return {
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...(format !== undefined && !schema.intOrString && { format }),
    ...(nullable && { nullable }),
    ...(schema.default !== undefined && { default: schema.default }),
    ...(schema.enum !== undefined && { enum: schema.enum }),
    ...(items !== undefined && { items: openApiV3Of(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: additionalProperties === true ? true : openApiV3Of(additionalProperties) }),
    ...(schema.intOrString && { anyOf: [{ type: 'integer' }, { type: 'string' }] }),
    ...(rules !== undefined && rulesOf(rules)),
  }
}

function rulesOf({ allOf, anyOf, oneOf, not, validations, ...values }: ValueRules): JsonObject {
  return {
    ...(values as JsonObject),
    ...(allOf !== undefined && { allOf: allOf.map(openApiV3Of) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(openApiV3Of) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(openApiV3Of) }),
    ...(not !== undefined && { not: openApiV3Of(not) }),
    ...(validations !== undefined && { 'x-kubernetes-validations': validations as unknown as Json }),
  }
}

function extensions(schema: Schema): JsonObject {
  return {
    ...(schema.listType !== undefined && { 'x-kubernetes-list-type': schema.listType }),
    ...(schema.listMapKeys !== undefined && { 'x-kubernetes-list-map-keys': schema.listMapKeys }),
    ...(schema.mapType !== undefined && { 'x-kubernetes-map-type': schema.mapType }),
    ...(schema.intOrString && { 'x-kubernetes-int-or-string': true }),
    ...(schema.preserveUnknownFields && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(schema.embeddedResource && { 'x-kubernetes-embedded-resource': true }),
  }
}
