import { BroadcastChannel } from 'node:worker_threads'
import { type Client, openClient } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend } from '../http/harness.ts'
import { answer, type Script, startUpstream, type Upstream } from '../http/upstream.ts'

export const breakChannel = 'break'
export type Break = { readonly worker: number; readonly how: 'throw' | 'reject' | 'hoard' | 'exit' | 'pause' | 'stall' }

/** An edge with two workers that break on command, and an upstream that holds requests for `/held` until it is told to answer. */
export type BreakableEdge = {
  readonly edge: Edge
  readonly upstream: Upstream
  /** Requests that are held now. */
  held(): number
  release(): void
  breakWorker(command: Break): void
  close(): Promise<void>
}

type Start = Parameters<typeof startEdge>

export async function startBreakableEdge(change: Partial<Start[0]> = {}, timing: NonNullable<Start[2]>['timing'] = {}): Promise<BreakableEdge> {
  const holding: (() => void)[] = []
  const script: Script = (received) => {
    const say = (): void => void answer('upstream')(received)
    if (received.request.startLine.includes(' /held')) holding.push(say)
    else say()
  }
  const upstream = await startUpstream('upstream', { script })
  const routing = {
    routes: [{ path: '/', pathType: 'Prefix' as const, split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('only', 1, upstream)], routes: [], fallback: { kind: 'none' as const } }],
  }
  const edge = await startEdge({ routing, timeouts: { drainMs: 500 }, ...change }, 2, {
    workerUrl: new URL('./breakableWorker.ts', import.meta.url),
    timing,
  })
  const channel = new BroadcastChannel(breakChannel)
  return {
    edge,
    upstream,
    held: () => holding.length,
    release: () => {
      for (const say of holding.splice(0)) say()
    },
    breakWorker: (command) => channel.postMessage(command),
    async close() {
      channel.close()
      await edge.close()
      await upstream.close()
    },
  }
}

export function openClients(edge: Edge, count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => openClient(edge.addresses[0]!)))
}

/** Whether a kept connection answers another request. */
export async function serves(client: Client, path = '/', deadlineMs = 10_000): Promise<boolean> {
  client.text = ''
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await client.until(() => client.text.endsWith('upstream') || client.end !== 'open', deadlineMs)
  return client.text.startsWith('HTTP/1.1 200 ') && client.text.endsWith('upstream')
}
