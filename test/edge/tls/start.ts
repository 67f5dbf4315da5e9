import type { CertificateFiles, ListenerConfig, ListenerTls } from '../../../src/edge/config.ts'
import type { Address } from '../http/client.ts'
import { type Edge, type EdgeStart, startEdge } from '../http/edge.ts'
import { twoUpstreams } from '../http/harness.ts'
import { startUpstream, type Upstream } from '../http/upstream.ts'

export type SecureEdge = {
  readonly edge: Edge
  readonly address: Address
  readonly stable: Upstream
  readonly canary: Upstream
  close(): Promise<void>
}

const anyPort = { host: '127.0.0.1', port: 0 }

export function secureListener(certificates: readonly CertificateFiles[], tls: Partial<ListenerTls> = {}): ListenerConfig {
  return { address: anyPort, tls: { certificates: certificates.map(({ cert, key }) => ({ cert, key })), minVersion: '1.2', hstsSeconds: 0, ...tls } }
}

/** An edge whose first listener speaks TLS, in front of two recording upstreams. */
export async function startSecureEdge(listeners: readonly ListenerConfig[], change: Partial<EdgeStart> = {}, workers = 1): Promise<SecureEdge> {
  const [stable, canary] = await Promise.all([startUpstream('stable'), startUpstream('canary')])
  const edge = await startEdge({ listeners, routing: twoUpstreams(stable, canary), ...change }, workers)
  return {
    edge,
    address: edge.addresses[0]!,
    stable,
    canary,
    async close() {
      await edge.close()
      await Promise.all([stable.close(), canary.close()])
    },
  }
}
