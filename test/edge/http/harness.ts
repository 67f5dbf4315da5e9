import type { Backend, Route, Routing, SplitRoute } from '../../../src/core/routing/types.ts'
import type { Timeouts } from '../../../src/edge/config.ts'
import type { Address, Pulse } from './client.ts'
import { startPulse } from './client.ts'
import { type Edge, type EdgeStart, startEdge } from './edge.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** An edge with one worker in front of two recording upstreams, for a test file. */
export type Harness = {
  readonly edge: Edge
  readonly address: Address
  readonly stable: Upstream
  readonly canary: Upstream
  readonly pulse: Pulse
  readonly seed: number
  /** A whole number below the bound, from the seed. */
  random(below: number): number
  /** Whether the work ended in time. */
  within(deadlineMs: number, work: Promise<unknown>): Promise<boolean>
  forget(): void
  close(): Promise<void>
}

/** For a whole test file: many times what it takes on an idle machine. */
export const fileDeadlineMs = 180_000

/** No pause of a busy machine is as long, yet a deadline that a test runs into by mistake ends it in time for a message. */
const patientTimeouts: Partial<Timeouts> = {
  requestHeadMs: 3_000,
  keepAliveMs: 3_000,
  bodyIdleMs: 2_000,
  connectMs: 2_000,
  responseHeadMs: 2_000,
  upstreamIdleMs: 4_000,
  tunnelIdleMs: 2_000,
  drainMs: 500,
}

/** For tests of the deadlines themselves. */
export const shortTimeouts: Partial<Timeouts> = {
  requestHeadMs: 300,
  keepAliveMs: 1_000,
  bodyIdleMs: 500,
  connectMs: 300,
  responseHeadMs: 500,
  upstreamIdleMs: 1_000,
  tunnelIdleMs: 2_000,
  drainMs: 500,
}

export function backend(name: string, weight: number, ...upstreams: readonly { readonly port: number }[]): Backend {
  return { name, weight, endpoints: upstreams.map(({ port }) => ({ host: '127.0.0.1', port })) }
}

/** `b`, `example.com` and paths below `/x` lead to canary, everything else to stable; `X-Canary: always` leads to canary too. */
export function twoUpstreams(stable: Upstream, canary: Upstream): Routing {
  const always: SplitRoute = {
    name: 'asked',
    match: [{ headers: [{ name: 'X-Canary', value: { kind: 'exact', value: 'always' } }], cookies: [], query: [] }],
    backend: 'canary',
  }
  return {
    routes: [
      ...['b', 'example.com', 'xn--bcher-kva.example'].map((host): Route => ({ host, path: '/', pathType: 'Prefix', split: 'canary' })),
      { path: '/x', pathType: 'Prefix', split: 'canary' },
      { path: '/', pathType: 'Prefix', split: 'main' },
    ],
    splits: [
      {
        name: 'main',
        totalWeight: 100,
        backends: [backend('stable', 100, stable), backend('canary', 0, canary)],
        routes: [always],
        fallback: { kind: 'none' },
      },
      { name: 'canary', totalWeight: 100, backends: [backend('canary', 100, canary)], routes: [], fallback: { kind: 'none' } },
    ],
  }
}

export async function startHarness(change: Partial<EdgeStart> = {}): Promise<Harness> {
  const stable = await startUpstream('stable')
  const canary = await startUpstream('canary')
  const edge = await startEdge({ timeouts: patientTimeouts, routing: twoUpstreams(stable, canary), ...change })
  const address = edge.addresses[0]!
  const pulse = startPulse(address)
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  return {
    edge,
    address,
    stable,
    canary,
    pulse,
    seed,
    random: randomFrom(seed),
    async within(deadlineMs, work) {
      const { promise: late, resolve } = Promise.withResolvers<false>()
      const timer = setTimeout(() => resolve(false), deadlineMs)
      const intime = await Promise.race([work.then(() => true), late])
      clearTimeout(timer)
      return intime
    },
    forget() {
      stable.forget()
      canary.forget()
    },
    async close() {
      pulse.close()
      await edge.close()
      await Promise.all([stable.close(), canary.close()])
      if (edge.errors.length > 0) throw new Error(`the edge logged errors: ${edge.errors.slice(0, 3).join('; ')}`)
    },
  }
}

/** Marsaglia's xorshift with 32 bits: enough to choose offsets, and the same everywhere. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
