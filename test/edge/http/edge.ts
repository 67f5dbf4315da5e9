import { defaultLimits, defaultTimeouts, type EdgeConfig, type Timeouts } from '../../../src/edge/config.ts'
import { type EdgeOptions, runEdge } from '../../../src/edge/main.ts'
import type { Source, SourceEvent } from '../../../src/edge/source/source.ts'
import type { Address } from './client.ts'

/** A whole edge: main and worker threads in this process, its sockets real. */
export type Edge = {
  /** One per listener, with the port that the system gave. */
  readonly addresses: readonly Address[]
  readonly admin: Address
  /** What it logged as an error; a worker that died is among it. */
  readonly errors: string[]
  readonly warnings: string[]
  /** Hands over another configuration, as a source would. */
  apply(change: Partial<EdgeConfig>): void
  /** Resolves when one more of them is in use. */
  nextInUse(): Promise<void>
  close(): Promise<void>
}

export type EdgeStart = Partial<Omit<EdgeConfig, 'timeouts' | 'routing'>> & Pick<EdgeConfig, 'routing'> & { readonly timeouts?: Partial<Timeouts> }

const anyPort = { host: '127.0.0.1', port: 0 }
const readyMs = 15_000

export async function startEdge(
  { timeouts, ...start }: EdgeStart,
  workers = 1,
  others: Pick<EdgeOptions, 'workerUrl' | 'timing' | 'authenticate'> = {},
): Promise<Edge> {
  let config: EdgeConfig = {
    listeners: [{ address: anyPort }],
    admin: { address: anyPort },
    trustedProxies: [],
    limits: defaultLimits,
    timeouts: { ...defaultTimeouts, ...timeouts },
    ...start,
  }
  const changes = openChanges()
  changes.push({ kind: 'config', config })
  const stop = new AbortController()
  const errors: string[] = []
  const warnings: string[] = []
  const toBeTold: (() => void)[] = []
  const ready = Promise.withResolvers<{ readonly listeners: readonly string[]; readonly admin: string }>()
  const late = setTimeout(() => ready.reject(new Error(`the edge was not ready within ${readyMs} ms`)), readyMs)
  const ended = runEdge({
    source: changes.source,
    workers,
    ...others,
    signal: stop.signal,
    onReady: ready.resolve,
    log: {
      info(message) {
        if (message === 'a table is in use') for (const tell of toBeTold.splice(0)) tell()
      },
      warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
      error: (message, fields) => void errors.push(`${message} ${JSON.stringify(fields ?? {})}`),
    },
  })
  ended.catch(ready.reject)
  const urls = await ready.promise
  clearTimeout(late)
  return {
    addresses: urls.listeners.map(addressOf),
    admin: addressOf(urls.admin),
    errors,
    warnings,
    apply(change) {
      config = { ...config, ...change }
      changes.push({ kind: 'config', config })
    },
    nextInUse: () => new Promise((resolve) => toBeTold.push(resolve)),
    async close() {
      stop.abort()
      await ended
    },
  }
}

export function addressOf(url: string): Address {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function openChanges(): { readonly source: Source; push(event: SourceEvent): void } {
  const waiting: SourceEvent[] = []
  let wake = (): void => undefined
  return {
    push(event) {
      waiting.push(event)
      wake()
    },
    source: {
      description: 'a test',
      async *events(signal) {
        signal.addEventListener('abort', () => wake(), { once: true })
        while (!signal.aborted) {
          const event = waiting.shift()
          if (event !== undefined) yield event
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      },
    },
  }
}
