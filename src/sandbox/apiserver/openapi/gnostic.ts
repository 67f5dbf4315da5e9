import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { ProtobufWriter } from './protobuf.ts'

/**
 * An OpenAPI v2 document as gnostic's `openapi.v2.Document`, the form in which kubectl reads it. Field numbers are those of openapiv2/OpenAPIv2.proto.
 * What our documents do not say is not written.
 */
export function encodeOpenApiV2(document: JsonObject): Uint8Array {
  const { info, paths, definitions, securityDefinitions } = document as Readonly<Record<string, JsonObject>>
  const to = new ProtobufWriter()
  to.text(1, document['swagger'] as string)
  to.message(2, () => textsAt(to, { title: 1, version: 2 }, info!))
  to.message(8, () => named(to, 2, paths!, pathItem))
  to.message(9, () => named(to, 1, definitions!, schema))
  for (const required of listOf(document['security'])) to.message(12, () => named(to, 1, required as JsonObject, () => undefined))
  to.message(13, () => named(to, 1, securityDefinitions!, apiKey))
  return to.finish()
}

type Write = (to: ProtobufWriter, value: JsonObject) => void

/** Maps are lists of names and values there. */
function named(to: ProtobufWriter, field: number, values: JsonObject, write: Write): void {
  for (const [name, value] of Object.entries(values)) {
    to.message(field, () => {
      to.text(1, name)
      to.message(2, () => write(to, value as JsonObject))
    })
  }
}

function apiKey(to: ProtobufWriter, value: JsonObject): void {
  to.message(2, () => textsAt(to, { type: 1, name: 2, in: 3, description: 4 }, value))
}

const methods = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const

function pathItem(to: ProtobufWriter, value: JsonObject): void {
  for (const [method, field] of Object.entries(methods)) {
    const found = value[method]
    if (isObject(found)) to.message(field, () => operation(to, found))
  }
  for (const each of listOf(value['parameters'])) to.message(9, () => parameter(to, each as JsonObject))
}

function operation(to: ProtobufWriter, value: JsonObject): void {
  listedTexts(to, 1, value['tags'])
  textsAt(to, { description: 3, operationId: 5 }, value)
  listedTexts(to, 6, value['produces'])
  listedTexts(to, 7, value['consumes'])
  for (const each of listOf(value['parameters'])) to.message(8, () => parameter(to, each as JsonObject))
  to.message(9, () => named(to, 1, value['responses'] as JsonObject, (to, response) => to.message(1, () => answer(to, response))))
  listedTexts(to, 10, value['schemes'])
  extensions(to, 13, value)
}

/** Of the body, or not: in the path or in the query, where the same facts have other numbers. */
function parameter(to: ProtobufWriter, value: JsonObject): void {
  const isPath = value['in'] === 'path'
  to.message(1, () => {
    if (value['in'] === 'body') to.message(1, () => bodyParameter(to, value))
    else to.message(2, () => to.message(isPath ? 4 : 3, () => parameterFacts(to, value, isPath)))
  })
}

function bodyParameter(to: ProtobufWriter, value: JsonObject): void {
  textsAt(to, { description: 1, name: 2, in: 3 }, value)
  to.flag(4, value['required'] === true)
  to.message(5, () => schema(to, value['schema'] as JsonObject))
}

function parameterFacts(to: ProtobufWriter, value: JsonObject, isPath: boolean): void {
  to.flag(1, value['required'] === true)
  textsAt(to, { in: 2, description: 3, name: 4, type: isPath ? 5 : 6 }, value)
  to.flag(isPath ? 19 : 20, value['uniqueItems'] === true)
}

function answer(to: ProtobufWriter, value: JsonObject): void {
  const found = value['schema']
  textsAt(to, { description: 1 }, value)
  if (isObject(found)) to.message(2, () => to.message(1, () => schema(to, found)))
}

const texts = { $ref: 1, format: 2, title: 3, description: 4, pattern: 13 } as const
const flags = { exclusiveMaximum: 8, exclusiveMinimum: 10, uniqueItems: 16 } as const
const counts = { maxLength: 11, minLength: 12, maxItems: 14, minItems: 15, maxProperties: 17, minProperties: 18 } as const
const measures = { multipleOf: 6, maximum: 7, minimum: 9 } as const

function schema(to: ProtobufWriter, value: JsonObject): void {
  const { additionalProperties: values, type, items, properties } = value
  textsAt(to, texts, value)
  for (const [key, field] of Object.entries(measures)) to.double(field, value[key] as number | undefined)
  for (const [key, field] of Object.entries(flags)) to.flag(field, value[key] === true)
  for (const [key, field] of Object.entries(counts)) to.whole(field, value[key] as number | undefined)
  listedTexts(to, 19, value['required'])
  for (const each of listOf(value['enum'])) to.message(20, () => any(to, each))
  if (isObject(values)) to.message(21, () => to.message(1, () => schema(to, values)))
  else if (values !== undefined) to.message(21, () => to.flag(2, values === true))
  if (typeof type === 'string') to.message(22, () => to.text(1, type))
  if (isObject(items)) to.message(23, () => to.message(1, () => schema(to, items)))
  if (isObject(properties)) to.message(25, () => named(to, 1, properties, schema))
  extensions(to, 31, value)
}

function extensions(to: ProtobufWriter, field: number, value: JsonObject): void {
  for (const [key, of] of Object.entries(value)) {
    if (!key.startsWith('x-')) continue
    to.message(field, () => {
      to.text(1, key)
      to.message(2, () => any(to, of))
    })
  }
}

/** YAML, of which JSON is a part. */
function any(to: ProtobufWriter, value: Json): void {
  to.text(2, `${JSON.stringify(value)}\n`)
}

function textsAt(to: ProtobufWriter, fields: Readonly<Record<string, number>>, value: JsonObject): void {
  for (const [key, field] of Object.entries(fields)) to.text(field, value[key] as string | undefined)
}

function listedTexts(to: ProtobufWriter, field: number, values: Json | undefined): void {
  for (const value of listOf(values)) to.text(field, value as string)
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : []
}
