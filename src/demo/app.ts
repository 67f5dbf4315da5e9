/**
 * The service that the demo releases: one process per version, told by HOST, PORT, VERSION, LATENCY_MS, ERROR_RATE,
 * and DRAIN_MS: for how long it serves on after SIGTERM, until everybody knows that it goes.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { pathToFileURL } from 'node:url'
import { renderPage } from './page.ts'

/** How a version behaves. `errorRate` from 0 to 1; `latencyMs` is the mean, each request takes within 30 % of it. */
export type Behaviour = { readonly errorRate: number; readonly latencyMs: number }

export type AppOptions = {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly version: string
  readonly behaviour: Behaviour
}

const controlBodyBytes = 1024
const maxLatencyMs = 60_000

/** Reads `{"errorRate": 0.3, "latencyMs": 20}`, each part optional; the message says what is wrong and what would be right. */
export function parseBehaviour(text: string, present: Behaviour): { readonly behaviour: Behaviour } | { readonly message: string } {
  let wanted: unknown
  try {
    wanted = JSON.parse(text)
  } catch (error) {
    return { message: `not JSON (${error instanceof Error ? error.message : String(error)}); send {"errorRate": 0.3}` }
  }
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return { message: 'send an object, as in {"errorRate": 0.3}' }
  let { errorRate, latencyMs } = present
  for (const [name, value] of Object.entries(wanted)) {
    if (typeof value !== 'number') return { message: `${name}: ${JSON.stringify(value)} is not a number` }
    if (name === 'errorRate') errorRate = value
    else if (name === 'latencyMs') latencyMs = value
    else return { message: `${name} is unknown; errorRate and latencyMs can be set` }
  }
  if (errorRate < 0 || errorRate > 1) return { message: `errorRate: ${errorRate} is not between 0 and 1` }
  if (latencyMs < 0 || latencyMs > maxLatencyMs) return { message: `latencyMs: ${latencyMs} is not between 0 and ${maxLatencyMs}` }
  return { behaviour: { errorRate, latencyMs } }
}

/** Says which requests fail so that any n in a row hold n × rate failures, within one: a figure on the screen that does not wobble. */
export function failureSchedule(): (rate: number) => boolean {
  let owed = 0
  return (rate) => {
    owed = rate === 0 ? 0 : owed + rate
    // 1e-9: ten times 0.1 is a hair less than 1.
    if (owed < 1 - 1e-9) return false
    owed -= 1
    return true
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./.test(address) || address === '::1')
}

/** Why a request may not steer this process; undefined: it may. */
export function controlRefusal(remote: string | undefined, headers: IncomingMessage['headers']): string | undefined {
  if (!isLoopback(remote)) return 'control is for this machine only'
  // A web page that the user has open can post here too; browsers then name the page's origin.
  if (headers.origin !== undefined) return 'control is not for web pages'
  // The edge stands on this machine as well: through it, anybody could steer, and would hit either version.
  if (headers.via !== undefined || headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined)
    return "control does not pass through a proxy; send it to this version's own port"
  return undefined
}

/** Starts a version; the server is returned listening. */
export async function startApp(options: AppOptions): Promise<Server> {
  let behaviour = options.behaviour
  let requestNumber = 0
  const isNextFailing = failureSchedule()

  const send = (response: ServerResponse, status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-version': options.version,
    })
    response.end(body)
  }
  const sendJson = (response: ServerResponse, status: number, value: unknown): void =>
    send(response, status, 'application/json', `${JSON.stringify(value)}\n`)

  const control = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = controlRefusal(request.socket.remoteAddress, request.headers)
    if (refusal !== undefined) return sendJson(response, 403, { error: refusal })
    const text = await readBody(request, controlBodyBytes)
    if (text === undefined) return sendJson(response, 413, { error: `more than ${controlBodyBytes} bytes` })
    const parsed = parseBehaviour(text, behaviour)
    if ('message' in parsed) return sendJson(response, 400, { error: parsed.message })
    behaviour = parsed.behaviour
    sendJson(response, 200, { version: options.version, ...behaviour })
  }

  const answer = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    requestNumber++
    const facts = { version: options.version, host: `${bracketed(options.host)}:${request.socket.localPort}`, requestNumber }
    if (isNextFailing(behaviour.errorRate)) sendJson(response, 500, { ...facts, error: 'failing on purpose; see POST /control' })
    else if (path === '/') send(response, 200, 'text/html; charset=utf-8', renderPage({ ...facts, ...behaviour }))
    else sendJson(response, 200, facts)
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (path === '/control' && request.method === 'POST') {
      control(request, response).catch((error: unknown) => request.destroy(error instanceof Error ? error : new Error(String(error))))
      return
    }
    request.resume()
    if (path !== '/' && path !== '/api') return sendJson(response, 404, { error: 'there are /, /api and POST /control' })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return sendJson(response, 405, { error: 'GET or HEAD' })
    }
    if (behaviour.latencyMs === 0) return answer(request, response, path)
    const timer = setTimeout(answer, behaviour.latencyMs * (0.7 + 0.6 * Math.random()), request, response, path)
    response.once('close', () => clearTimeout(timer))
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return server
}

/** The body as text, or undefined when it is longer than `limit` bytes. */
async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= limit) parts.push(part)
  }
  return bytes <= limit ? Buffer.concat(parts).toString('utf8') : undefined
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

function numberFrom(text: string | undefined, fallback: number): number {
  return text === undefined || text === '' || Number.isNaN(Number(text)) ? fallback : Number(text)
}

export function optionsFrom(env: Readonly<Record<string, string | undefined>>): AppOptions {
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: numberFrom(env['PORT'], 9001),
    version: env['VERSION'] ?? 'v1',
    behaviour: { errorRate: numberFrom(env['ERROR_RATE'], 0), latencyMs: numberFrom(env['LATENCY_MS'], 0) },
  }
}

const usualDrainMs = 3_000

/** Serves on for a while, each connection until its next answer; then finishes what is under way, and ends. */
function drain(server: Server, drainMs: number): void {
  server.prependListener('request', (_, response: ServerResponse) => response.setHeader('connection', 'close'))
  setTimeout(() => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  }, drainMs)
}

async function main(): Promise<void> {
  const server = await startApp(optionsFrom(process.env))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  process.once('SIGTERM', () => drain(server, numberFrom(process.env['DRAIN_MS'], usualDrainMs)))
  process.once('SIGINT', () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
  console.log(`listening on port ${port}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
