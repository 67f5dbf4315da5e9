import { setTimeout as delay } from 'node:timers/promises'
import type { KubeObject } from '../api/meta.ts'
import { type Backoff, backoffMs } from '../lib/backoff.ts'
import { unlessAborted } from '../lib/deadline.ts'
import type { KubeClient } from './client.ts'
import { isKubeError, KubeError } from './errors.ts'
import { compareVersions, keyOf, type Resource } from './resource.ts'
import { openSharing } from './sharing.ts'
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
  /** In step as of `heardMs` (monotonic), the server's last sign; when that is long ago, more may have happened. */
  | { readonly kind: 'watching'; readonly sinceMs: number; readonly heardMs: number }
  /** Knows nothing newer than what it has. `failures` in a row. */
  | { readonly kind: 'cut'; readonly sinceMs: number; readonly heardMs: number; readonly failures: number; readonly error: Error }

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

/** An answer of some 1 MiB: five times that costs a tenth more memory for good, which V8 does not give back (bench/results/informer.md). */
const pageSize = 100
/** Whatever a server, or a proxy, asks for: a store that is out of date for longer is of no use. */
const longestRetryAfterMs = 60_000
/** A watch that ends sooner, and told nothing, was no watch. */
const shortMs = 1_000

export function openReflector<T extends KubeObject>(interest: Interest<T>, options: ReflectorOptions): Reflector<T> {
  const { client, onFailure, random = Math.random } = options
  const times = { ...reflectorTimes, ...options.times }
  const { trim } = interest
  const store: WritableStore<T> = openStore<T>(onThrow)
  const { parse } = openSharing()
  for (const [name, index] of Object.entries(interest.indexes ?? {})) store.index(name, index)
  const { promise: whole, resolve: complete } = Promise.withResolvers<void>()
  let isWhole = false
  /** While it is cut. */
  let cut: { readonly sinceMs: number; readonly failures: number; readonly error: Error } | undefined
  let sinceMs = 0
  let heardMs = 0
  /** Up to where the store is in step; '' means that it has to be listed. */
  let seen = ''
  /** The newest version that anything told of. */
  let newest = ''
  let failures = 0

  function onThrow(error: unknown, object: KubeObject): void {
    const message = error instanceof Error ? error.message : String(error)
    onFailure?.(new Error(`${interest.resource.name} ${object?.metadata?.name}: ${message}`, { cause: error }), 0)
  }

  /** Undefined: nothing that could be kept. What one object does to whoever reads it must not stop all others. */
  function kept(object: T): T | undefined {
    try {
      const trimmed = trim === undefined ? object : trim(object)
      keyOf(trimmed)
      return trimmed
    } catch (error) {
      onThrow(error, object)
      return undefined
    }
  }

  function progress(version: string | undefined): void {
    seen = version || seen
    heardMs = performance.now()
    if (cut !== undefined || sinceMs === 0) sinceMs = heardMs
    cut = undefined
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
        parse,
        // The first page is tried again by whoever runs this; the later ones are not worth beginning anew for.
        once: token === undefined,
        signal,
        ...(token !== undefined && { continue: token }),
      })
      for (const object of page.items) {
        const known = kept(object)
        if (known !== undefined) objects.push(known)
      }
      token = page.continue
      version = page.resourceVersion
    } while (token !== undefined)
    // A server that lags behind what is known already would take the store back in time.
    if ((compareVersions(version, newest) ?? 0) < 0)
      throw new KubeError({ kind: 'unavailable', message: `list ${resource.name}: of ${version}, before ${newest}, which was seen already` })
    store.replace(objects)
    newest = version
    seen = ''
    progress(version)
    isWhole = true
    complete()
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const { resource, namespace, labelSelector, fieldSelector } = interest
    const selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
    const timeoutS = Math.max(1, Math.round(times.watchS * (0.5 + random() / 2)))
    const from = seen
    const startedMs = performance.now()
    for await (const event of watch<T>(client, resource, { ...selection, resourceVersion: seen, timeoutS, signal, parse })) {
      failures = 0
      if (event.kind === 'bookmark') progress(event.resourceVersion)
      else {
        const object = kept(event.object)
        if (object !== undefined && event.kind === 'deleted') store.remove(object)
        else if (object !== undefined) store.put(object)
        progress(event.object.metadata?.resourceVersion)
      }
      if ((compareVersions(seen, newest) ?? 1) > 0) newest = seen
    }
    // Ended as agreed: the connection works. A server that ends every watch at once would be asked without end.
    if (performance.now() - startedMs < shortMs && seen === from)
      throw new KubeError({ kind: 'unavailable', message: `watch ${resource.name}: ended at once` })
    failures = 0
    progress(seen)
  }

  function fail(error: unknown): void {
    failures++
    // What was known is too old to go on from, or the server does not say why not: list. A server that is away may well go on from there.
    const mayGoOn = isKubeError(error, 'noAnswer', 'tooManyRequests', 'unauthorized') || (isKubeError(error, 'unavailable') && failures < 3)
    if (!mayGoOn) seen = ''
    const known = error instanceof Error ? error : new Error(String(error))
    if (!isKubeError(error, 'gone')) onFailure?.(known, failures)
    cut = { sinceMs: cut?.sinceMs ?? performance.now(), failures, error: known }
  }

  return {
    store,
    state() {
      if (!isWhole) return { kind: 'listing' }
      return cut === undefined ? { kind: 'watching', sinceMs, heardMs } : { kind: 'cut', heardMs, ...cut }
    },
    synced: (signal) => (signal === undefined ? whole : unlessAborted(signal, whole)),
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
          const askedMs = Math.min(longestRetryAfterMs, isKubeError(error) ? (error.retryAfterMs ?? 0) : 0)
          await delay(Math.max(askedMs, backoffMs(times.backoff, failures, random)), undefined, { signal }).catch(() => undefined)
        }
      }
    },
  }
}
