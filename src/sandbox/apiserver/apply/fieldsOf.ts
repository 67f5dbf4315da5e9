import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { type Atom, atomOf, declaredField, elementOf, fieldSchema } from './atoms.ts'
import { type FieldSet, setBuilder } from './fieldSet.ts'
import { fieldElement, type PathElement } from './pathElement.ts'

/** All that a value says: its leaves, the elements of its lists, the keys of its maps. */
export function fieldsOf(value: Json, schema: Schema): FieldSet {
  const fields = setBuilder()
  collect(fields, [], { schema, value })
  return fields.build()
}

type Fields = ReturnType<typeof setBuilder>
type Path = readonly PathElement[]

function collect(fields: Fields, path: Path, { schema, value }: { readonly schema: Schema; readonly value: Json }): void {
  const atom = atomOf(schema, value)
  if (atom.kind === 'scalar' || atom.isAtomic) fields.add(path)
  else if (atom.kind === 'list') {
    if (isList(value)) collectElements(fields, path, { atom, list: value })
  } else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const innerSchema = fieldSchema(atom.schema, name)
      if (innerSchema === undefined) continue
      const at = [...path, fieldElement(name)]
      collect(fields, at, { schema: innerSchema, value: inner })
      const isBare = inner === null || (isObject(inner) && Object.keys(inner).length === 0)
      if (isBare || declaredField(atom.schema, name) === undefined) fields.add(at)
    }
  }
}

function collectElements(
  fields: Fields,
  path: Path,
  { atom, list }: { readonly atom: Extract<Atom, { readonly kind: 'list' }>; readonly list: readonly Json[] },
): void {
  const counts = new Map<PathElement, number>()
  const elements = list.map((value) => ({ value, element: elementOf(atom, value) }))
  for (const { element } of elements) if (typeof element === 'string') counts.set(element, (counts.get(element) ?? 0) + 1)
  for (const { value, element } of elements) {
    if (typeof element !== 'string') continue
    const at = [...path, element]
    fields.add(at)
    if (counts.get(element) === 1) collect(fields, at, { schema: atom.elements, value })
  }
}
