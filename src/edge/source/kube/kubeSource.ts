import { setTimeout as delay } from 'node:timers/promises'
import type { KubeClient } from '../../../kube/client.ts'
import type { ReflectorTimes } from '../../../kube/reflector.ts'
import { compileRegex } from '../../../lib/regex.ts'
import type { EdgeConfig } from '../../config.ts'
import type { EdgeLog } from '../../log.ts'
import type { Source, SourceEvent } from '../source.ts'
import { type Followed, followCluster } from './followed.ts'
import { openRefusals } from './refusals.ts'
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
  /** All that a cluster does not say. */
  readonly settings: Omit<EdgeConfig, 'routing' | 'trafficSplits' | 'scope'>
  readonly log: EdgeLog
  readonly times?: Partial<KubeSourceTimes>
}

export type KubeSourceTimes = {
  /** Between two tables: what changes together is taken together. The first change after a pause is taken at once. */
  readonly settleMs: number
  readonly reflector?: Partial<ReflectorTimes>
}
const usualTimes: KubeSourceTimes = { settleMs: 25 }

/** Follows a cluster: Ingresses, Services with their EndpointSlices, and the TrafficSplits that govern them. */
export function kubeSource({ client, server, settings, log, ...options }: KubeSourceOptions): Source {
  const times = { ...usualTimes, ...options.times }
  const { namespaces, ingressClass, serviceDomain, keyFile } = options
  const scope = { namespaces: namespaces.length === 0 ? null : namespaces, class: ingressClass }
  const refusals = openRefusals({ log })

  async function* tables(cluster: Followed, dirty: Wake, signal: AbortSignal): AsyncIterable<SourceEvent> {
    await cluster.synced(signal)
    let table: Table | undefined
    while (!signal.aborted) {
      const startedMs = performance.now()
      dirty.clear()
      const next = compileTable(cluster.view, { ingressClass, serviceDomain, keyFile, compileRegex }, table)
      refusals.tell(next.refusals)
      if (table?.routing !== next.routing || table?.trafficSplits !== next.trafficSplits)
        yield { kind: 'config', config: { ...settings, scope, trafficSplits: next.trafficSplits, routing: next.routing } }
      table = next
      await dirty.wait(signal)
      await delay(Math.max(0, startedMs + times.settleMs - performance.now()), undefined, { signal })
    }
  }

  return {
    description: server,
    async *events(signal) {
      const stop = new AbortController()
      const ending = AbortSignal.any([signal, stop.signal])
      const dirty = openWake()
      const cluster = followCluster({ client, namespaces, onFailure: told(log), ...(times.reflector && { times: times.reflector }) })
      const run = cluster.run(ending, dirty.set)
      try {
        yield* tables(cluster, dirty, ending)
      } catch (error) {
        if (!ending.aborted) throw error
      } finally {
        stop.abort()
        await run
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
