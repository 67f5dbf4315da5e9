import type { Json } from '../../unstructured.ts'
import { goText } from '../goText.ts'
import { keyOf, type MergeKey, patchFault } from './mergeKey.ts'

/** A merged list and the lists that say how to order it. */
export type Ordering = {
  readonly merged: readonly Json[]
  /** The patch's own order: its elements, or `$setElementOrder`. */
  readonly asked: readonly Json[]
  /** How the elements stood before. */
  readonly live: readonly Json[]
  readonly mergeKey: MergeKey
}

/**
 * Elements that the patch names stand in its order; each of the others stands before the first of them that it stood before, and after all
 * where it is new to the live list.
 */
export function inOrder({ merged, asked, live, mergeKey }: Ordering): readonly Json[] {
  const askedPlaces = places(asked, mergeKey)
  const livePlaces = places(live, mergeKey)
  const isAsked = (element: Json): boolean => askedPlaces.has(keyOf(element, mergeKey))
  const named = sortedBy(merged.filter(isAsked), askedPlaces, mergeKey)
  const others = sortedBy(
    merged.filter((element) => !isAsked(element)),
    livePlaces,
    mergeKey,
  )
  const ordered: Json[] = []
  for (const element of named) {
    const place = livePlaces.get(keyOf(element, mergeKey))
    while (others.length > 0 && place !== undefined && stoodBefore(livePlaces.get(keyOf(others[0] ?? null, mergeKey)), place))
      ordered.push(others.shift() ?? null)
    ordered.push(element)
  }
  return [...ordered, ...others]
}

function stoodBefore(one: number | undefined, other: number): boolean {
  return one !== undefined && one < other
}

/** The first place of each key. */
function places(list: readonly Json[], mergeKey: MergeKey): ReadonlyMap<Json, number> {
  const found = new Map<Json, number>()
  for (const [index, element] of list.entries()) {
    const key = keyOf(element, mergeKey)
    if (!found.has(key)) found.set(key, index)
  }
  return found
}

function sortedBy(list: readonly Json[], byKey: ReadonlyMap<Json, number>, mergeKey: MergeKey): Json[] {
  const place = (element: Json): number => byKey.get(keyOf(element, mergeKey)) ?? Number.MAX_SAFE_INTEGER
  return list.toSorted((a, b) => place(a) - place(b))
}

/** Refuses elements of a patch that `$setElementOrder` does not name, or names in another order. */
export function requireOrderNames(elements: readonly Json[], order: readonly Json[], mergeKey: MergeKey): void {
  if (elements.length === 0 || order.length === 0) return
  const rest = [...order]
  for (const element of elements) {
    const key = keyOf(element, mergeKey)
    while (rest.length > 0 && keyOf(rest[0] ?? null, mergeKey) !== key) rest.shift()
    if (rest.length === 0)
      throw patchFault(`The order in patch list:\n${goText(elements)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`)
    rest.shift()
  }
}
