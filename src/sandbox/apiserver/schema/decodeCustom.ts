import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { objectMetaSchema } from './builtin.ts'
import { type Decoded, decodeTyped } from './decode.ts'
import type { Schema } from './schema.ts'
import { type Parsed, plain, repeatedFields } from './strictJson.ts'

/**
 * Reads what was sent for a custom kind: fields that its structural schema does not know are dropped, types are left to validation, and `metadata` is read as
 * for any kind, which throws a DecodeError.
 */
export function decodeCustom(value: Parsed, schema: Schema): Decoded {
  const repeated = repeatedFields(value).map((path) => `duplicate field "${path}"`)
  const walk: Walk = { unknown: [], metadata: [] }
  const object = pruneResource(plain(value) as JsonObject, schema, '', walk)
  const [root = [], ...embedded] = walk.metadata
  return { object, problems: [...repeated, ...root, ...walk.unknown.sort(), ...embedded.flat()] }
}

/** What was found on the way: the paths that were dropped, and what is wrong with the metadata of each resource, the outermost first. */
type Walk = { readonly unknown: string[]; readonly metadata: (readonly string[])[] }

/** An object with `metadata` of its own: the whole, or what a schema says is embedded. */
function pruneResource(object: JsonObject, schema: Schema, path: string, walk: Walk): JsonObject {
  const { apiVersion, kind, metadata, ...rest } = object
  const at = join(path, 'metadata')
  const { object: read, problems } = metadata === undefined || metadata === null ? nothing : decodeTyped(metadata, objectMetaSchema(), at)
  walk.metadata.push(problems)
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(metadata !== undefined && { metadata: read }),
    ...pruneFields(rest, schema, path, walk),
  }
}

const nothing: Decoded = { object: {}, problems: [] }

function prune(value: Json, schema: Schema, path: string, walk: Walk): Json {
  if (isObject(value)) return schema.embeddedResource ? pruneResource(value, schema, path, walk) : pruneFields(value, schema, path, walk)
  if (isList(value) && schema.items !== undefined) {
    const { items } = schema
    return value.map((element, index) => prune(element, items, `${path}[${index}]`, walk))
  }
  return value
}

function pruneFields(object: JsonObject, schema: Schema, path: string, walk: Walk): JsonObject {
  const kept: [string, Json][] = []
  for (const [key, value] of Object.entries(object)) {
    const below = join(path, key)
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : schema.additionalProperties
    if (known !== undefined) kept.push([key, known === true ? value : prune(value, known, below, walk)])
    else if (schema.preserveUnknownFields) kept.push([key, value])
    else walk.unknown.push(`unknown field "${below}"`)
  }
  return Object.fromEntries(kept)
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
