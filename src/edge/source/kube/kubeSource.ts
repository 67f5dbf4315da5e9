import { setTimeout as delay } from 'node:timers/promises'
import type { KubeClient } from '../../../kube/client.ts'
import type { ReflectorTimes } from '../../../kube/reflector.ts'
import { compileRegex } from '../../../lib/regex.ts'
import type { EdgeConfig } from '../../config.ts'
import type { EdgeLog } from '../../log.ts'
import type { Source, SourceEvent } from '../source.ts'
import { type Followed, followCluster } from './followed.ts'
import { openRefusals } from './refusals.ts'
import { openSnapshots } from './snapshots.ts'
import { compileTable, type Table } from './table.ts'

export type KubeSourceOptions = {
  readonly client: KubeClient
  /** For logs: the server. */
  readonly server: string
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly ingressClass: string
  readonly serviceDomain?: string | undefined
  readonly keyFile?: string | undefined
  /** A folder where the table in use is kept; absent: nowhere. */
  readonly snapshot?: string | undefined
  /** All that a cluster does not say. */
  readonly settings: Omit<EdgeConfig, 'routing' | 'trafficSplits' | 'scope'>
  readonly log: EdgeLog
  readonly times?: Partial<KubeSourceTimes>
}

export type KubeSourceTimes = {
  /** Between two tables: what changes together is taken together. The first change after a pause is taken at once. */
  readonly settleMs: number
  /** After a start: how long the cluster may be silent, and how long it may fail, until the snapshot serves. */
  readonly patienceMs: number
  readonly failingMs: number
  /** A watch that tells nothing for so long is as good as none. */
  readonly silenceMs: number
  readonly reflector: ReflectorTimes
}
/** Short watches: an edge that is cut off is to know within 15 s, and to be in step again 2 s after that is over. */
const usualTimes: KubeSourceTimes = {
  settleMs: 25,
  patienceMs: 900,
  failingMs: 300,
  silenceMs: 15_000,
  reflector: { watchS: 10, backoff: { firstMs: 100, longestMs: 2_000 } },
}

/** Follows a cluster: Ingresses, Services with their EndpointSlices, and the TrafficSplits that govern them. */
export function kubeSource({ client, server, settings, log, ...options }: KubeSourceOptions): Source {
  const times = { ...usualTimes, ...options.times }
  const { namespaces, ingressClass, serviceDomain, keyFile } = options
  const scope = { namespaces: namespaces.length === 0 ? null : namespaces, class: ingressClass }
  const refusals = openRefusals({ log })

  const snapshots = options.snapshot === undefined ? undefined : openSnapshots({ folder: options.snapshot, scope, log })
  let following: Followed | undefined
  /** When the table was what the cluster said, by the monotonic clock; for one from disk that is a guess by the wall clock. */
  let trueAtMs: number | undefined

  function configOf({ routing, trafficSplits }: Pick<Table, 'routing' | 'trafficSplits'>): SourceEvent {
    return { kind: 'config', config: { ...settings, scope, trafficSplits, routing } }
  }

  /** From disk, where the cluster does not tell soon enough what it wants. */
  async function* meanwhile(cluster: Followed, signal: AbortSignal): AsyncIterable<SourceEvent> {
    yield { kind: 'waiting', admin: settings.admin }
    if (await cluster.syncedWithin(times, signal)) return
    const snapshot = await snapshots?.load()
    if (snapshot === undefined) {
      log.error('the cluster cannot be reached and there is no snapshot: not ready until it can', { server })
      return
    }
    trueAtMs = performance.now() - Math.max(0, Date.now() - Date.parse(snapshot.savedAt))
    log.warn('the cluster cannot be reached: the table of the last run serves', { server, savedAt: snapshot.savedAt })
    yield configOf(snapshot)
  }

  async function* tables(cluster: Followed, dirty: Wake, signal: AbortSignal): AsyncIterable<SourceEvent> {
    await cluster.synced(signal)
    let table: Table | undefined
    while (!signal.aborted) {
      const startedMs = performance.now()
      dirty.clear()
      const next = compileTable(cluster.view, { ingressClass, serviceDomain, keyFile, compileRegex }, table, cluster.takeChanges())
      refusals.tell(next.refusals)
      const isNew = table?.routing !== next.routing || table?.trafficSplits !== next.trafficSplits
      table = next
      if (isNew) {
        yield configOf(next)
        snapshots?.save({ savedAt: new Date().toISOString(), scope, routing: next.routing, trafficSplits: next.trafficSplits })
      }
      await dirty.wait(signal)
      await delay(Math.max(0, startedMs + times.settleMs - performance.now()), undefined, { signal })
    }
  }

  return {
    description: server,
    status() {
      const { connected = false, heardMs = 0 } = following?.connection(times.silenceMs) ?? {}
      const sinceMs = following?.isSynced() === true ? heardMs : trueAtMs
      return { connected, ageSeconds: sinceMs === undefined ? undefined : (performance.now() - sinceMs) / 1_000, refused: refusals.counts() }
    },
    async *events(signal) {
      const stop = new AbortController()
      const ending = AbortSignal.any([signal, stop.signal])
      const dirty = openWake()
      const cluster = followCluster({ client, namespaces, onFailure: told(log), times: times.reflector })
      following = cluster
      const run = cluster.run(ending, dirty.set)
      try {
        yield* meanwhile(cluster, ending)
        yield* tables(cluster, dirty, ending)
      } catch (error) {
        if (!ending.aborted) throw error
      } finally {
        stop.abort()
        await run
        await snapshots?.close()
      }
    },
  }
}

function told(log: EdgeLog): Parameters<typeof followCluster>[0]['onFailure'] {
  return (resource, error, failures) => {
    // An outage is told once, and again now and then.
    if (failures === 1 || failures % 20 === 0) log.warn(`cannot follow ${resource.name}; the table in use stays`, { failures, reason: error.message })
  }
}

type Wake = { set(): void; clear(): void; wait(signal: AbortSignal): Promise<void> }

function openWake(): Wake {
  let next = Promise.withResolvers<void>()
  return {
    set: () => next.resolve(),
    clear() {
      next = Promise.withResolvers<void>()
    },
    async wait(signal) {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const abort = (): void => resolve()
      signal.addEventListener('abort', abort, { once: true })
      await Promise.race([next.promise, promise])
      signal.removeEventListener('abort', abort)
    },
  }
}
