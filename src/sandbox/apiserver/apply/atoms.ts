import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { keyElement, type PathElement, valueElement } from './pathElement.ts'

/** What a place in an object is to server-side apply. */
export type Atom =
  | { readonly kind: 'scalar'; readonly of: 'any' | 'boolean' | 'numeric' | 'string' }
  | { readonly kind: 'list'; readonly isAtomic: boolean; readonly keys: readonly string[]; readonly elements: Schema }
  | { readonly kind: 'map'; readonly isAtomic: boolean; readonly schema: Schema }

/** Any value; maps in it are merged by key, lists are not. */
const deduced: Schema = { preserveUnknownFields: true }

/** What the value is by its schema; where that leaves it open, by what it looks like. `undefined`, which is no value, leaves it open as well. */
export function atomOf(schema: Schema, value: Json | undefined): Atom {
  const type = typeOf(schema)
  if (type === 'object') return mapAtom(schema)
  if (type === 'array') return listAtom(schema)
  if (type !== undefined) return { kind: 'scalar', of: scalarOf(schema) }
  if (isList(value)) return listAtom(schema)
  return value === undefined || value === null || isObject(value) ? mapAtom(schema) : { kind: 'scalar', of: 'any' }
}

function typeOf(schema: Schema): Schema['type'] {
  if (schema.format === 'quantity') return 'string'
  if (schema.intOrString || schema.type !== undefined) return schema.type
  return schema.properties === undefined ? undefined : 'object'
}

function scalarOf({ type, format, intOrString }: Schema): 'any' | 'boolean' | 'numeric' | 'string' {
  if (intOrString) return 'any'
  if (type === 'boolean') return 'boolean'
  if (type === 'integer' || type === 'number') return 'numeric'
  return format === undefined || format === 'byte' ? 'string' : 'any'
}

function mapAtom(schema: Schema): Atom {
  return { kind: 'map', isAtomic: schema.mapType === 'atomic' || isRawExtension(schema), schema }
}

function listAtom(schema: Schema): Atom {
  const elements = schema.items ?? deduced
  if (schema.listType !== undefined) {
    return { kind: 'list', isAtomic: schema.listType === 'atomic', keys: schema.listMapKeys ?? [], elements }
  }
  const isMerged = schema.patchStrategy?.includes('merge') ?? false
  return { kind: 'list', isAtomic: !isMerged, keys: schema.patchMergeKey === undefined ? [] : [schema.patchMergeKey], elements }
}

function isRawExtension({ definition }: Schema): boolean {
  return definition?.endsWith('.RawExtension') ?? false
}

export function sameAtom(a: Atom, b: Atom): boolean {
  return a.kind === b.kind
}

/** The schema of a field; undefined where there is no room for one of that name. */
export function fieldSchema(schema: Schema, name: string): Schema | undefined {
  const { properties, additionalProperties, preserveUnknownFields } = schema
  const own = declaredField(schema, name)
  if (own !== undefined) return own
  if (additionalProperties !== undefined) return additionalProperties === true ? deduced : additionalProperties
  return preserveUnknownFields || properties === undefined ? deduced : undefined
}

/** The schema of a field that the schema names; not of a map's values. */
export function declaredField({ properties }: Schema, name: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** How an element of a list is found; a text where it cannot be. */
export function elementOf(atom: Extract<Atom, { readonly kind: 'list' }>, element: Json): PathElement | { readonly mistake: string } {
  if (atom.keys.length === 0) return setElementOf(element)
  if (element === null) return { mistake: 'associative list with keys may not have a null element' }
  if (!isObject(element)) return { mistake: 'associative list with keys may not have non-map elements' }
  const keys = new Map<string, Json>()
  for (const name of atom.keys) {
    const value = Object.hasOwn(element, name) ? element[name] : declaredField(atom.elements, name)?.default
    if (value !== undefined) keys.set(name, value)
  }
  if (keys.size > 0) return keyElement(keys)
  const named = atom.keys.map((name) => JSON.stringify(name)).join(' ')
  return {
    mistake: `associative list with keys has an element that omits all key fields [${named}] (and doesn't have default values for any key fields)`,
  }
}

function setElementOf(element: Json): PathElement | { readonly mistake: string } {
  if (isObject(element)) return { mistake: "associative list without keys has an element that's a map type" }
  if (isList(element)) return { mistake: 'not supported: associative list with lists as elements' }
  if (element === null) return { mistake: "associative list without keys has an element that's an explicit null" }
  return valueElement(element)
}
