import type { Definition } from '../../src/sandbox/apiserver/schema/definitions.ts'
import type { Definitions } from './compact.ts'
import type { Server } from './server.ts'

/** Where a definition occurs first: in objects of which kind, and how one gets there; `[]` is an element, `{}` a map's value. */
type Place = { readonly resource: Resource; readonly path: readonly string[] }
type Resource = { readonly url: string; readonly apiVersion: string; readonly kind: string }
type ResourceList = {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly verbs: readonly string[] }[]
}

/** Types with a notation of their own: they say other things of what they cannot read. */
const selfReading = /\.(Quantity|IntOrString|Time|MicroTime|RawExtension|FieldsV1|JSON|JSONSchemaPropsOr\w+)$/

/**
 * OpenAPI knows strings, the server's messages know `v1.Protocol`: puts a wrong value into each field there is and reads from the refusal what the field's Go
 * type is. Fields whose type has a name that nothing else tells get it as `x-go-type`.
 */
export async function withGoTypes(definitions: Definitions, groupVersions: readonly string[], server: Server): Promise<Definitions> {
  const places = await placesOf(definitions, groupVersions, server)
  const result: Record<string, Definition> = { ...definitions }
  for (const [name, place] of places) {
    const properties: Record<string, Definition> = {}
    for (const [field, node] of Object.entries(definitions[name]?.properties ?? {}))
      properties[field] = await named(node, { ...place, path: [...place.path, field] }, server)
    result[name] = { ...definitions[name], properties }
  }
  return result
}

async function named(node: Definition, place: Place, server: Server): Promise<Definition> {
  if (node.$ref !== undefined || (place.path.length === 1 && /^(apiVersion|kind)$/.test(place.path[0]!))) return node
  const items = node.items && (await named(node.items, { ...place, path: [...place.path, '[]'] }, server))
  const values = node.additionalProperties && (await named(node.additionalProperties, { ...place, path: [...place.path, '{}'] }, server))
  const inner = { ...node, ...(items && { items }), ...(values && { additionalProperties: values }) }
  const goType = await ask(place, node, server)
  return goType === undefined || goType === typeOf(inner) ? inner : { ...inner, 'x-go-type': goType }
}

async function ask({ resource, path }: Place, node: Definition, server: Server): Promise<string | undefined> {
  const wrong = node.type === 'boolean' ? 'x' : true
  const value = path.reduceRight<unknown>((value, step) => (step === '[]' ? [value] : { [step === '{}' ? 'key' : step]: value }), wrong)
  const body = { apiVersion: resource.apiVersion, kind: resource.kind, ...(value as object) }
  return /cannot unmarshal \w+ into Go .* of type (.*)$/.exec(await server.messageFor(resource.url, body))?.[1]
}

function typeOf(node: Definition): string {
  if (node['x-go-type'] !== undefined) return node['x-go-type']
  if (node.$ref !== undefined) return node.$ref.split('.').slice(-2).join('.')
  if (node.format === 'byte') return '[]uint8'
  if (node.type === 'array') return `[]${typeOf(node.items!)}`
  if (node.type === 'object') return `map[string]${typeOf(node.additionalProperties!)}`
  if (node.type === 'integer') return node.format ?? 'int64'
  return node.type === 'boolean' ? 'bool' : node.type === 'number' ? 'float64' : 'string'
}

async function placesOf(definitions: Definitions, groupVersions: readonly string[], server: Server): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>()
  const queue: (readonly [string, Place])[] = []
  for (const resource of await resourcesOf(groupVersions, server)) {
    const [group, version] = resource.apiVersion.includes('/') ? resource.apiVersion.split('/') : ['', resource.apiVersion]
    const wanted = JSON.stringify([{ group, kind: resource.kind, version }])
    const name = Object.keys(definitions).find((name) => JSON.stringify(definitions[name]?.['x-kubernetes-group-version-kind']) === wanted)
    if (name !== undefined) queue.push([name, { resource, path: [] }])
  }
  for (const [name, place] of queue) {
    if (places.has(name) || selfReading.test(name)) continue
    places.set(name, place)
    for (const [field, node] of Object.entries(definitions[name]?.properties ?? {}))
      for (const [inner, steps] of references(node)) queue.push([inner, { ...place, path: [...place.path, field, ...steps] }])
  }
  return places
}

function references(node: Definition): readonly (readonly [string, readonly string[]])[] {
  if (node.$ref !== undefined) return [[node.$ref, []]]
  const below = (step: string, inner: Definition | undefined) =>
    inner === undefined ? [] : references(inner).map(([name, steps]) => [name, [step, ...steps]] as const)
  return [...below('[]', node.items), ...below('{}', node.additionalProperties)]
}

async function resourcesOf(groupVersions: readonly string[], server: Server): Promise<readonly Resource[]> {
  const found: Resource[] = []
  for (const path of groupVersions) {
    const { resources } = await server.get<ResourceList>(`/${path}`)
    for (const { name, kind, namespaced, verbs } of resources)
      if (verbs.includes('create') && !name.includes('/'))
        found.push({ url: `/${path}${namespaced ? '/namespaces/default' : ''}/${name}`, apiVersion: path.replace(/^apis?\//, ''), kind })
  }
  return found
}
