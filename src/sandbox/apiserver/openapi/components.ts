import type { Json, JsonObject } from '../../unstructured.ts'
import type { ServedVersion } from '../discovery/served.ts'
import type { Kind } from '../kinds/kind.ts'
import { definitionOf } from '../schema/builtin.ts'
import { type Definition, definitions, type GroupVersionKind, meta } from '../schema/definitions.ts'
import { customKindV3, customListV3 } from './customSchema.ts'
import { customDefinition } from './names.ts'

export type Components = Readonly<Record<string, JsonObject>>

const prefix = '#/components/schemas/'
const always = ['DeleteOptions', 'Patch', 'Status'].map((name) => `${meta}.${name}`)
/** Of documents with built-in kinds. */
const alwaysBuiltin = ['WatchEvent', 'APIResourceList'].map((name) => `${meta}.${name}`)

/** The definition of a kind, or of what a subresource takes. */
export function definitionName(kind: Pick<Kind, 'group' | 'version' | 'kind'>): string {
  return definitionOf(kind.group, kind.version, kind.kind) ?? customDefinition(kind, kind.kind)
}

export function listDefinitionName(kind: Kind): string {
  const list = kind.listKind ?? `${kind.kind}List`
  return definitionOf(kind.group, kind.version, list) ?? customDefinition(kind, list)
}

/** All schemas that the documents of a group and version speak of, by name and in order. */
export function componentsOf({ resources }: ServedVersion): Components {
  const found = new Map<string, JsonObject>()
  const queue = [...always, ...(resources.every(({ kind }) => kind.prunes) ? [] : alwaysBuiltin)]
  for (const { kind, subresources } of resources) {
    if (kind.prunes) addCustom(kind, found, queue)
    else queue.push(definitionName(kind), ...(kind.verbs.includes('list') ? [listDefinitionName(kind)] : []))
    for (const below of subresources) queue.push(definitionName({ ...kind, ...below.kind }))
  }
  for (const name of queue) {
    if (found.has(name) || definitions()[name] === undefined) continue
    const { schema, references } = builtin(name)
    found.set(name, schema)
    queue.push(...references)
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const elsewhere = 'What its fields mean is told at https://kubernetes.io/docs/reference/kubernetes-api/.'

function isKind({ 'x-kubernetes-group-version-kind': kinds }: Definition): boolean {
  return kinds !== undefined && kinds !== '*'
}

function addCustom(kind: Kind, found: Map<string, JsonObject>, queue: string[]): void {
  const list = kind.listKind ?? `${kind.kind}List`
  const name = customDefinition(kind, kind.kind)
  found.set(name, customKindV3(kind.schema, { group: kind.group, kind: kind.kind, version: kind.version }))
  found.set(customDefinition(kind, list), customListV3(name, { group: kind.group, kind: list, version: kind.version }))
  queue.push(`${meta}.ObjectMeta`, `${meta}.ListMeta`)
}

type Builtin = { readonly schema: JsonObject; readonly references: readonly string[] }

const builtins = new Map<string, Builtin>()

/** Made once: the documents of many groups speak of pods. */
function builtin(name: string): Builtin {
  const known = builtins.get(name)
  if (known !== undefined) return known
  const definition = definitions()[name]!
  const { 'x-kubernetes-group-version-kind': kinds } = definition
  const schema = {
    ...openApiV3(definition),
    ...(isKind(definition) && { description: elsewhere }),
    ...(kinds !== undefined && { 'x-kubernetes-group-version-kind': (kinds === '*' ? ofEveryGroup(name) : kinds) as unknown as Json }),
  }
  const made = { schema, references: referencesOf(definition) }
  builtins.set(name, made)
  return made
}

/** Without the fields of ours. */
function openApiV3(definition: Definition): JsonObject {
  const said: Record<string, Json> = {}
  for (const [key, value] of Object.entries(definition)) {
    if (key === 'properties') {
      said[key] = Object.fromEntries(
        Object.entries(value as NonNullable<Definition['properties']>).map(([field, inner]) => [field, openApiV3(inner)]),
      )
    } else if (key === 'items' || key === 'additionalProperties') said[key] = openApiV3(value as Definition)
    else if (key !== '$ref' && key !== 'x-go-type' && key !== 'x-kubernetes-group-version-kind') said[key] = value as Json
  }
  if (definition.$ref === undefined) return said
  const reference = { $ref: `${prefix}${definition.$ref}` }
  return Object.keys(said).length === 0 ? reference : { ...said, allOf: [reference] }
}

/** Of the built-in ones. */
function ofEveryGroup(name: string): readonly GroupVersionKind[] {
  const kind = name.slice(name.lastIndexOf('.') + 1)
  const all = Object.values(definitions()).flatMap(({ 'x-kubernetes-group-version-kind': kinds }) =>
    kinds === undefined || kinds === '*' ? [] : kinds,
  )
  const groupVersions = [...new Set(all.map(({ group, version }) => `${group}/${version}`))].sort()
  return groupVersions.map((text) => ({ group: text.slice(0, text.indexOf('/')), kind, version: text.slice(text.indexOf('/') + 1) }))
}

function referencesOf({ $ref, properties = {}, items, additionalProperties }: Definition): readonly string[] {
  const inner = [
    ...Object.values(properties),
    ...(items === undefined ? [] : [items]),
    ...(additionalProperties === undefined ? [] : [additionalProperties]),
  ]
  return [...($ref === undefined ? [] : [$ref]), ...inner.flatMap(referencesOf)]
}
