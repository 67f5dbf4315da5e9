import type { ResourceName } from '../cluster.ts'
import type { Kind } from './kinds/kind.ts'

export type GroupVersionResource = Pick<Kind, 'group' | 'version' | 'plural'>
export type GroupVersionKind = Pick<Kind, 'group' | 'version' | 'kind'>

/** The kinds that are served: built-in ones, and custom ones while their definitions stand. */
export type KindRegistry = {
  find(at: GroupVersionResource): Kind | undefined
  findByKind(at: GroupVersionKind): Kind | undefined
  /** The kinds under which objects of a resource are served; the first is the one that the resource's controllers see. */
  storedAs(resource: ResourceName): readonly Kind[]
  all(): readonly Kind[]
  /** Whether there is any kind of this group. */
  serves(at: Pick<Kind, 'group'>): boolean
  /** Replaces what was served of the same resource. */
  register(kinds: readonly Kind[]): void
  unregister(resource: ResourceName): void
  /** Calls back after each change. The returned function ends it. */
  onChange(listener: () => void): () => void
}

export function kindRegistry(builtIn: readonly Kind[]): KindRegistry {
  const byResource = new Map<string, Kind>()
  const byKind = new Map<string, Kind>()
  const stored = new Map<ResourceName, readonly Kind[]>()
  const listeners = new Set<() => void>()

  const forget = (resource: ResourceName): void => {
    for (const kind of stored.get(resource) ?? []) {
      byResource.delete(pathOf(kind, kind.plural))
      byKind.delete(pathOf(kind, kind.kind))
    }
    stored.delete(resource)
  }
  const put = (kinds: readonly Kind[]): void => {
    for (const resource of new Set(kinds.map(({ storedAs }) => storedAs))) forget(resource)
    for (const kind of kinds) {
      byResource.set(pathOf(kind, kind.plural), kind)
      byKind.set(pathOf(kind, kind.kind), kind)
      stored.set(kind.storedAs, [...(stored.get(kind.storedAs) ?? []), kind])
    }
  }
  const changed = (): void => {
    for (const listener of [...listeners]) listener()
  }
  put(builtIn)

  return {
    find: (at) => byResource.get(pathOf(at, at.plural)),
    findByKind: (at) => byKind.get(pathOf(at, at.kind)),
    storedAs: (resource) => stored.get(resource) ?? [],
    all: () => [...byResource.values()],
    serves: ({ group }) => [...byResource.values()].some((kind) => kind.group === group),
    register(kinds) {
      put(kinds)
      changed()
    },
    unregister(resource) {
      forget(resource)
      changed()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function pathOf({ group, version }: Pick<Kind, 'group' | 'version'>, last: string): string {
  return `${group}/${version}/${last}`
}
