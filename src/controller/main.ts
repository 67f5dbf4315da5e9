import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { decide } from '../core/rollout/decide.ts'
import { eventsOf } from '../core/rollout/events.ts'
import { openClient } from '../kube/client.ts'
import { type ConnectionSource, openConnection } from '../kube/connection.ts'
import type { Environment } from '../kube/execPlugin.ts'
import { openTransport } from '../kube/transport.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { compileRegex } from '../lib/regex.ts'
import { control } from './control.ts'
import { passBounds } from './metrics/families.ts'
import { openPassCounts } from './metrics/passCounts.ts'
import { renderMetrics } from './metrics/render.ts'
import { counted } from './metrics/requestCounts.ts'
import { type Page, servePages, text } from './serve.ts'
import type { Stores } from './stores.ts'
import { openTraffic, type Traffic } from './traffic/traffic.ts'

export type ControllerSettings = {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Where it is at home; absent: the connection's. */
  readonly namespace: string | undefined
  /** It looks after the Rollouts of that namespace alone. */
  readonly isNamespaced: boolean
  readonly instanceId: string
  readonly isEdgeDefault: boolean
  readonly edgeUrls: readonly string[]
  /** Empty: where it is at home. */
  readonly edgeNamespaces: readonly string[]
  readonly edgeTokenFile: string | undefined
  readonly isElected: boolean
  readonly workers: number
  readonly requestsPerSecond: number
  readonly requestBurst: number
  /** 0: any that is free. */
  readonly metricsPort: number
  readonly healthPort: number
}

export type ControllerOptions = {
  readonly settings: ControllerSettings
  readonly env: Environment
  readonly version: string
  readonly log: Log
  readonly signal: AbortSignal
  /** It knows the cluster. */
  onReady?(urls: { readonly metrics: string; readonly health: string }): void
}

/** Looks after Rollouts until the signal. Rejects where it may not go on: the lease was lost, or somebody else looks after them. */
export async function runController({ settings, env, version, log, signal, onReady }: ControllerOptions): Promise<void> {
  const connection = await openConnection(sourceOf(settings), env)
  const { transport, requests } = counted(openTransport(connection))
  const client = openClient(transport, { perSecond: settings.requestsPerSecond, burst: settings.requestBurst })
  const home = settings.namespace ?? connection.namespace
  const edgeNamespaces = settings.edgeNamespaces.length > 0 ? settings.edgeNamespaces : [home]
  const counts = openPassCounts(passBounds)
  const startedAt = new Date(performance.timeOrigin)
  let stores: Stores | undefined
  let traffic: Traffic | undefined
  let isLeading = false

  async function metrics(): Promise<Page> {
    const { user, system } = process.cpuUsage()
    const itself = { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(), startedAt }
    const rollouts = isLeading ? [...(stores?.rollouts.values() ?? [])] : []
    const edges = { edges: traffic?.edges() ?? [], splits: isLeading ? [...(stores?.splits.values() ?? [])] : [], nowMs: performance.now() }
    return { status: 200, ...(await renderMetrics({ version, isLeading, rollouts, counts, edges, requests: requests(), process: itself })) }
  }

  // Beyond this machine it is to be reached in a cluster alone; a sandbox tells its pods which address is theirs.
  const host = env['HOST'] || (env['KUBERNETES_SERVICE_HOST'] ? undefined : '127.0.0.1')
  const served = await Promise.all([
    serve({ '/metrics': metrics }, { host, port: settings.metricsPort, flag: '--metrics-port' }),
    serve(
      {
        '/healthz': async () => text(200, 'ok\n'),
        '/readyz': async () => (stores === undefined ? text(503, 'does not know the cluster yet\n') : text(200, 'ok\n')),
      },
      { host, port: settings.healthPort, flag: '--health-port' },
    ),
  ])
  const [metricsPort, healthPort] = served.map(({ port }) => port)
  const urls = { metrics: `http://127.0.0.1:${metricsPort}/metrics`, health: `http://127.0.0.1:${healthPort}/healthz` }
  log.info('the controller has started', { version, server: connection.server, namespace: settings.isNamespaced ? home : 'all', ...urls })
  try {
    await control(
      {
        client,
        scope: { instanceId: settings.instanceId, ...(settings.isNamespaced && { namespace: home }) },
        identity: `${hostname()}_${randomUUID()}`,
        home,
        ...(settings.isElected && { election: {} }),
        decide: (rollout, observed, now) => decide(rollout, observed, now, compileRegex),
        eventsOf,
        openReports(informers, { splits }) {
          traffic = openTraffic({ informers, splits, edgeNamespaces, edgeUrls: settings.edgeUrls, tokenFile: settings.edgeTokenFile, log })
          return traffic
        },
        edgeNamespaces,
        counts,
        isEdgeDefault: settings.isEdgeDefault,
        workers: settings.workers,
        log,
        onSynced(known) {
          stores = known
          onReady?.(urls)
        },
        onLeading(leads) {
          isLeading = leads
        },
      },
      signal,
    )
  } finally {
    await Promise.all(served.map((each) => each.close()))
    await transport.close()
  }
}

function sourceOf({ kubeconfig, context }: ControllerSettings): ConnectionSource {
  const chosen = context === undefined ? {} : { context }
  return kubeconfig === undefined ? { kind: 'default', ...chosen } : { kind: 'file', path: kubeconfig, ...chosen }
}

async function serve(
  pages: Parameters<typeof servePages>[0],
  { flag, ...where }: Parameters<typeof servePages>[1] & { readonly flag: string },
): ReturnType<typeof servePages> {
  try {
    return await servePages(pages, where)
  } catch (error) {
    throw new Error(`port ${where.port} cannot be had (${explain(error)}): give another by ${flag}, or 0 for any that is free`, { cause: error })
  }
}
