import type { PathElement } from './pathElement.ts'

/**
 * A set of fields, as a tree. A node may be a member itself (`isMember`), and there may be members below it. Nodes with neither are never kept. The root stands
 * for the object as a whole, which is never a member.
 */
export type FieldSet = { readonly isMember: boolean; readonly below: ReadonlyMap<PathElement, FieldSet> }

const none: ReadonlyMap<PathElement, FieldSet> = new Map()
export const emptySet: FieldSet = { isMember: false, below: none }

export function isEmptySet({ isMember, below }: FieldSet): boolean {
  return !isMember && below.size === 0
}

export function setOf(...paths: readonly (readonly PathElement[])[]): FieldSet {
  const builder = setBuilder()
  for (const path of paths) builder.add(path)
  return builder.build()
}

/** Collects fields one by one. */
export function setBuilder(): { add(path: readonly PathElement[]): void; build(): FieldSet } {
  type Node = { isMember: boolean; readonly below: Map<PathElement, Node> }
  const root: Node = { isMember: false, below: new Map() }
  return {
    add(path) {
      if (path.length === 0) return
      let node = root
      for (const element of path) {
        const next = node.below.get(element) ?? { isMember: false, below: new Map<PathElement, Node>() }
        node.below.set(element, next)
        node = next
      }
      node.isMember = true
    },
    build: () => root,
  }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a
  if (isEmptySet(a)) return b
  const below = new Map(a.below)
  for (const [element, node] of b.below) below.set(element, union(below.get(element) ?? emptySet, node))
  return { isMember: a.isMember || b.isMember, below }
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return kept(a, a.isMember && b.isMember, (node, element) => intersection(node, b.below.get(element) ?? emptySet))
}

/** What is in `a` and not in `b`: fields below a member of `b` stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a
  return kept(a, a.isMember && !b.isMember, (node, element) => difference(node, b.below.get(element) ?? emptySet))
}

/** As `difference`, but what is below a member of `b` goes with it. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isMember) return emptySet
  if (isEmptySet(b)) return a
  return kept(a, a.isMember, (node, element) => withoutSubtrees(node, b.below.get(element) ?? emptySet))
}

function kept(set: FieldSet, isMember: boolean, keep: (node: FieldSet, element: PathElement) => FieldSet): FieldSet {
  const below = new Map<PathElement, FieldSet>()
  for (const [element, node] of set.below) {
    const left = keep(node, element)
    if (!isEmptySet(left)) below.set(element, left)
  }
  return { isMember, below }
}

export function hasField(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) node = node?.below.get(element)
  return node?.isMember ?? false
}

export function below(set: FieldSet, element: PathElement): FieldSet {
  return set.below.get(element) ?? emptySet
}

/** Every member's path: those of a node before those below it, in order. */
export function pathsOf(set: FieldSet): readonly (readonly PathElement[])[] {
  const found: (readonly PathElement[])[] = []
  const walk = (node: FieldSet, path: readonly PathElement[]): void => {
    const elements = [...node.below.keys()].sort()
    for (const element of elements) if (node.below.get(element)?.isMember) found.push([...path, element])
    for (const element of elements) walk(node.below.get(element) ?? emptySet, [...path, element])
  }
  walk(set, [])
  return found
}
