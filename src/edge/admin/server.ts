import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AddressTrouble, explain } from '../addresses.ts'
import type { EdgeConfig, ListenAddress } from '../config.ts'
import type { EdgeLog } from '../log.ts'
import { type AdminAnswer, problem } from './answer.ts'
import { createServer } from './http.ts'

export type Handler = (request: IncomingMessage, admin: EdgeConfig['admin']) => Promise<AdminAnswer>

/** The one admin listener. It moves in two steps, so that a new address is bound before anything else of an edit happens. */
export type AdminServer = {
  /** Binds `admin.address` unless it is in use by this server already; not yet served under the new settings. */
  prepare(admin: EdgeConfig['admin']): Promise<AddressTrouble | undefined>
  /** Goes over to what was prepared and closes what it replaces. */
  commit(admin: EdgeConfig['admin']): Promise<void>
  discard(): Promise<void>
  address(): ListenAddress | undefined
  /** All that it listens on, what was prepared included. */
  bound(): readonly ListenAddress[]
  close(): Promise<void>
}

type Listening = { readonly server: Server; readonly asked: ListenAddress; readonly bound: ListenAddress }

export function openAdminServer(options: { readonly handle: Handler; readonly log: EdgeLog }): AdminServer {
  const { handle, log } = options
  let present: Listening | undefined
  let prepared: Listening | undefined
  let settings: EdgeConfig['admin'] | undefined

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = settings === undefined ? notYet() : await handle(request, settings)
      send(request, response, answer)
    } catch (error) {
      log.error('an admin request failed', { path: pathOf(request), error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      if (!response.headersSent) send(request, response, problem(500, { detail: 'The edge failed to answer.', fix: 'Look into its log.' }))
    }
  }

  return {
    async prepare(admin) {
      settings ??= admin
      if (present !== undefined && sameAddress(present.asked, admin.address)) return undefined
      const server = createServer(serverLimits, (request, response) => void onRequest(request, response))
      server.maxConnections = maxConnections
      const listening = await listen(server, admin.address)
      if (listening instanceof Error) return explain(admin.address, 'admin.address', listening)
      prepared = listening
      return undefined
    },
    async commit(admin) {
      settings = admin
      if (prepared === undefined) return
      const old = present
      present = prepared
      prepared = undefined
      if (old !== undefined) await closeServer(old.server)
    },
    async discard() {
      const vain = prepared
      prepared = undefined
      if (vain !== undefined) await closeServer(vain.server)
    },
    address: () => present?.bound,
    bound: () => [present, prepared].flatMap((listening) => (listening === undefined ? [] : [listening.bound])),
    async close() {
      await Promise.all([present, prepared].map((listening) => listening && closeServer(listening.server)))
    },
  }
}

const serverLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
  requireHostHeader: true,
}
/** Operators and scrapers; more is a mistake or an attack. */
const maxConnections = 128

export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!
}

function send(request: IncomingMessage, response: ServerResponse, answer: AdminAnswer): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.stream === undefined ? { 'Content-Length': Buffer.byteLength(answer.body) } : {}),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  if (request.method === 'HEAD') response.end()
  else if (answer.stream === undefined) response.end(answer.body)
  else answer.stream(response)
}

function notYet(): AdminAnswer {
  return problem(503, { detail: 'The edge is starting.', fix: 'Ask again in a moment.' })
}

function listen(server: Server, asked: ListenAddress): Promise<Listening | Error> {
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen({ host: asked.host, port: asked.port, exclusive: true }, () => {
      server.off('error', resolve)
      resolve({ server, asked, bound: { host: asked.host, port: (server.address() as AddressInfo).port } })
    })
  })
}

/** What is being answered is given a moment to end. */
async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), 1_000)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}

function sameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.host === b.host && a.port === b.port
}
