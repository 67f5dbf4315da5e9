import { isDeepStrictEqual } from 'node:util'
import { unlessAborted } from '../lib/deadline.ts'
import type { Connection, Credentials, Tls } from './connection.ts'
import { noAnswer, withoutQuery } from './errors.ts'

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

export type Reply = {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: ReplyBody
}

/** To be read to its end, or destroyed: until then it keeps a connection. */
export type ReplyBody = AsyncIterable<Buffer> & {
  text(): Promise<string>
  /** Reads it, for nobody. */
  dump(): Promise<void>
  destroy(error?: Error): unknown
}

/** Requests as the connection's user. Connections are kept, and made anew where certificates have changed. */
export type Transport = {
  /** Rejects with a KubeError `noAnswer`, or with the reason of the signal. */
  send(ask: Ask): Promise<Reply>
  close(): Promise<void>
}

/** Sends requests to an origin by HTTP/1.1; it keeps connections. */
export type HttpAgent = {
  request(request: HttpRequest): Promise<Reply>
  /** Once what is under way has ended. */
  close(): Promise<void>
  destroy(): Promise<void>
}

export type HttpRequest = {
  readonly origin: string
  readonly path: string
  readonly method: Ask['method']
  readonly headers: Record<string, string | string[]>
  readonly body: string | undefined
  readonly signal: AbortSignal
}

export type OpenAgent = (proxy: string | undefined, tls: Tls) => HttpAgent

const userAgent = 'spillway'

type Link = { readonly agent: HttpAgent; readonly tls: Tls }

export function openSending(connection: Connection, openAgent: OpenAgent): Transport {
  const { origin, pathname } = new URL(connection.server)
  const prefix = pathname.replace(/\/+$/, '')
  let link: Link | undefined

  function agentFor({ tls }: Credentials): HttpAgent {
    if (link !== undefined && (link.tls === tls || isDeepStrictEqual(link.tls, tls))) return link.agent
    const before = link
    link = { agent: openAgent(connection.proxy, tls), tls }
    // Watches on the old certificate end with it, and begin again with the new one.
    before?.agent.close().catch(() => before.agent.destroy())
    return link.agent
  }

  async function send({ method, path, body, contentType, accept = 'application/json', signal }: Ask): Promise<Reply> {
    const request = async (credentials: Credentials): Promise<Reply> => {
      const headers: Record<string, string | string[]> = { accept, 'user-agent': userAgent }
      for (const [name, value] of Object.entries(credentials.headers)) headers[name] = typeof value === 'string' ? value : [...value]
      if (contentType !== undefined) headers['content-type'] = contentType
      return agentFor(credentials).request({ origin, path: prefix + path, method, headers, body, signal })
    }
    signal.throwIfAborted()
    try {
      const credentials = await unlessAborted(signal, connection.credentials())
      const reply = await request(credentials)
      if (reply.statusCode !== 401) return reply
      connection.distrust(credentials)
      const renewed = await unlessAborted(signal, connection.credentials())
      // Nothing was done, so that a write may go again as well as a read; the same once more would be refused once more.
      if (isDeepStrictEqual(renewed, credentials)) return reply
      await reply.body.dump()
      return await request(renewed)
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
