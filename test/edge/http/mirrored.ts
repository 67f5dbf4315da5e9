import type { Mirror, Routing, Split } from '../../../src/core/routing/types.ts'
import { call, until } from '../admin/stubEdge.ts'
import type { Address } from './client.ts'
import { type Edge, type EdgeStart, startEdge } from './edge.ts'
import { backend } from './harness.ts'
import type { Message } from './message.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

/** An edge with one worker whose requests all go to `stable`, and whose mirrors copy them to `shadow`. */
export type Mirrored = {
  readonly edge: Edge
  readonly address: Address
  readonly stable: Upstream
  readonly shadow: Upstream
  /** Of copies for `shadow`, those that came to something. */
  outcomes(): Promise<Readonly<Record<string, number>>>
  /** Resolves once as many copies have come to an end, one way or the other. */
  settled(copies: number): Promise<void>
  close(): Promise<void>
}

export type MirroredStart = Omit<EdgeStart, 'routing'> & { readonly shadow?: UpstreamOptions; readonly split?: Partial<Split> }

export function mirrorTo(backendName: string, change: Partial<Mirror> = {}): Mirror {
  return { name: 'copies', match: [], backend: backendName, percentage: 100, ...change }
}

export function mirroredRouting(stable: { readonly port: number }, shadow: { readonly port: number }, change: Partial<Split> = {}): Routing {
  const split: Split = {
    name: 'main',
    totalWeight: 100,
    backends: [backend('stable', 100, stable), backend('shadow', 0, shadow)],
    routes: [],
    mirrors: [mirrorTo('shadow')],
    fallback: { kind: 'none' },
    ...change,
  }
  return { routes: [{ path: '/', pathType: 'Prefix', split: 'main' }], splits: [split] }
}

export async function startMirrored({ shadow: options, split = {}, ...start }: MirroredStart = {}): Promise<Mirrored> {
  const stable = await startUpstream('stable')
  const shadow = await startUpstream('shadow', options)
  const edge = await startEdge({ ...start, routing: mirroredRouting(stable, shadow, split) })
  const mirrored: Mirrored = {
    edge,
    address: edge.addresses[0]!,
    stable,
    shadow,
    outcomes: () => outcomesOf(edge.admin),
    settled: (copies) =>
      until(async () => Object.values(await mirrored.outcomes()).reduce((sum, count) => sum + count, 0) >= copies, `${copies} copies settled`),
    async close() {
      await edge.close()
      await Promise.all([stable.close(), shadow.close()])
      const complaints = [...edge.errors, ...stable.malformed, ...shadow.malformed]
      if (complaints.length > 0) throw new Error(complaints.slice(0, 3).join('; '))
    },
  }
  return mirrored
}

export async function metricsOf(admin: Address): Promise<string> {
  return (await call(`http://${admin.host}:${admin.port}`, '/metrics')).body
}

export async function outcomesOf(admin: Address): Promise<Record<string, number>> {
  const lines = (await metricsOf(admin)).matchAll(/^spillway_edge_mirrored_requests_total\{.*role="shadow".*outcome="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, outcome, count]): [string, number] => [outcome!, Number(count)]).filter(([, count]) => count > 0))
}

/** All requests that an upstream has got. */
export function requestsOf(upstream: Upstream): Message[] {
  return [...upstream.received.values()].flat().map(({ request }) => request)
}
