import { openClient } from '../../../kube/client.ts'
import { type ConnectionSource, openConnection } from '../../../kube/connection.ts'
import { openTransport } from '../../../kube/transport.ts'
import { defaultLimits, defaultTimeouts, type EdgeConfig, type ListenAddress } from '../../config.ts'
import type { EdgeLog } from '../../log.ts'
import type { Source } from '../source.ts'
import { kubeSource } from './kubeSource.ts'

export type KubeEdgeSettings = {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly ingressClass: string
  readonly httpAddress: ListenAddress
  /** Listened on once there is a certificate. */
  readonly httpsAddress: ListenAddress
  readonly adminAddress: ListenAddress
  readonly adminTokenFile: string | undefined
  readonly serviceDomain: string | undefined
  readonly keyFile: string | undefined
  readonly snapshot: string | undefined
  readonly trustedProxies: readonly string[]
  readonly drainDelayMs: number
  readonly drainMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** The cluster that an edge stands in, or that a kubeconfig names. Rejects with what is wrong with how it is reached. */
export async function openKubeSource(settings: KubeEdgeSettings, parts: { readonly env: Environment; readonly log: EdgeLog }): Promise<Source> {
  const { kubeconfig, context } = settings
  const from: ConnectionSource =
    kubeconfig === undefined
      ? { kind: 'default', ...(context !== undefined && { context }) }
      : { kind: 'file', path: kubeconfig, ...(context !== undefined && { context }) }
  const connection = await openConnection(from, parts.env)
  return kubeSource({
    client: openClient(openTransport(connection)),
    server: connection.server,
    namespaces: settings.namespaces,
    ingressClass: settings.ingressClass,
    serviceDomain: settings.serviceDomain,
    keyFile: settings.keyFile,
    snapshot: settings.snapshot,
    settings: edgeSettings(settings),
    log: parts.log,
  })
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
