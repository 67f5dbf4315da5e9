import { setTimeout as delay } from 'node:timers/promises'
import type { KubeClient } from '../../../kube/client.ts'
import type { ReflectorTimes } from '../../../kube/reflector.ts'
import { compileRegex } from '../../../lib/regex.ts'
import type { EdgeConfig, ListenAddress, ListenerConfig, SecretCertificate } from '../../config.ts'
import type { EdgeLog } from '../../log.ts'
import type { Source, SourceEvent } from '../source.ts'
import { type Followed, followCluster } from './followed.ts'
import { openRefusals } from './refusals.ts'
import { openSnapshots } from './snapshots.ts'
import { compileTable, type Table } from './table.ts'
import { followTlsSecrets } from './tlsSecrets.ts'

export type KubeSourceOptions = {
  readonly client: KubeClient
  /** For logs: the server. */
  readonly server: string
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly ingressClass: string
  readonly redirectHttps?: boolean
  readonly serviceDomain?: string | undefined
  readonly keyFile?: string | undefined
  /** A folder where the table in use is kept; absent: nowhere. */
  readonly snapshot?: string | undefined
  /** Listened on once there is a certificate; absent: never. */
  readonly httpsAddress?: ListenAddress
  /** All that a cluster does not say. */
  readonly settings: Omit<EdgeConfig, 'routing' | 'trafficSplits' | 'scope' | 'secrets'>
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

type Served = Pick<Table, 'routing' | 'trafficSplits'> & { readonly secrets: ReadonlyMap<string, SecretCertificate> }

/** Follows a cluster: Ingresses, Services with their EndpointSlices, and the TrafficSplits that govern them. */
export function kubeSource({ client, server, settings, log, ...options }: KubeSourceOptions): Source {
  const times = { ...usualTimes, ...options.times }
  const { namespaces, ingressClass, redirectHttps = false, serviceDomain, keyFile } = options
  const scope = { namespaces: namespaces.length === 0 ? null : namespaces, class: ingressClass }
  const refusals = openRefusals({ log })

  const snapshots = options.snapshot === undefined ? undefined : openSnapshots({ folder: options.snapshot, scope, log })
  let following: Followed | undefined
  /** When the table was what the cluster said, by the monotonic clock; for one from disk that is a guess by the wall clock. */
  let trueAtMs: number | undefined

  function configOf({ routing, trafficSplits, secrets }: Served): SourceEvent {
    const certificates = [...secrets.keys()].map((secret) => ({ secret }))
    const { httpsAddress: address } = options
    const secure: readonly ListenerConfig[] =
      address === undefined || secrets.size === 0 ? [] : [{ address, tls: { certificates, minVersion: '1.2', hstsSeconds: 0 } }]
    return { kind: 'config', config: { ...settings, listeners: [...settings.listeners, ...secure], secrets, scope, trafficSplits, routing } }
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
    yield configOf({
      ...snapshot,
      secrets: new Map(snapshot.secrets.map(([name, each]) => [name, { ...each, expiresAt: new Date(each.expiresAt) }])),
    })
  }

  async function* tables(cluster: Followed, dirty: Wake, signal: AbortSignal): AsyncIterable<SourceEvent> {
    await cluster.synced(signal)
    const tlsSecrets = followTlsSecrets({
      client,
      onChange: dirty.set,
      onFailure: (secret, error) => log.warn('cannot follow a Secret', { secret, reason: error.message }),
    })
    try {
      let table: Table | undefined
      let served: Served | undefined
      while (!signal.aborted) {
        const startedMs = performance.now()
        dirty.clear()
        table = compileTable(cluster.view, { ingressClass, redirectHttps, serviceDomain, keyFile, compileRegex }, table, cluster.takeChanges())
        tlsSecrets.want(table.ingresses)
        // Ready means ready for TLS as well; but a Secret that cannot be had must not hold up the rest.
        if (served === undefined) await Promise.race([tlsSecrets.known(), delay(times.patienceMs, undefined, { signal })])
        const { certificates, refusals: bad } = await tlsSecrets.present()
        refusals.tell([...table.refusals, ...bad])
        const { routing, trafficSplits } = table
        const secrets = served !== undefined && isSameMap(served.secrets, certificates) ? served.secrets : certificates
        if (served?.routing !== routing || served.trafficSplits !== trafficSplits || served.secrets !== secrets) {
          served = { routing, trafficSplits, secrets }
          yield configOf(served)
          snapshots?.save({ savedAt: new Date().toISOString(), scope, routing, trafficSplits, secrets: [...secrets] })
        }
        await dirty.wait(signal)
        await delay(Math.max(0, startedMs + times.settleMs - performance.now()), undefined, { signal })
      }
    } finally {
      await tlsSecrets.close()
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

function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  const [those, these] = [[...a], [...b]]
  return those.length === these.length && those.every(([key, value], index) => key === these[index]![0] && value === these[index]![1])
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
