import { setTimeout as delay } from 'node:timers/promises'
import { type Backoff, backoffMs } from '../lib/backoff.ts'
import type { KubeClient } from './client.ts'
import { isKubeError, KubeError } from './errors.ts'
import { compareVersions, type KubeObject, type Resource } from './resource.ts'
import { type Index, openStore, type Store, type WritableStore } from './store.ts'
import { watch } from './watch.ts'

/** What of a kind is to be known. */
export type Interest<T> = {
  readonly resource: Resource
  /** Absent: all of them. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly indexes?: Readonly<Record<string, Index<T>>>
  /** Makes an object smaller before it is kept: called for each, and to leave alone what whoever reads the store needs. */
  readonly trim?: (object: T) => T
}

export type ReflectorTimes = {
  /** How long one watch lasts: the longest that a dead connection goes unnoticed. Half of it is drawn. */
  readonly watchS: number
  readonly backoff: Backoff
}
export const reflectorTimes: ReflectorTimes = { watchS: 50, backoff: { firstMs: 500, longestMs: 30_000 } }

export type ReflectorState =
  /** Has not seen all of them yet. */
  | { readonly kind: 'listing' }
  | { readonly kind: 'watching'; readonly sinceMs: number }
  /** Knows nothing newer than what it has. `failures` in a row. */
  | { readonly kind: 'cut'; readonly sinceMs: number; readonly failures: number; readonly error: Error }

/** Keeps a store in step with the server, for ever: whatever fails is tried again. */
export type Reflector<T> = {
  readonly store: Store<T>
  state(): ReflectorState
  /** Resolves once the store has held all that there was at some moment. Rejects with the reason of `signal`. */
  synced(signal?: AbortSignal): Promise<void>
  /** Until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>
}

export type ReflectorOptions = {
  readonly client: KubeClient
  /** Each failure, with how often it has been tried. */
  onFailure?(error: Error, failures: number): void
  readonly times?: Partial<ReflectorTimes>
  readonly random?: () => number
}

const pageSize = 500
/** A watch that ends sooner, and told nothing, was no watch. */
const shortMs = 1_000

export function openReflector<T extends KubeObject>(interest: Interest<T>, options: ReflectorOptions): Reflector<T> {
  const { client, onFailure, random = Math.random } = options
  const times = { ...reflectorTimes, ...options.times }
  const { trim } = interest
  const store: WritableStore<T> = openStore<T>(interest.indexes)
  const { promise: whole, resolve: complete } = Promise.withResolvers<void>()
  let state: ReflectorState = { kind: 'listing' }
  /** Up to where the store is in step; '' means that it has to be listed. */
  let seen = ''
  /** The newest version that anything told of. */
  let newest = ''
  let failures = 0

  const kept = (object: T): T => (trim === undefined ? object : trim(object))

  function progress(version: string): void {
    seen = version
    failures = 0
    if (state.kind !== 'watching') state = { kind: 'watching', sinceMs: performance.now() }
  }

  /** Page by page, so that the server's answer is never whole in memory; a list that changes meanwhile is still of one moment. */
  async function list(signal: AbortSignal): Promise<void> {
    const { resource, namespace, labelSelector, fieldSelector } = interest
    const selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
    const objects: T[] = []
    let token: string | undefined
    let version = ''
    do {
      const page = await client.list<T>(resource, {
        ...selection,
        limit: pageSize,
        once: true,
        signal,
        ...(token !== undefined && { continue: token }),
      })
      for (const object of page.items) objects.push(kept(object))
      token = page.continue
      version = page.resourceVersion
    } while (token !== undefined)
    // A server that lags behind what is known already would take the store back in time.
    if ((compareVersions(version, newest) ?? 0) < 0) throw new Error(`the list of ${resource.name} is of ${version}, before ${newest}`)
    store.replace(objects)
    newest = version
    progress(version)
    complete()
  }
  async function follow(signal: AbortSignal): Promise<void> {
    const { resource, namespace, labelSelector, fieldSelector } = interest
    const selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
    const timeoutS = Math.max(1, Math.round(times.watchS * (0.5 + random() / 2)))
    const from = seen
    const startedMs = performance.now()
    for await (const event of watch<T>(client, resource, { ...selection, resourceVersion: seen, timeoutS, signal })) {
      if (event.kind === 'bookmark') progress(event.resourceVersion)
      else {
        const object = kept(event.object)
        if (event.kind === 'deleted') store.remove(object)
        else store.put(object)
        progress(object.metadata.resourceVersion ?? seen)
      }
      if ((compareVersions(seen, newest) ?? 1) > 0) newest = seen
    }
    // Ended as agreed: the connection works. A server that ends every watch at once would be asked without end.
    if (performance.now() - startedMs < shortMs && seen === from)
      throw new KubeError({ kind: 'unavailable', message: `watch ${resource.name}: ended at once` })
    progress(seen)
  }

  function fail(error: unknown): void {
    failures++
    // What was known is too old to go on from, or the server does not say why not: list. A server that is away may well go on from there.
    const mayGoOn = isKubeError(error, 'noAnswer', 'tooManyRequests') || (isKubeError(error, 'unavailable') && failures < 3)
    if (!mayGoOn) seen = ''
    const known = error instanceof Error ? error : new Error(String(error))
    if (!isKubeError(error, 'gone')) onFailure?.(known, failures)
    if (state.kind !== 'listing') state = { kind: 'cut', sinceMs: state.kind === 'cut' ? state.sinceMs : performance.now(), failures, error: known }
  }

  return {
    store,
    state: () => state,
    synced: (signal) => (signal === undefined ? whole : unless(signal, whole)),
    async run(signal) {
      while (!signal.aborted) {
        try {
          if (seen === '') await list(signal)
          else await follow(signal)
        } catch (error) {
          if (signal.aborted) return
          fail(error)
          // A version that is gone is no failure of the server: list at once, but not for ever at once.
          if (isKubeError(error, 'gone') && failures === 1) continue
          const waitMs = isKubeError(error) ? error.retryAfterMs : undefined
          await delay(waitMs ?? backoffMs(times.backoff, failures, random), undefined, { signal }).catch(() => undefined)
        }
      }
    },
  }
}

async function unless(signal: AbortSignal, work: Promise<void>): Promise<void> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
