import { isDeepStrictEqual } from 'node:util'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { unlessAborted } from '../lib/deadline.ts'
import type { Connection, Credentials, Tls } from './connection.ts'
import { KubeError } from './errors.ts'

export type Ask = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  readonly accept?: string
  /** Ends the request; its reason is what the caller gets. */
  readonly signal: AbortSignal
}

export type Reply = Dispatcher.ResponseData

/** Requests as the connection's user. Connections are kept, and made anew where certificates have changed. */
export type Transport = {
  /** Rejects with a KubeError `noAnswer`, or with the reason of the signal. */
  send(ask: Ask): Promise<Reply>
  close(): Promise<void>
}

/** Beyond: the server is not there. */
const connectMs = 10_000
/** Below the 90 s for which an API server's HTTP/1.1 side keeps a connection. */
const idleMs = 60_000
const userAgent = 'spillway'

type Link = { readonly agent: Dispatcher; readonly tls: Tls }

export function openTransport(connection: Connection): Transport {
  const { origin, pathname } = new URL(connection.server)
  const prefix = pathname.replace(/\/+$/, '')
  let link: Link | undefined

  function agentFor({ tls }: Credentials): Dispatcher {
    if (link !== undefined && (link.tls === tls || isDeepStrictEqual(link.tls, tls))) return link.agent
    const before = link
    link = { agent: openAgent(connection.proxy, tls), tls }
    // Watches on the old certificate end with it, and begin again with the new one.
    before?.agent.close().catch(() => before.agent.destroy())
    return link.agent
  }

  async function send({ method, path, body, contentType, accept = 'application/json', signal }: Ask): Promise<Reply> {
    const request = ({ headers: who }: Credentials, agent: Dispatcher): Promise<Reply> => {
      const headers: Record<string, string | string[]> = { accept, 'user-agent': userAgent }
      for (const [name, value] of Object.entries(who)) headers[name] = typeof value === 'string' ? value : [...value]
      if (contentType !== undefined) headers['content-type'] = contentType
      return agent.request({ origin, path: prefix + path, method, headers, body: body ?? null, signal })
    }
    signal.throwIfAborted()
    try {
      const credentials = await unlessAborted(signal, connection.credentials())
      const reply = await request(credentials, agentFor(credentials))
      if (reply.statusCode !== 401) return reply
      connection.distrust(credentials)
      const renewed = await unlessAborted(signal, connection.credentials())
      // Nothing was done, so that a write may go again as well as a read; the same once more would be refused once more.
      if (isDeepStrictEqual(renewed, credentials)) return reply
      await reply.body.dump()
      return await request(renewed, agentFor(renewed))
    } catch (error) {
      signal.throwIfAborted()
      throw noAnswer(`${method} ${withoutQuery(path)}`, error)
    }
  }

  return {
    send,
    async close() {
      await link?.agent.destroy()
    },
  }
}

export function noAnswer(attempt: string, error: unknown): KubeError {
  return new KubeError({
    kind: 'noAnswer',
    message: `${attempt}: ${error instanceof Error ? error.message || String(error) : String(error)}`,
    cause: error,
  })
}

export function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

/** Deadlines are the callers': a watch may well be silent. */
function openAgent(proxy: string | undefined, tls: Tls): Dispatcher {
  // HTTP/1.1: over HTTP/2 all would share a connection, and when that goes silent, what is asked next would wait for it in vain too.
  const options = { allowH2: false, keepAliveTimeout: idleMs, headersTimeout: 0, bodyTimeout: 0 }
  return proxy === undefined
    ? new Agent({ ...options, connect: { ...tls, timeout: connectMs, keepAlive: true } })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: { ...tls, timeout: connectMs, keepAlive: true } })
}
