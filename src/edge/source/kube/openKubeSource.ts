import { edgeAudience } from '../../../api/rolloutLabels.ts'
import { openClient } from '../../../kube/client.ts'
import { type ConnectionSource, openConnection } from '../../../kube/connection.ts'
import { openTransport } from '../../../kube/transport.ts'
import type { Authenticate } from '../../admin/guard.ts'
import { defaultLimits, defaultTimeouts, type EdgeConfig, type ListenAddress } from '../../config.ts'
import type { EdgeLog } from '../../log.ts'
import type { Source } from '../source.ts'
import { kubeSource } from './kubeSource.ts'
import { openTokenReviewer } from './tokenReview.ts'

export type KubeEdgeSettings = {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly ingressClass: string
  readonly redirectHttps: boolean
  readonly httpAddress: ListenAddress
  /** Listened on once there is a certificate. */
  readonly httpsAddress: ListenAddress
  readonly adminAddress: ListenAddress
  readonly adminTokenFile: string | undefined
  /** Users whose tokens open the admin API where no file says which token does; none: it is open on loopback alone. */
  readonly trustController: readonly string[]
  readonly serviceDomain: string | undefined
  readonly keyFile: string | undefined
  readonly snapshot: string | undefined
  readonly trustedProxies: readonly string[]
  readonly drainDelayMs: number
  readonly drainMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

export type KubeParts = {
  readonly source: Source
  /** For the admin API; undefined: as the configuration has it. */
  readonly authenticate: Authenticate | undefined
}

/** Tokens that nobody knows must not use up what the edge may ask the API server for itself. */
const reviewRate = { perSecond: 10, burst: 20 }

/** The cluster that an edge stands in, or that a kubeconfig names. Rejects with what is wrong with how it is reached. */
export async function openKubeSource(settings: KubeEdgeSettings, parts: { readonly env: Environment; readonly log: EdgeLog }): Promise<KubeParts> {
  const { kubeconfig, context, adminTokenFile, trustController: usernames } = settings
  const from: ConnectionSource =
    kubeconfig === undefined
      ? { kind: 'default', ...(context !== undefined && { context }) }
      : { kind: 'file', path: kubeconfig, ...(context !== undefined && { context }) }
  const connection = await openConnection(from, parts.env)
  const transport = openTransport(connection)
  const source = kubeSource({
    client: openClient(transport),
    server: connection.server,
    namespaces: settings.namespaces,
    ingressClass: settings.ingressClass,
    redirectHttps: settings.redirectHttps,
    serviceDomain: settings.serviceDomain,
    keyFile: settings.keyFile,
    snapshot: settings.snapshot,
    httpsAddress: settings.httpsAddress,
    settings: edgeSettings(settings),
    log: parts.log,
  })
  const isReviewed = adminTokenFile === undefined && usernames.length > 0
  const reviewer = { client: openClient(transport, reviewRate), audience: edgeAudience, usernames, log: parts.log }
  return { source, authenticate: isReviewed ? openTokenReviewer(reviewer) : undefined }
}

function edgeSettings(settings: KubeEdgeSettings): Omit<EdgeConfig, 'routing'> {
  const { httpAddress, adminAddress, adminTokenFile, trustedProxies, drainDelayMs, drainMs } = settings
  return {
    listeners: [{ address: httpAddress }],
    admin: { address: adminAddress, ...(adminTokenFile !== undefined && { tokenFile: adminTokenFile }) },
    trustedProxies,
    timeouts: { ...defaultTimeouts, drainDelayMs, drainMs },
    limits: defaultLimits,
  }
}
