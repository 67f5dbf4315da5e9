import { Agent } from 'undici'
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { ObservedEdge } from '../../core/rollout/observed.ts'
import { splitKey, type TrafficReport } from '../../core/routing/report.ts'
import type { Informers } from '../../kube/informers.ts'
import { keyOf, refOfKey } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { unlessAborted } from '../../lib/deadline.ts'
import type { Log } from '../../lib/log.ts'
import { openEdgeBook } from './edgeBook.ts'
import { type EdgePeer, openEdgeFinder } from './edges.ts'
import { type ChangedKeys, type KnownEdge, lateMs } from './knownEdge.ts'
import { observedEdges } from './observedEdges.ts'
import { type ReportStreamTimes, readReports, reportStreamTimes } from './reportStream.ts'
import { type Measured, openTrafficMeter } from './trafficMeter.ts'

/** What the edges are seen to do. */
export type Traffic = {
  /** Those that a split, by its key, needs; none where no edge serves. */
  edgesOf(key: string): readonly ObservedEdge[]
  /**
   * Calls with the keys of splits of which a decision may be another one now, at once when an edge tells of it; `all`: of any, also of Rollouts that have
   * none yet. Returns what ends that.
   */
  subscribe(listener: (keys: ChangedKeys) => void): () => void
  /** Resolves once the edges have been looked up, and each that serves has spoken or had its time to; to be awaited once `run` was called. */
  synced(signal: AbortSignal): Promise<void>
  edges(): readonly KnownEdge[]
  /** What the versions of a split answered, by pod-template hash. */
  measured(key: string, uid: string): ReadonlyMap<string, Measured>
  /** Until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>
}

export type TrafficOptions = {
  readonly informers: Pick<Informers, 'of'>
  readonly splits: Pick<Store<TrafficSplit>, 'get' | 'subscribe'>
  /** Where edges are looked for, by the Services in front of them. */
  readonly edgeNamespaces: readonly string[]
  /** Further edges, by their admin addresses. */
  readonly edgeUrls: readonly string[]
  /** A projected token of the audience that edges ask for; undefined: none is sent. */
  readonly tokenFile: string | undefined
  readonly log: Log
  readonly times?: Partial<ReportStreamTimes>
  readonly now?: () => number
}

/** How often it is looked whether an edge has fallen silent. */
const silenceCheckMs = 1_000

export function openTraffic(options: TrafficOptions): Traffic {
  const { informers, splits, edgeNamespaces, edgeUrls, tokenFile, log, times, now = () => performance.now() } = options
  const finder = openEdgeFinder({ informers, namespaces: edgeNamespaces, urls: edgeUrls })
  const book = openEdgeBook({ onChanged: tell, log, now })
  const meter = openTrafficMeter()
  const listeners = new Set<(keys: ChangedKeys) => void>()

  function tell(keys: ChangedKeys): void {
    for (const listener of listeners) listener(keys)
  }

  function subscribe(listener: (keys: ChangedKeys) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  function hear(id: string, report: TrafficReport): void {
    // What is no split of the cluster is not counted, whoever tells of it.
    meter.add(id, { ...report, splits: report.splits.filter((split) => splits.get(splitKey(split)) !== undefined) }, now())
    book.hear(id, report)
  }

  async function haveSpoken(): Promise<void> {
    const haveAll = (): boolean => book.edges().every(({ peer, told }) => told !== undefined || !peer.isServing || peer.url === undefined)
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, lateMs)
    const unsubscribe = subscribe(() => haveAll() && resolve())
    if (haveAll()) resolve()
    await promise
    unsubscribe()
    clearTimeout(timer)
  }

  return {
    subscribe,
    edges: book.edges,
    measured: (key, uid) => meter.read({ key, uid }, now()),
    edgesOf(key) {
      const { namespace = '', name } = refOfKey(key)
      return observedEdges({ namespace, name }, book.edges(), now())
    },
    async synced(signal) {
      await finder.synced(signal)
      await unlessAborted(signal, haveSpoken())
    },
    async run(signal) {
      const dispatcher = new Agent({ allowH2: false, connect: { timeout: times?.headMs ?? reportStreamTimes.headMs } })
      const readers = openReaders({
        read: ({ id }, url, stopped) =>
          readReports(
            {
              ...{ url, tokenFile, dispatcher, ...(times && { times }) },
              onReport: (report) => hear(id, report),
              onTrouble: (reason) => book.fail(id, reason),
            },
            stopped,
          ),
      })
      const meet = (): void => {
        const peers = finder.peers()
        for (const id of book.meet(peers)) meter.leave(id)
        readers.follow(peers)
      }
      const ends = [finder.subscribe(meet), splits.subscribe(({ kind, object }) => kind === 'deleted' && meter.forget(keyOf(object)))]
      meet()
      const timer = setInterval(book.notice, silenceCheckMs)
      await aborted(signal)
      clearInterval(timer)
      for (const end of ends) end()
      await readers.end()
      await dispatcher.destroy()
    },
  }
}

type Reader = { readonly url: string; readonly stop: AbortController; readonly ended: Promise<void> }

/** One per edge that says where it is. */
function openReaders({ read }: { readonly read: (peer: EdgePeer, url: string, stopped: AbortSignal) => Promise<void> }) {
  const readers = new Map<string, Reader>()
  return {
    follow(peers: readonly EdgePeer[]): void {
      const urls = new Map(peers.map(({ id, url }) => [id, url]))
      for (const [id, { url, stop }] of readers) {
        if (urls.get(id) === url) continue
        stop.abort()
        readers.delete(id)
      }
      for (const peer of peers) {
        if (peer.url === undefined || readers.has(peer.id)) continue
        const stop = new AbortController()
        readers.set(peer.id, { url: peer.url, stop, ended: read(peer, peer.url, stop.signal) })
      }
    },
    async end(): Promise<void> {
      for (const { stop } of readers.values()) stop.abort()
      await Promise.all([...readers.values()].map(({ ended }) => ended))
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
