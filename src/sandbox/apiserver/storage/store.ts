import type { ResourceName } from '../../cluster.ts'
import type { ObjectKey, Unstructured } from '../../unstructured.ts'
import { freezeDeep } from './freeze.ts'
import { type History, type HistoryLimits, openHistory, type StoreEvent } from './history.ts'
import { type SortedKeys, sortedKeys } from './sortedKeys.ts'

/** A write as it is kept: absent object means deletion. */
export type LogRecord = {
  readonly revision: number
  readonly resource: ResourceName
  readonly key: string
  readonly object?: Unstructured
}

/** Where writes are kept beyond this process. */
export type Journal = {
  /** Throws, having kept nothing, if the record cannot be written. */
  append(record: LogRecord): void
  /** The newest revision that would survive a loss of power. */
  durable(): number
  /** Calls back whenever `durable` has grown, or can grow no more. */
  onDurable(listener: () => void): void
}

export type StoreOptions = {
  readonly history: HistoryLimits
  readonly nowMs: () => number
  /** A listener threw; the others are told of the event all the same. */
  readonly onListenerError: (error: unknown) => void
}

/** All objects of the cluster, with one counter of revisions. Objects are frozen; a write sets `metadata.resourceVersion`. */
export type Store = {
  revision(): number
  /** The newest revision whose history is gone. */
  compacted(): number
  compact(revision: number): void
  get(resource: ResourceName, key: string): Unstructured | undefined
  /** In the order of keys; `namespace` undefined is all. */
  list(resource: ResourceName, namespace?: string): readonly Unstructured[]
  /** As `list`, as of an earlier revision; undefined if that is compacted. */
  listAt(resource: ResourceName, namespace: string | undefined, revision: number): readonly Unstructured[] | undefined
  put(resource: ResourceName, key: string, object: Unstructured): Unstructured
  /** The object with the revision of its deletion. */
  remove(resource: ResourceName, key: string): Unstructured
  /** Events after a revision, oldest first; undefined if some are gone. */
  after(revision: number): readonly StoreEvent[] | undefined
  /** Tells of writes in order, each once it is durable, in a turn of its own. The returned function ends it. */
  subscribe(listener: (event: StoreEvent) => void): () => void
  /** The newest revision that `subscribe` has told of. */
  told(): number
  /** Restores a record without writing it to the journal; those of a snapshot leave no history. */
  restore(record: LogRecord, from: 'snapshot' | 'log'): void
  setRevision(revision: number): void
  attach(journal: Journal): void
  everything(): readonly LogRecord[]
}

type Shelf = { readonly objects: Map<string, Unstructured>; readonly keys: SortedKeys }

export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

export function openStore({ history: limits, nowMs, onListenerError }: StoreOptions): Store {
  const shelves = new Map<ResourceName, Shelf>()
  const listeners = new Set<(event: StoreEvent) => void>()
  let history: History = openHistory(limits, nowMs, 0)
  let revision = 0
  let told = 0
  let untold: StoreEvent[] = []
  let journal: Journal | undefined
  let telling = false

  const shelf = (resource: ResourceName): Shelf => {
    let found = shelves.get(resource)
    if (found === undefined) shelves.set(resource, (found = { objects: new Map(), keys: sortedKeys() }))
    return found
  }

  const tell = (): void => {
    telling = false
    const upTo = journal === undefined ? revision : journal.durable()
    const ready = untold.filter((event) => event.revision <= upTo)
    untold = untold.slice(ready.length)
    for (const event of ready) {
      told = event.revision
      for (const listener of [...listeners]) {
        try {
          listener(event)
        } catch (error) {
          onListenerError(error)
        }
      }
    }
  }
  const tellSoon = (): void => {
    if (telling) return
    telling = true
    setImmediate(tell)
  }

  const keep = ({ resource, key, object, revision: at }: LogRecord): StoreEvent => {
    const { objects, keys } = shelf(resource)
    const previous = objects.get(key)
    revision = at
    if (object !== undefined) {
      objects.set(key, object)
      keys.add(key)
      return { revision, type: previous === undefined ? 'ADDED' : 'MODIFIED', resource, key, object, previous }
    }
    if (previous === undefined) throw new Error(`the log deletes ${resource} ${key}, which is not there`)
    objects.delete(key)
    keys.remove(key)
    return { revision, type: 'DELETED', resource, key, object: freezeDeep(withVersion(previous, at)), previous }
  }

  const write = (record: LogRecord): StoreEvent => {
    journal?.append(record)
    const event = keep(record)
    history.add(event)
    untold.push(event)
    if (journal === undefined) tellSoon()
    return event
  }

  const list = (resource: ResourceName, namespace?: string): readonly Unstructured[] => {
    const found = shelves.get(resource)
    if (found === undefined) return []
    return found.keys.range(namespace === undefined ? '' : `${namespace}/`).map((key) => found.objects.get(key)!)
  }

  return {
    revision: () => revision,
    compacted: () => history.compacted(),
    compact: (upTo) => history.compact(upTo),
    get: (resource, key) => shelves.get(resource)?.objects.get(key),
    list,
    listAt(resource, namespace, at) {
      const since = history.after(at)?.filter((event) => event.resource === resource)
      if (since === undefined) return undefined
      if (since.length === 0) return list(resource, namespace)
      const state = new Map(shelf(resource).objects)
      for (const { key, previous } of since.reverse()) {
        if (previous === undefined) state.delete(key)
        else state.set(key, previous)
      }
      const prefix = namespace === undefined ? '' : `${namespace}/`
      const keys = [...state.keys()].filter((key) => key.startsWith(prefix)).sort((a, b) => (a < b ? -1 : 1))
      return keys.map((key) => state.get(key)!)
    },
    put: (resource, key, object) => write({ revision: revision + 1, resource, key, object: freezeDeep(withVersion(object, revision + 1)) }).object,
    remove: (resource, key) => write({ revision: revision + 1, resource, key }).object,
    after: (at) => history.after(at),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    told: () => told,
    restore(record, from) {
      if (record.object !== undefined) freezeDeep(record.object)
      const event = keep(record)
      told = revision
      if (from === 'log') history.add(event)
    },
    setRevision(at) {
      revision = told = at
      history = openHistory(limits, nowMs, at)
    },
    attach(opened) {
      journal = opened
      opened.onDurable(tellSoon)
    },
    everything: () => [...shelves].flatMap(([resource, { objects }]) => [...objects].map(([key, object]) => ({ revision, resource, key, object }))),
  }
}

function withVersion(object: Unstructured, revision: number): Unstructured {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
