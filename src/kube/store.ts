import type { KubeObject } from '../api/meta.ts'
import { compareVersions, keyOf } from './resource.ts'

export type Change<T> =
  | { readonly kind: 'added'; readonly object: T }
  | { readonly kind: 'modified'; readonly object: T; readonly before: T }
  /** `object` is how it was last seen. */
  | { readonly kind: 'deleted'; readonly object: T }

/** Under which values an object is found. Of the object alone: the same object has the same values always. */
export type Index<T> = (object: T) => readonly string[]

/** The objects of a kind, as last told by the server. Never goes back to an older version of one. */
export type Store<T> = {
  get(key: string): T | undefined
  values(): IterableIterator<T>
  readonly size: number
  /** In no order. An index that nobody has declared is a mistake in the program. */
  by(index: string, value: string): readonly T[]
  /** Declares an index, over what is there already as well. Another of that name is a mistake in the program. */
  index(name: string, index: Index<T>): void
  /** Called after each change, in order; returns what ends that. It begins with all that is there. */
  subscribe(listener: (change: Change<T>) => void): () => void
}

export type WritableStore<T> = Store<T> & {
  put(object: T): void
  remove(object: T): void
  /** All that there is: what is not among `objects` is gone. */
  replace(objects: readonly T[]): void
}

type Indexed<T> = { readonly index: Index<T>; readonly keys: Map<string, Set<string>> }

/** `onThrow`: an index or a listener has thrown. One object that it cannot read must not keep all others from being known. */
export function openStore<T extends KubeObject>(onThrow: (error: unknown, object: T) => void): WritableStore<T> {
  const objects = new Map<string, T>()
  const indexes = new Map<string, Indexed<T>>()
  let listeners: readonly ((change: Change<T>) => void)[] = []

  function valuesOf(index: Index<T>, object: T): readonly string[] {
    try {
      return index(object)
    } catch (error) {
      onThrow(error, object)
      return []
    }
  }

  function enter({ index, keys }: Indexed<T>, key: string, object: T): void {
    for (const value of valuesOf(index, object)) {
      const known = keys.get(value)
      if (known === undefined) keys.set(value, new Set([key]))
      else known.add(key)
    }
  }

  function leave({ index, keys }: Indexed<T>, key: string, object: T): void {
    for (const value of valuesOf(index, object)) {
      const known = keys.get(value)
      known?.delete(key)
      if (known?.size === 0) keys.delete(value)
    }
  }

  function tellOne(listener: (change: Change<T>) => void, change: Change<T>): void {
    try {
      listener(change)
    } catch (error) {
      onThrow(error, change.object)
    }
  }

  function tell(change: Change<T>): void {
    for (const listener of listeners) tellOne(listener, change)
  }

  function forget(key: string, before: T, last: T): void {
    for (const each of indexes.values()) leave(each, key, before)
    objects.delete(key)
    tell({ kind: 'deleted', object: last })
  }

  function put(object: T): void {
    const key = keyOf(object)
    const before = objects.get(key)
    if (before !== undefined && (isSame(object, before) || isOlder(object, before))) return
    if (before !== undefined) for (const each of indexes.values()) leave(each, key, before)
    objects.set(key, object)
    for (const each of indexes.values()) enter(each, key, object)
    if (before === undefined) tell({ kind: 'added', object })
    else if (before.metadata.uid !== object.metadata.uid) {
      // Another object of the same name: its deletion was not seen.
      tell({ kind: 'deleted', object: before })
      tell({ kind: 'added', object })
    } else tell({ kind: 'modified', object, before })
  }

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    get size() {
      return objects.size
    },
    by(index, value) {
      const indexed = indexes.get(index)
      if (indexed === undefined) throw new Error(`the store has no index ${index}`)
      return [...(indexed.keys.get(value) ?? [])].map((key) => objects.get(key)!)
    },
    index(name, index) {
      const known = indexes.get(name)
      if (known?.index === index) return
      if (known !== undefined) throw new Error(`the store has another index ${name} already`)
      const indexed = { index, keys: new Map<string, Set<string>>() }
      for (const [key, object] of objects) enter(indexed, key, object)
      indexes.set(name, indexed)
    },
    subscribe(listener) {
      listeners = [...listeners, listener]
      for (const object of objects.values()) tellOne(listener, { kind: 'added', object })
      return () => {
        listeners = listeners.filter((each) => each !== listener)
      }
    },
    put,
    remove(object) {
      const key = keyOf(object)
      const before = objects.get(key)
      // Of an earlier object of that name, or older than what is known: it says nothing of this one.
      if (before === undefined || before.metadata.uid !== object.metadata.uid || isOlder(object, before)) return
      forget(key, before, object)
    },
    replace(list) {
      const present = new Set(list.map(keyOf))
      for (const [key, object] of [...objects]) if (!present.has(key)) forget(key, object, object)
      for (const object of list) put(object)
    },
  }
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion
}

/** Versions grow over the whole server, and so from an object to its successor of the same name. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  const order = compareVersions(a.metadata.resourceVersion, b.metadata.resourceVersion)
  return order !== undefined && order < 0
}
