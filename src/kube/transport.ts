import { Agent, type Dispatcher } from 'undici'
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

type Link = { readonly agent: Agent; readonly tls: Tls }

export function openTransport(connection: Connection): Transport {
  const { origin, pathname } = new URL(connection.server)
  const prefix = pathname.replace(/\/+$/, '')
  let link: Link | undefined

  function agentFor({ tls }: Credentials): Agent {
    if (link !== undefined && sameTls(link.tls, tls)) return link.agent
    const before = link
    link = {
      agent: new Agent({ connect: { ...tls, timeout: connectMs, keepAlive: true }, keepAliveTimeout: idleMs, headersTimeout: 0, bodyTimeout: 0 }),
      tls,
    }
    // Watches on the old certificate end with it, and begin again with the new one.
    before?.agent.close().catch(() => before.agent.destroy())
    return link.agent
  }

  async function send({ method, path, body, contentType, accept = 'application/json', signal }: Ask): Promise<Reply> {
    signal.throwIfAborted()
    try {
      const credentials = await connection.credentials()
      const headers: Record<string, string> = { accept, 'user-agent': userAgent }
      if (credentials.authorization !== undefined) headers['authorization'] = credentials.authorization
      if (contentType !== undefined) headers['content-type'] = contentType
      const reply = await agentFor(credentials).request({ origin, path: prefix + path, method, headers, body: body ?? null, signal })
      if (reply.statusCode === 401) connection.distrust()
      return reply
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

function sameTls(a: Tls, b: Tls): boolean {
  const same = (x: string | Buffer | undefined, y: string | Buffer | undefined): boolean => String(x) === String(y)
  return (
    same(a.ca, b.ca) && same(a.cert, b.cert) && same(a.key, b.key) && a.rejectUnauthorized === b.rejectUnauthorized && a.servername === b.servername
  )
}
