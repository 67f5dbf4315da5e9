import { compareVersions, type KubeObject, keyOf } from './resource.ts'

export type Change<T> =
  | { readonly kind: 'added'; readonly object: T }
  | { readonly kind: 'modified'; readonly object: T; readonly before: T }
  /** `object` is how it was last seen. */
  | { readonly kind: 'deleted'; readonly object: T }

/** Under which values an object is found. */
export type Index<T> = (object: T) => readonly string[]

/** The objects of a kind, as last told by the server. Never goes back to an older version of one. */
export type Store<T> = {
  get(key: string): T | undefined
  values(): IterableIterator<T>
  readonly size: number
  /** In no order. An index that nobody has declared is a mistake in the program. */
  by(index: string, value: string): readonly T[]
  /** Called after each change, in order; returns what ends that. It begins with all that is there. */
  subscribe(listener: (change: Change<T>) => void): () => void
}

export type WritableStore<T> = Store<T> & {
  put(object: T): void
  remove(object: T): void
  /** All that there is: what is not among `objects` is gone. */
  replace(objects: readonly T[]): void
}

export function openStore<T extends KubeObject>(indexes: Readonly<Record<string, Index<T>>> = {}): WritableStore<T> {
  const objects = new Map<string, T>()
  const found = new Map(Object.keys(indexes).map((name) => [name, new Map<string, Set<string>>()]))
  const listeners = new Set<(change: Change<T>) => void>()

  function enter(key: string, object: T): void {
    for (const [name, index] of Object.entries(indexes))
      for (const value of index(object)) {
        const keys = found.get(name)!.get(value)
        if (keys === undefined) found.get(name)!.set(value, new Set([key]))
        else keys.add(key)
      }
  }

  function leave(key: string, object: T): void {
    for (const [name, index] of Object.entries(indexes))
      for (const value of index(object)) {
        const keys = found.get(name)!.get(value)
        keys?.delete(key)
        if (keys?.size === 0) found.get(name)!.delete(value)
      }
  }

  function tell(change: Change<T>): void {
    for (const listener of listeners) listener(change)
  }

  function put(object: T): void {
    const key = keyOf(object)
    const before = objects.get(key)
    if (before !== undefined && (isSame(object, before) || isOlder(object, before))) return
    if (before !== undefined) leave(key, before)
    objects.set(key, object)
    enter(key, object)
    if (before === undefined) tell({ kind: 'added', object })
    else if (before.metadata.uid !== object.metadata.uid) {
      // Another object of the same name: its deletion was not seen.
      tell({ kind: 'deleted', object: before })
      tell({ kind: 'added', object })
    } else tell({ kind: 'modified', object, before })
  }

  function remove(object: T): void {
    const key = keyOf(object)
    const before = objects.get(key)
    // Of an earlier object of that name, or older than what is known: it says nothing of this one.
    if (before === undefined || before.metadata.uid !== object.metadata.uid || isOlder(object, before)) return
    leave(key, before)
    objects.delete(key)
    tell({ kind: 'deleted', object })
  }

  return {
    get: (key) => objects.get(key),
    values: () => objects.values(),
    get size() {
      return objects.size
    },
    by(index, value) {
      const values = found.get(index)
      if (values === undefined) throw new Error(`the store has no index ${index}`)
      return [...(values.get(value) ?? [])].map((key) => objects.get(key)!)
    },
    subscribe(listener) {
      listeners.add(listener)
      for (const object of objects.values()) listener({ kind: 'added', object })
      return () => listeners.delete(listener)
    },
    put,
    remove,
    replace(list) {
      const present = new Set(list.map(keyOf))
      for (const [key, object] of [...objects])
        if (!present.has(key)) {
          leave(key, object)
          objects.delete(key)
          tell({ kind: 'deleted', object })
        }
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
