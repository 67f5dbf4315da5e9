import type { Unstructured } from '../../unstructured.ts'
import type { StoreEvent } from '../storage/history.ts'
import type { ListOptions } from './listOptions.ts'
import { type Call, type Machinery, served } from './machinery.ts'
import { apiVersionOf } from './objectMeta.ts'
import { expired, parseRevision } from './resourceVersion.ts'

export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: Unstructured
}

export type Watch = {
  /** What there is to tell before anything else happens. */
  readonly begun: readonly WatchEvent[]
  /** What a write means for this watch; undefined: nothing. */
  told(event: StoreEvent): WatchEvent | undefined
  /** Says how far the watch has come. */
  bookmark(): WatchEvent
}

type Selection = { readonly call: Pick<Call, 'kind' | 'namespace'>; readonly options: ListOptions }

/** Begins a watch; must be subscribed to the store in the same turn. Throws 410 when it asks for what is forgotten. */
export function beginWatch({ store }: Machinery, { call, options }: Selection): Watch {
  const { kind, namespace } = call
  const asked = parseRevision(options.resourceVersion)
  const wantsState = options.sendInitialEvents ?? (asked === undefined || asked === 0)
  const from = wantsState || asked === undefined || asked === 0 ? store.revision() : asked
  let last = from
  const matches = (object: Unstructured): boolean => options.labels(object.metadata.labels) && options.fields.matches(object)
  const isWithin = ({ metadata }: Unstructured): boolean => namespace === undefined || metadata.namespace === namespace

  const translated = (event: StoreEvent): WatchEvent | undefined => {
    if (event.resource !== kind.storedAs || !isWithin(event.object)) return undefined
    const object = served(kind, event.object)
    const previous = event.previous === undefined ? undefined : served(kind, event.previous)
    const isIn = event.type !== 'DELETED' && matches(object)
    const wasIn = previous !== undefined && matches(previous)
    if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object }
    // Whoever watches never saw the state that put the object out of the selection.
    return wasIn
      ? { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion: String(event.revision) } } }
      : undefined
  }
  const told = (event: StoreEvent): WatchEvent | undefined => {
    if (event.revision <= last) return undefined
    last = event.revision
    return translated(event)
  }
  const bookmark = (annotations?: Readonly<Record<string, string>>): WatchEvent => {
    const metadata = {
      resourceVersion: String(Math.max(last, Math.min(store.told(), store.revision()))),
      ...(annotations !== undefined && { annotations }),
    }
    return { type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } as unknown as Unstructured }
  }
  const state = (): readonly WatchEvent[] => {
    const all = store.list(kind.storedAs, namespace).map((object) => served(kind, object))
    const added = all.filter(matches).map((object) => ({ type: 'ADDED', object }) as const)
    const isTold = options.sendInitialEvents === true && options.allowWatchBookmarks
    return isTold ? [...added, bookmark({ 'k8s.io/initial-events-end': 'true' })] : added
  }
  const missed = (): readonly WatchEvent[] => {
    const events = store.after(from)
    if (events === undefined) throw expired(`too old resource version: ${from} (${store.compacted()})`)
    return events.map(told).filter((event) => event !== undefined)
  }
  const begun = wantsState ? state() : missed()
  // A state that nobody asked to be told as one ends with the first bookmark.
  let endsState = wantsState && options.sendInitialEvents === undefined
  return {
    begun,
    told,
    bookmark() {
      const isEnd = endsState
      endsState = false
      return bookmark(isEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined)
    },
  }
}
