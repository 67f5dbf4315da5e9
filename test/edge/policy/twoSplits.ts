import type { TrafficPolicy } from '../../../src/edge/config.ts'
import { call } from '../admin/stubEdge.ts'
import { type Client, openClient } from '../http/client.ts'
import { type Edge, type EdgeStart, startEdge } from '../http/edge.ts'
import { backend, shortTimeouts } from '../http/harness.ts'
import { nextNonce } from '../http/rows.ts'
import { type Script, startUpstream, type Upstream } from '../http/upstream.ts'

/** An edge with a split `one` for host `one` and a split `two` for host `two`, each with settings of its own and both with the same upstream. */
export type TwoSplits = {
  readonly edge: Edge
  readonly upstream: Upstream
  /** Has the upstream do so with the request of this nonce; by default as soon as its head is there. */
  script(run: Script, when?: 'head' | 'complete'): string
  open(): Promise<Client>
  /** The value of a metric, by its name and all or the last of its labels. */
  metric(name: string, labels: string): Promise<number>
  close(): Promise<void>
}

type Policies = { readonly one: Partial<TrafficPolicy>; readonly two: Partial<TrafficPolicy> }
type Start = Partial<Omit<EdgeStart, 'routing' | 'policies'>> & { readonly endpoints?: readonly { readonly port: number }[] }

export async function startTwoSplits(policies: Policies, { endpoints, ...start }: Start = {}): Promise<TwoSplits> {
  const upstream = await startUpstream('served')
  const edge = await startEdge({
    timeouts: { ...shortTimeouts, requestHeadMs: 5_000, keepAliveMs: 10_000, upstreamIdleMs: 10_000 },
    ...start,
    policies,
    routing: {
      routes: ['one', 'two'].map((name) => ({ host: name, path: '/', pathType: 'Prefix', split: name })),
      splits: ['one', 'two'].map((name) => ({
        name,
        totalWeight: 1,
        backends: [backend('b', 1, ...(endpoints ?? [upstream]))],
        routes: [],
        fallback: { kind: 'none' },
      })),
    },
  })
  return {
    edge,
    upstream,
    script(run, when = 'head') {
      const nonce = nextNonce()
      upstream.scripts.set(nonce, { when, run })
      return nonce
    },
    open: () => openClient(edge.addresses[0]!),
    async metric(name, labels) {
      const { body } = await call(`http://${edge.admin.host}:${edge.admin.port}`, '/metrics')
      return Number(new RegExp(`^${name}\\{(?:.*,)?${labels}\\} (.*)$`, 'm').exec(body)?.[1])
    },
    async close() {
      await edge.close()
      await upstream.close()
    },
  }
}

/** Milliseconds from a request to its end. */
export async function timed(client: Client, request: string, end: (client: Client) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  client.write(request)
  await end(client)
  return performance.now() - startedMs
}
