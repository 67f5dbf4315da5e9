import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { atomOf, declaredField, elementOf, fieldSchema } from './atoms.ts'
import { below, type FieldSet, hasField, isEmptySet } from './fieldSet.ts'
import { fieldElement, fieldNameOf } from './pathElement.ts'

/** The value without these fields; what is atomic stays unless it is named itself. A map or list of which nothing is left is null. */
export function removeFields(value: Json, fields: FieldSet, schema: Schema): Json {
  if (isEmptySet(fields)) return value
  const atom = atomOf(schema, value)
  if (atom.kind === 'scalar') return value
  if (atom.isAtomic) return null
  if (atom.kind === 'list') {
    if (!isList(value)) return null
    const kept = value.flatMap((inner) => {
      const element = elementOf(atom, inner)
      if (typeof element !== 'string') return [inner]
      if (hasField(fields, [element])) return []
      return [removeFields(inner, below(fields, element), atom.elements)]
    })
    return kept.length === 0 ? null : kept
  }
  if (!isObject(value)) return null
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const element = fieldElement(name)
    if (hasField(fields, [element])) return []
    const field = fieldSchema(atom.schema, name)
    return [[name, field === undefined ? inner : removeFields(inner, below(fields, element), field)]]
  })
  return kept.length === 0 ? null : Object.fromEntries(kept)
}

/** With the structs on the way to its members as members too, so that a struct is known to have been said. Keys of maps and elements are not added. */
export function withNamedFields(fields: FieldSet, schema: Schema | undefined): FieldSet {
  const map = schema === undefined ? undefined : atomOf(schema, {})
  const list = schema === undefined ? undefined : atomOf(schema, [])
  const found = new Map(fields.below)
  for (const [element, node] of fields.below) {
    if (node.below.size === 0) continue
    const name = fieldNameOf(element)
    const isNamed = name !== undefined && map?.kind === 'map' && declaredField(map.schema, name) !== undefined
    let inner: Schema | undefined
    if (name !== undefined && map?.kind === 'map') inner = fieldSchema(map.schema, name)
    else if (element.startsWith('k:') && list?.kind === 'list') inner = list.elements
    const all = withNamedFields(node, inner)
    found.set(element, isNamed ? { ...all, isMember: true } : all)
  }
  return { ...fields, below: found }
}
