import { equalJson, isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { type Atom, atomOf, elementOf, fieldSchema, sameAtom } from './atoms.ts'
import { type FieldSet, setBuilder, union, withoutSubtrees } from './fieldSet.ts'
import { fieldElement, type PathElement } from './pathElement.ts'

/** What differs between two objects of a kind; no field is in two of these. */
export type Comparison = {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function compare(before: Json, after: Json, schema: Schema): Comparison {
  const walk: Walk = { added: setBuilder(), modified: setBuilder(), removed: setBuilder() }
  compareAt(walk, [], { schema, before, after })
  return { added: walk.added.build(), modified: walk.modified.build(), removed: walk.removed.build() }
}

/** Without the fields of `reset` and what is below them. */
export function comparedBeside({ added, modified, removed }: Comparison, reset: FieldSet): Comparison {
  return { added: withoutSubtrees(added, reset), modified: withoutSubtrees(modified, reset), removed: withoutSubtrees(removed, reset) }
}

/** What the later object says differently. */
export function changed({ added, modified }: Comparison): FieldSet {
  return union(modified, added)
}

type Walk = Readonly<Record<keyof Comparison, ReturnType<typeof setBuilder>>>
type Path = readonly PathElement[]
/** Both values at one place; undefined where one object has none there. */
type Place = { readonly schema: Schema; readonly before: Json | undefined; readonly after: Json | undefined }

function compareAt(walk: Walk, path: Path, place: Place): void {
  const { schema, before, after } = place
  if (before === after) return
  const old = atomOf(schema, before)
  const now = atomOf(schema, after)
  let isLeaf = false
  if (after === undefined) isLeaf = compareAtom(walk, path, { ...place, atom: old })
  else {
    if (before !== undefined && !sameAtom(old, now)) compareAtom(walk, path, { ...place, atom: old })
    isLeaf = compareAtom(walk, path, { ...place, atom: now })
  }
  if (isLeaf) return
  if (before === undefined) walk.added.add(path)
  else if (after === undefined) walk.removed.add(path)
}

/** Whether the place is a leaf: all of it has been compared as one then. */
function compareAtom(walk: Walk, path: Path, place: Place & { readonly atom: Atom }): boolean {
  const { atom, before, after } = place
  if (atom.kind === 'scalar' || atom.isAtomic || (isBare(atom, before) && isBare(atom, after))) {
    compareLeaf(walk, path, place)
    return true
  }
  if (atom.kind === 'list') compareLists(walk, path, { atom, before: listOf(before), after: listOf(after) })
  else {
    const [old, now] = [mapOf(before), mapOf(after)]
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const schema = fieldSchema(atom.schema, name)
      if (schema !== undefined) compareAt(walk, [...path, fieldElement(name)], { schema, before: old.get(name), after: now.get(name) })
    }
  }
  return false
}

/** Whether there is nothing in the value to compare one by one. */
function isBare(atom: Atom, value: Json | undefined): boolean {
  if (atom.kind === 'list') return listOf(value).length === 0
  return atom.kind === 'map' && mapOf(value).size === 0
}

function mapOf(value: Json | undefined): ReadonlyMap<string, Json> {
  return new Map(isObject(value) ? Object.entries(value) : [])
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : []
}

function compareLeaf(walk: Walk, path: Path, { before, after }: Place): void {
  if (before === undefined) walk.added.add(path)
  else if (after === undefined) walk.removed.add(path)
  else if (!equalJson(before, after)) walk.modified.add(path)
}

type Lists = { readonly atom: Extract<Atom, { readonly kind: 'list' }>; readonly before: readonly Json[]; readonly after: readonly Json[] }

function compareLists(walk: Walk, path: Path, { atom, before, after }: Lists): void {
  const old = byElement(atom, before)
  const now = byElement(atom, after)
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const [oldOnes, newOnes] = [old.get(element) ?? [], now.get(element) ?? []]
    const at = [...path, element]
    if (oldOnes.length <= 1 && newOnes.length <= 1) compareAt(walk, at, { schema: atom.elements, before: oldOnes[0], after: newOnes[0] })
    // Elements with one key are one leaf, as they cannot be told apart.
    else if (oldOnes.length >= 2 && newOnes.length >= 2) {
      if (!equalJson(oldOnes, newOnes)) walk.modified.add(at)
    } else if (oldOnes.length >= 2) {
      if (newOnes.length === 1) compareAt(walk, at, { schema: atom.elements, before: undefined, after: newOnes[0] })
      walk.removed.add(at)
    } else {
      if (oldOnes.length === 1) compareAt(walk, at, { schema: atom.elements, before: oldOnes[0], after: undefined })
      walk.added.add(at)
    }
  }
}

/** Elements that have no key are passed over: they were refused where that matters. */
function byElement(atom: Lists['atom'], list: readonly Json[]): ReadonlyMap<PathElement, readonly Json[]> {
  const found = new Map<PathElement, Json[]>()
  for (const value of list) {
    const element = elementOf(atom, value)
    if (typeof element !== 'string') continue
    const known = found.get(element)
    if (known === undefined) found.set(element, [value])
    else known.push(value)
  }
  return found
}
