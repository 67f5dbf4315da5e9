import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { reset } from '../../test/edge/http/reset.ts'
import { nonceIn, type Received, startUpstream, type Upstream, type UpstreamConnection, write } from '../../test/edge/http/upstream.ts'
import { misconduct, type Random } from '../../test/edge/stress/misconduct.ts'
import type { Ledger } from './ledger.ts'

/** A service behind the edge that can be killed, as a process that dies: its port refuses, its connections break. */
export type Service = {
  readonly name: string
  readonly port: number
  isUp(): boolean
  kill(): Promise<void>
  restart(): Promise<void>
  /** Answers nothing for so long. */
  stall(ms: number): void
}

export type ScriptedService = Service & {
  /** This request is to be refused before its body has come. */
  answerEarly(nonce: string): void
  /** What it was sent that no strict recipient could read. */
  malformed(): readonly string[]
}

export type ServiceTools = { readonly ledger: Ledger; readonly random: Random; readonly complain: (problem: string) => void }

/** How long a request that is refused early may still come. */
const earlyMs = 60_000

/** Answers as the path of each request says: `misconduct` knows most, `who` and `fails` are for visits. */
export async function openScriptedService(name: string, { ledger, random, complain }: ServiceTools): Promise<ScriptedService> {
  let stalledUntilMs = 0
  let isUp = true
  const lastOn = new WeakMap<UpstreamConnection, string>()
  const early: { readonly nonce: string; readonly atMs: number }[] = []
  const answering = new Set<UpstreamConnection>()
  const malformed: string[] = []

  async function script(received: Received): Promise<void> {
    const { request, connection } = received
    const [method = '', target = ''] = request.startLine.split(' ')
    const [, kind, nonce = ''] = target.split('/')
    upstream.received.clear()
    lastOn.set(connection, nonce)
    const times = ledger.arrived(nonce)
    if (connection.socket.writableEnded) ledger.cameLate(nonce)
    if (times > (method === 'POST' ? 1 : 2)) complain(`${request.startLine} came ${times} times`)
    const waitMs = stalledUntilMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    if (kind === 'who') write(connection, `HTTP/1.1 200 OK\r\nX-Nonce: ${nonce}\r\nContent-Length: ${name.length}\r\n\r\n${name}`)
    else if (kind === 'fails') write(connection, `HTTP/1.1 503 Mine\r\nX-Nonce: ${nonce}\r\nContent-Length: 0\r\n\r\n`)
    else {
      answering.add(connection)
      await misconduct(received, random).finally(() => answering.delete(connection))
    }
  }

  let upstream: Upstream = await startUpstream(name, { script })
  const { port } = upstream
  return {
    name,
    port,
    isUp: () => isUp,
    async kill() {
      isUp = false
      // Whose answers may not have been read yet, and whose requests have not come whole.
      ledger.killed([...upstream.connections].flatMap((connection) => [lastOn.get(connection) ?? '', nonceIn(connection.pending)]))
      malformed.push(...upstream.malformed)
      // An answer that ends with its connection would look whole to anybody, were that closed well.
      for (const { socket } of answering) reset(socket)
      await upstream.close()
    },
    async restart() {
      const { scripts } = upstream
      upstream = await startUpstream(name, { script, port })
      for (const [nonce, entry] of scripts) upstream.scripts.set(nonce, entry)
      isUp = true
    },
    stall(ms) {
      stalledUntilMs = performance.now() + ms
    },
    answerEarly(nonce) {
      const nowMs = performance.now()
      early.push({ nonce, atMs: nowMs })
      while (early[0]!.atMs + earlyMs < nowMs) upstream.scripts.delete(early.shift()!.nonce)
      const run = ({ connection }: Received): void => {
        lastOn.set(connection, nonce)
        ledger.arrived(nonce)
        write(connection, `HTTP/1.1 401 No\r\nX-Nonce: ${nonce}\r\nContent-Length: 2\r\n\r\nno`)
      }
      upstream.scripts.set(nonce, { when: 'head', run })
    },
    malformed: () => [...malformed, ...upstream.malformed],
  }
}

/** What large bodies are made of, in both directions. */
export const block = Buffer.alloc(65_536, 'All work and no play makes Jack a dull boy. ')

export function digestOfBlocks(bytes: number): string {
  const hash = createHash('sha1')
  for (let left = bytes; left > 0; left -= block.length) hash.update(left < block.length ? block.subarray(0, left) : block)
  return hash.digest('hex')
}

/** A service by node's own HTTP server, for large bodies: `/bulk/up/NONCE` tells what came, `/bulk/down/NONCE/BYTES` sends as much. */
export async function openBulkService(name: string, { ledger, complain }: ServiceTools): Promise<Service> {
  let stalledUntilMs = 0
  let isUp = true
  const lastOn = new Map<Socket, string>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , way, nonce = '', bytes] = (request.url ?? '').split('/')
    lastOn.set(request.socket, nonce)
    const times = ledger.arrived(nonce)
    if (times > (request.method === 'POST' ? 1 : 2)) complain(`${request.method} ${request.url} came ${times} times`)
    const waitMs = stalledUntilMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    if (way === 'up') await takeUp(request, response)
    else await sendDown(Number(bytes), response)
  }

  function listen(port: number): Promise<Server> {
    const opened = createServer((request, response) => {
      // Whoever is on the other side went away: told by the other side.
      answer(request, response).catch(() => response.destroy())
    })
    opened.keepAliveTimeout = 5_000
    opened.on('connection', (socket) => socket.on('close', () => lastOn.delete(socket)))
    return new Promise((resolve) => opened.listen(port, '127.0.0.1', 4096, () => resolve(opened)))
  }

  let server = await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    name,
    port,
    isUp: () => isUp,
    kill() {
      isUp = false
      ledger.killed(lastOn.values())
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
    async restart() {
      server = await listen(port)
      isUp = true
    },
    stall(ms) {
      stalledUntilMs = performance.now() + ms
    },
  }
}

async function takeUp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha1')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  response.end(`${bytes} ${hash.digest('hex')}`)
}

async function sendDown(bytes: number, response: ServerResponse): Promise<void> {
  if (bytes % 2 === 0) response.setHeader('Content-Length', bytes)
  for (let left = bytes; left > 0; left -= block.length) {
    if (response.destroyed) return
    if (!response.write(left < block.length ? block.subarray(0, left) : block)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', gone)
      resolve()
    }
    const gone = (): void => reject(new Error('the connection closed'))
    response.once('drain', settle).once('close', gone)
  })
}
