import { type Definition, definitions, meta } from './definitions.ts'
import type { Schema } from './schema.ts'

type Writable = { -readonly [key in keyof Schema]: Schema[key] }

const schemas = new Map<string, Schema>()
let names: ReadonlyMap<string, string> | undefined

/** What a built-in kind is made of; throws for a kind that has no definition. The first call for a kind costs about a millisecond. */
export function schemaOf(group: string, version: string, kind: string): Schema {
  const name = definitionOf(group, version, kind)
  if (name === undefined) throw new Error(`no built-in kind ${kind} in ${group === '' ? version : `${group}/${version}`}`)
  return schemaNamed(name)
}

/** The name of a built-in kind's definition: `io.k8s.api.core.v1.Pod`. */
export function definitionOf(group: string, version: string, kind: string): string | undefined {
  names ??= namesByKind()
  return names.get(`${group}/${version}/${kind}`) ?? names.get(`*/${kind}`)
}

/** A definition by its name, `io.k8s.api.core.v1.Container`. Each name has one node, whoever asks. */
export function schemaNamed(name: string): Schema {
  const known = schemas.get(name)
  if (known !== undefined) return known
  const definition = definitions()[name]
  if (definition === undefined) throw new Error(`no definition ${name}`)
  const schema: Writable = { definition: name }
  schemas.set(name, schema)
  fill(schema, definition)
  Object.assign(schema, unsaid[name.slice(name.lastIndexOf('.') + 1)]?.())
  return schema
}

/** What every object's `metadata` is made of. */
export function objectMetaSchema(): Schema {
  return schemaNamed(`${meta}.ObjectMeta`)
}

function namesByKind(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, { 'x-kubernetes-group-version-kind': kinds }] of Object.entries(definitions())) {
    if (kinds === '*') found.set(`*/${name.slice(name.lastIndexOf('.') + 1)}`, name)
    else for (const { group, version, kind } of kinds ?? []) found.set(`${group}/${version}/${kind}`, name)
  }
  return found
}

function schemaFrom(definition: Definition): Schema {
  const { $ref, ...said } = definition
  if ($ref !== undefined && Object.keys(said).length === 0) return schemaNamed($ref)
  const schema: Writable = {}
  if ($ref !== undefined) {
    // A type that contains itself may be half filled here; its properties are one object from the start.
    Object.assign(schema, schemaNamed($ref))
  }
  fill(schema, said)
  return schema
}

/** Properties last, for all else must be there when they come back to this node. */
function fill(schema: Writable, definition: Definition): void {
  const { type, format, required, enum: values, oneOf } = definition
  if (type !== undefined) schema.type = type
  if (format !== undefined) schema.format = format
  if (required !== undefined) schema.required = required
  if (values !== undefined) schema.enum = values
  if (definition.default !== undefined) schema.default = definition.default
  if (oneOf !== undefined) schema.oneOf = oneOf.map(schemaFrom)
  fillExtensions(schema, definition)
  if (definition.items !== undefined) schema.items = schemaFrom(definition.items)
  if (definition.additionalProperties !== undefined) schema.additionalProperties = schemaFrom(definition.additionalProperties)
  if (definition.properties === undefined) return
  const properties: Record<string, Schema> = {}
  schema.properties = properties
  for (const [name, field] of Object.entries(definition.properties)) properties[name] = schemaFrom(field)
}

function fillExtensions(schema: Writable, definition: Definition): void {
  const listType = definition['x-kubernetes-list-type']
  const keys = definition['x-kubernetes-list-map-keys']
  const mapType = definition['x-kubernetes-map-type']
  const mergeKey = definition['x-kubernetes-patch-merge-key']
  const strategy = definition['x-kubernetes-patch-strategy']
  const goType = definition['x-go-type']
  if (goType !== undefined) schema.goType = goType
  if (listType !== undefined) schema.listType = listType
  if (keys !== undefined) schema.listMapKeys = keys
  if (mapType !== undefined) schema.mapType = mapType
  if (mergeKey !== undefined) schema.patchMergeKey = mergeKey
  if (strategy !== undefined) schema.patchStrategy = strategy.split(',')
}

const schemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

/** What OpenAPI does not say of types that read and write themselves. */
const unsaid: Readonly<Record<string, () => Partial<Schema>>> = {
  FieldsV1: () => ({ preserveUnknownFields: true }),
  IntOrString: () => ({ intOrString: true }),
  JSON: () => ({ preserveUnknownFields: true }),
  JSONSchemaPropsOrArray: () => ({ oneOf: [schemaNamed(schemaProps), { type: 'array', items: schemaNamed(schemaProps) }] }),
  JSONSchemaPropsOrBool: () => ({ oneOf: [schemaNamed(schemaProps), { type: 'boolean' }] }),
  JSONSchemaPropsOrStringArray: () => ({ oneOf: [schemaNamed(schemaProps), { type: 'array', items: { type: 'string' } }] }),
  MicroTime: () => ({ format: 'micro-time' }),
  Quantity: () => ({ format: 'quantity' }),
  RawExtension: () => ({ preserveUnknownFields: true }),
}
