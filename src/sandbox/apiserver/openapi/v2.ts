import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { Components } from './components.ts'
import type { Paths } from './paths.ts'

/** A document of all groups and versions, for clients that do not know the third version of OpenAPI (kubectl before 1.27). */
export function openApiV2(documents: readonly { readonly components: Components; readonly paths: Paths }[], info: JsonObject): JsonObject {
  const components = Object.assign({}, ...documents.map(({ components }) => components)) as Components
  const paths = Object.assign({}, ...documents.map(({ paths }) => paths)) as Paths
  return {
    swagger: '2.0',
    info,
    paths: mapped(sorted(paths), (item) => pathItemV2(item as JsonObject)),
    definitions: Object.fromEntries(Object.entries(sorted(components)).map(([name, schema]) => [name, definitionV2(name, schema as JsonObject)])),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  }
}

function definitionV2(name: string, schema: JsonObject): JsonObject {
  if (name === 'io.k8s.apimachinery.pkg.api.resource.Quantity') return { type: 'string' }
  if (name === 'io.k8s.apimachinery.pkg.util.intstr.IntOrString') return { type: 'string', format: 'int-or-string' }
  return schemaV2(schema)
}

const unknownToV2 = ['default', 'nullable', 'anyOf', 'oneOf', 'not']

/** Without what the second version cannot say; a value of several types has none. */
export function schemaV2(schema: JsonObject): JsonObject {
  const { allOf, properties, items, additionalProperties, $ref, ...rest } = schema
  const [only] = isList(allOf) ? allOf : []
  const reference = $ref ?? (isObject(only) ? only['$ref'] : undefined)
  const isAnything = schema['nullable'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  const said = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !unknownToV2.includes(key) && !(isAnything && (key === 'type' || key === 'required'))),
  )
  return {
    ...said,
    ...(typeof reference === 'string' && { $ref: referenceV2(reference) }),
    ...(isObject(properties) && !isAnything && { properties: mapped(properties, (field) => schemaV2(field as JsonObject)) }),
    ...(isObject(items) && !isAnything && { items: schemaV2(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: isObject(additionalProperties) ? schemaV2(additionalProperties) : additionalProperties,
    }),
  }
}

function referenceV2(reference: string): string {
  return reference.replace('#/components/schemas/', '#/definitions/')
}

function pathItemV2({ parameters, ...operations }: JsonObject): JsonObject {
  return {
    ...mapped(operations, (operation) => operationV2(operation as JsonObject)),
    ...(isList(parameters) && { parameters: parameters.map((parameter) => parameterV2(parameter as JsonObject)) }),
  }
}

function operationV2({ parameters, requestBody, responses, ...rest }: JsonObject): JsonObject {
  const { content, required } = (requestBody ?? {}) as { readonly content?: JsonObject; readonly required?: boolean }
  const answers = Object.values(responses as JsonObject) as readonly { readonly content?: JsonObject }[]
  const produces = Object.keys(answers[0]?.content ?? {})
  const body = content === undefined ? [] : [{ name: 'body', in: 'body', ...(required && { required }), schema: schemaOf(content) }]
  return {
    ...rest,
    ...(content !== undefined && { consumes: patchTypesFirst(Object.keys(content)) }),
    produces,
    schemes: ['https'],
    parameters: [...body, ...((parameters ?? []) as readonly JsonObject[]).map(parameterV2)],
    responses: mapped(responses as JsonObject, (response) => responseV2(response as { description: string; content?: JsonObject })),
  }
}

/** The first is what a client takes that does not care: never an apply. */
function patchTypesFirst(types: readonly string[]): readonly string[] {
  return types.toSorted((a, b) => Number(a.includes('apply')) - Number(b.includes('apply')))
}

function responseV2({ description, content }: { readonly description: string; readonly content?: JsonObject }): JsonObject {
  return { description, ...(content !== undefined && { schema: schemaOf(content) }) }
}

function schemaOf(content: JsonObject): JsonObject {
  const [first] = Object.values(content) as unknown as readonly { readonly schema: JsonObject }[]
  return schemaV2(first!.schema)
}

function parameterV2({ schema, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...(schema as JsonObject) }
}

function mapped(object: JsonObject, map: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}

function sorted(object: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
