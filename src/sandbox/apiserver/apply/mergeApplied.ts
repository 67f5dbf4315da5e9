import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { type Atom, atomOf, elementOf, fieldSchema, sameAtom } from './atoms.ts'
import type { PathElement } from './pathElement.ts'

/** The live object with all that is applied; nothing is removed. Lists of which something is applied take its order. Undefined: nothing is left. */
export function mergeApplied(live: Json | undefined, applied: Json | undefined, schema: Schema): Json | undefined {
  if (applied === undefined) return live
  const atom = atomOf(schema, applied)
  if (live === undefined || live === applied) return live ?? applied
  if (!sameAtom(atomOf(schema, live), atom) || atom.kind === 'scalar' || atom.isAtomic) return applied
  if (atom.kind === 'list') {
    const [old, now] = [isList(live) ? live : [], isList(applied) ? applied : []]
    return old.length === 0 && now.length === 0 ? applied : mergeLists(atom, old, now)
  }
  return mergeMaps(atom.schema, live, applied)
}

function mergeMaps(schema: Schema, live: Json, applied: Json): Json | undefined {
  const old: JsonObject = isObject(live) ? live : {}
  const now: JsonObject = isObject(applied) ? applied : {}
  if (Object.keys(old).length === 0 && Object.keys(now).length === 0) return applied
  const merged = new Map(Object.entries(old))
  for (const [name, value] of Object.entries(now)) {
    const field = fieldSchema(schema, name)
    const both = field === undefined ? undefined : mergeApplied(merged.get(name), value, field)
    if (both !== undefined) merged.set(name, both)
  }
  return merged.size === 0 ? undefined : Object.fromEntries(merged)
}

type ListAtom = Extract<Atom, { readonly kind: 'list' }>
type Item = { readonly element: PathElement; readonly value: Json }

function mergeLists(atom: ListAtom, live: readonly Json[], applied: readonly Json[]): Json | undefined {
  const old = itemsOf(atom, live)
  const now = itemsOf(atom, applied)
  const liveValues = firstValues(old, null)
  const appliedValues = firstValues(now)
  const mergedValue = (element: PathElement): Json => {
    const [was, value] = [liveValues.get(element), appliedValues.get(element) ?? null]
    return mergeApplied(was === null ? undefined : was, value, atom.elements) ?? value
  }
  const shared = now.filter(({ element }) => liveValues.has(element)).map(({ element }) => element)
  const done = new Set<PathElement>()
  const merged: Json[] = []
  let [oldAt, newAt] = [0, 0]
  const takeApplied = (element: PathElement): void => {
    done.add(element)
    merged.push(mergedValue(element))
    newAt++
    if (shared[0] === element) shared.shift()
  }
  while (oldAt < old.length || newAt < now.length) {
    const [was, next] = [old[oldAt], now[newAt]]
    if (was !== undefined && next !== undefined) {
      if (was.element === next.element) {
        oldAt++
        takeApplied(next.element)
        continue
      }
      // Applied as well, but not next: it comes where the applied list has it.
      if (appliedValues.has(was.element) && shared.length > 0 && shared[0] !== was.element) {
        oldAt++
        continue
      }
    }
    if (was !== undefined) {
      if (!appliedValues.has(was.element)) {
        merged.push(was.value)
        oldAt++
        continue
      }
      if (done.has(was.element)) oldAt++
    }
    if (next !== undefined) takeApplied(next.element)
  }
  return merged.length === 0 ? undefined : merged
}

function itemsOf(atom: ListAtom, list: readonly Json[]): readonly Item[] {
  return list.flatMap((value) => {
    const element = elementOf(atom, value)
    return typeof element === 'string' ? [{ element, value }] : []
  })
}

/** The value of each key; `instead` where several elements have it. */
function firstValues(items: readonly Item[], instead?: Json): ReadonlyMap<PathElement, Json> {
  const found = new Map<PathElement, Json>()
  for (const { element, value } of items) found.set(element, instead !== undefined && found.has(element) ? instead : value)
  return found
}
