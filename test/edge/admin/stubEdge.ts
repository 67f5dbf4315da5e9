import { once } from 'node:events'
import { request } from 'node:http'
import { BroadcastChannel } from 'node:worker_threads'
import type { Split } from '../../../src/core/routing/types.ts'
import { defaultLimits, defaultTimeouts, type EdgeConfig } from '../../../src/edge/config.ts'
import type { CrewTiming } from '../../../src/edge/crew.ts'
import { runEdge } from '../../../src/edge/main.ts'
import type { Source, SourceEvent } from '../../../src/edge/source/source.ts'
import { type StubCommand, type StubReport, stubChannel } from './stubProtocol.ts'

export const anyPort = { host: '127.0.0.1', port: 0 }

export function splitOf(name: string, weights: Readonly<Record<string, number>>, change: Partial<Split> = {}): Split {
  const backends = Object.entries(weights).map(([backend, weight], i) => ({
    name: backend,
    weight,
    endpoints: [{ host: '127.0.0.1', port: 9001 + i }],
  }))
  const totalWeight = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return { name, totalWeight, backends, routes: [], fallback: { kind: 'none' }, ...change }
}

export function configOf(splits: readonly Split[], change: Partial<EdgeConfig> = {}): EdgeConfig {
  const routes = splits.map((split) => ({ path: `/${split.name}`, pathType: 'Prefix' as const, split: split.name }))
  return {
    listeners: [{ address: anyPort }],
    admin: { address: anyPort },
    trustedProxies: [],
    timeouts: defaultTimeouts,
    limits: defaultLimits,
    routing: { routes, splits },
    ...change,
  }
}

/** A source that says what it is told to say. */
export function scriptedSource(): { readonly source: Source; say(event: SourceEvent): void } {
  const queue: SourceEvent[] = []
  let wake = (): void => undefined
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    signal.addEventListener('abort', () => wake())
    while (!signal.aborted) {
      const next = queue.shift()
      if (next !== undefined) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return {
    source: { description: 'script.yaml', events },
    say(event) {
      queue.push(event)
      wake()
    },
  }
}

/** A connection to what the stub workers tell and take; `told` is in the order of arrival. */
function openChannel() {
  const channel = new BroadcastChannel(stubChannel)
  const told: Extract<StubReport, { kind: 'told' }>[] = []
  const counted: (() => void)[] = []
  channel.onmessage = (event: unknown) => {
    const { data: report } = event as { data: StubReport }
    if (report.kind === 'told') told.push(report)
    else counted.shift()?.()
  }
  return {
    told,
    command: (command: StubCommand): void => channel.postMessage(command),
    /** Resolves when the worker has counted. */
    async count(command: Extract<StubCommand, { kind: 'count' | 'countOwn' }>): Promise<void> {
      const done = new Promise<void>((resolve) => counted.push(resolve))
      channel.postMessage(command)
      await within(done, 'a count')
    },
    close: (): void => channel.close(),
  }
}

export type StubEdge = Awaited<ReturnType<typeof startStubEdge>>

/** An edge, whole but for its workers, which are stubs. */
export async function startStubEdge(config: EdgeConfig, options: { readonly workers?: number; readonly timing?: Partial<CrewTiming> } = {}) {
  const channel = openChannel()
  const { source, say } = scriptedSource()
  const stop = new AbortController()
  const ready = Promise.withResolvers<{ readonly listeners: readonly string[]; readonly admin: string }>()
  const log: string[] = []
  const write = (level: string) => (message: string, fields?: object) => void log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  say({ kind: 'config', config })
  const ended = runEdge({
    source,
    workers: options.workers ?? 2,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    signal: stop.signal,
    onReady: ready.resolve,
    version: '1.2.3',
    workerUrl: new URL('./stubWorker.ts', import.meta.url),
    timing: { backoffMs: 1, ...options.timing },
  })
  try {
    const urls = await within(Promise.race([ready.promise, ended.then(() => Promise.reject(new Error('ended before it was ready')))]), 'readiness')
    return {
      urls,
      log,
      ...channel,
      call: (path: string, options?: CallOptions) => call(urls.admin, path, options),
      say,
      /** Resolves when the edge has taken or refused it. */
      async edit(next: EdgeConfig): Promise<void> {
        const lines = log.length
        say({ kind: 'config', config: next })
        await until(() => log.slice(lines).some((line) => line.includes('a table is in use') || line.includes('refused,')), 'an outcome of the edit')
      },
      stop: () => stop.abort(),
      ended,
      async end(): Promise<void> {
        stop.abort()
        await within(ended, 'the end of the edge')
        channel.close()
      },
    }
  } catch (error) {
    stop.abort()
    channel.close()
    throw error
  }
}

export type CallOptions = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
export type Reply = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

/** One request on a connection of its own; unlike fetch, it may say any Host. */
export async function call(base: string, path: string, { method = 'GET', headers = {}, body }: CallOptions = {}): Promise<Reply> {
  const { hostname, port } = new URL(base)
  const client = request({ host: hostname, port, path, method, headers, agent: false, timeout: 10_000 })
  client.end(body)
  const [response] = await within(once(client, 'response'), `an answer to ${method} ${path}`)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, headers: response.headers, body: text }
}

export function patch(weights: unknown, ifMatch: string | undefined, headers: Readonly<Record<string, string>> = {}): CallOptions {
  const precondition = ifMatch === undefined ? {} : { 'if-match': ifMatch }
  return { method: 'PATCH', headers: { 'content-type': 'application/json', ...precondition, ...headers }, body: JSON.stringify({ weights }) }
}

/** Looks until it holds, at most 10 s. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within 10 s`)), 10_000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
