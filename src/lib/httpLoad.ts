/** Sends requests when told to, over at most so many connections that are kept alive, and tells what became of each. */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export type LoadTarget = { readonly url: URL; readonly method: string; readonly headers: Readonly<Record<string, string | string[]>> }

export type Outcome =
  /** The whole answer has come. */
  | { readonly kind: 'answered'; readonly status: number; readonly headers: NodeJS.Dict<string | readonly string[]> }
  /** Sent, and no whole answer in time. */
  | { readonly kind: 'timeout' }
  /** Not sent in time: all connections waited for earlier answers. */
  | { readonly kind: 'unsent' }
  /** Not connected, or broken off. `reason`: a code of the system where there is one. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** Given up by `close`. */
  | { readonly kind: 'abandoned' }

/** `sentAt`: undefined if never; all in milliseconds of `performance.now`. */
export type Result = { readonly outcome: Outcome; readonly dueAt: number; readonly sentAt: number | undefined; readonly endedAt: number }

export type HttpLoad = {
  /** Sends at once if a connection is free, else in the order of calls. `onEnd` is called exactly once. */
  send(target: LoadTarget, dueAt: number, onEnd: (result: Result) => void): void
  outstanding(): number
  /** Resolves once nothing is outstanding, after `timeoutMs` at the latest, or when `signal` aborts. */
  idle(signal: AbortSignal): Promise<void>
  /** Gives up what is outstanding and closes all connections. */
  close(): void
}

type Exchange = {
  readonly target: LoadTarget
  readonly dueAt: number
  readonly onEnd: (result: Result) => void
  sentAt: number | undefined
  outgoing: ClientRequest | undefined
  isOver: boolean
}

/** How often timeouts are looked for: they may be that much late. */
const sweepMs = 20

/** `timeoutMs` counts from when a request was due. */
export function openHttpLoad({ connections, timeoutMs }: { readonly connections: number; readonly timeoutMs: number }): HttpLoad {
  // In turn, so that none of them idles long enough to be closed by the other side.
  const options = { keepAlive: true, maxSockets: connections, scheduling: 'fifo' } as const
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) }
  // Sets keep the order of insertion, which is that of due times: sweeps look only at what has run out.
  const waiting = new Set<Exchange>()
  const sent = new Set<Exchange>()
  const idlers = new Set<() => void>()

  function end(exchange: Exchange, outcome: Outcome): void {
    if (exchange.isOver) return
    exchange.isOver = true
    waiting.delete(exchange)
    sent.delete(exchange)
    exchange.onEnd({ outcome, dueAt: exchange.dueAt, sentAt: exchange.sentAt, endedAt: performance.now() })
    if (outcome.kind !== 'answered') exchange.outgoing?.destroy()
    const [next] = waiting
    if (next !== undefined && sent.size < connections) start(next)
    if (sent.size + waiting.size === 0) for (const wake of idlers) wake()
  }

  function start(exchange: Exchange): void {
    waiting.delete(exchange)
    sent.add(exchange)
    exchange.sentAt = performance.now()
    exchangeOn(exchange, true)
  }

  function exchangeOn(exchange: Exchange, mayRetry: boolean): void {
    const { url, method, headers } = exchange.target
    const secure = url.protocol === 'https:'
    const outgoing = (secure ? httpsRequest : httpRequest)(url, { method, headers, agent: secure ? agents.https : agents.http })
    exchange.outgoing = outgoing
    let hasAnswer = false
    outgoing.once('response', (response) => {
      hasAnswer = true
      response.resume()
      response.once('end', () => end(exchange, { kind: 'answered', status: response.statusCode ?? 0, headers: response.headers }))
      response.once('error', (error) => end(exchange, { kind: 'broken', reason: reasonOf(error) }))
    })
    outgoing.once('error', (error) => {
      // A server may close an idle connection at the moment when it is used again: no failure of anybody (RFC 9112 §9.3.1).
      if (!exchange.isOver && mayRetry && !hasAnswer && outgoing.reusedSocket && safeMethods.has(method)) exchangeOn(exchange, false)
      else end(exchange, { kind: 'broken', reason: reasonOf(error) })
    })
    outgoing.end()
  }

  const sweep = setInterval(() => {
    const latest = performance.now() - timeoutMs
    // Those that wait first: a connection that is given up would take one of them that has run out as well.
    for (const exchange of waiting) {
      if (exchange.dueAt > latest) break
      end(exchange, { kind: 'unsent' })
    }
    for (const exchange of sent) {
      if (exchange.dueAt > latest) break
      end(exchange, { kind: 'timeout' })
    }
  }, sweepMs)

  return {
    send(target, dueAt, onEnd) {
      const exchange: Exchange = { target, dueAt, onEnd, sentAt: undefined, outgoing: undefined, isOver: false }
      if (sent.size < connections) start(exchange)
      else waiting.add(exchange)
    },
    outstanding: () => sent.size + waiting.size,
    idle(signal) {
      if (sent.size + waiting.size === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = (): void => {
          idlers.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        idlers.add(wake)
        signal.addEventListener('abort', wake, { once: true })
        if (signal.aborted) wake()
      })
    },
    close() {
      clearInterval(sweep)
      for (const exchange of [...waiting, ...sent]) end(exchange, { kind: 'abandoned' })
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
