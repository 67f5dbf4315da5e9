import { createServer, type Socket } from 'node:net'
import { Malformed, type Message, readRequest } from './message.ts'

/** One connection that the edge made to an upstream. */
export type UpstreamConnection = {
  readonly socket: Socket
  /** How many requests began on it. */
  requests: number
  /** Bytes that no complete request has used up yet. */
  pending: string
  /** Every byte, when the upstream keeps them. */
  everything: string
  state: 'open' | 'fin' | 'closed'
  /** Set by a script that wants to go on sending after the edge's FIN. */
  holdsOpen: boolean
  /** Resolves when the edge has closed its side, or reset. */
  readonly closed: Promise<void>
}

/** A request that an upstream received, with the connection to answer on. */
export type Received = { readonly request: Message; readonly connection: UpstreamConnection }

/** Answers one request. Bytes and ends are its own business: it may break any rule. */
export type Script = (received: Received) => void | Promise<void>

export type Upstream = {
  readonly name: string
  readonly port: number
  readonly connections: Set<UpstreamConnection>
  /** Complete requests by the nonce in their target. */
  readonly received: Map<string, Received[]>
  /** What a strict recipient could not read: always a finding. */
  readonly malformed: string[]
  /** Bytes that came in since the last `forget`. */
  bytes: number
  /** Scripts by nonce; `head` ones run as soon as the head is there, the others when the request is complete. */
  readonly scripts: Map<string, { readonly when: 'head' | 'complete'; readonly run: Script }>
  forget(): void
  close(): Promise<void>
}

/** `port` 0 or absent: one that is free. */
export type UpstreamOptions = { readonly host?: string; readonly port?: number; readonly keepEverything?: boolean; readonly script?: Script }

/** The mark that a test puts into a target, to find its request again. */
export function nonceIn(startLine: string): string {
  return /n\d{7}/.exec(startLine)?.[0] ?? startLine
}

/** Writes latin1 text as bytes. */
export function write(connection: UpstreamConnection, text: string): void {
  connection.socket.write(text, 'latin1')
}

/** A TCP upstream that records what it gets, and answers 200 with its own name where no script says otherwise. */
export async function startUpstream(name: string, options: UpstreamOptions = {}): Promise<Upstream> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(upstream, socket, options))
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', 4096, resolve))
  const address = server.address()
  const upstream: Upstream = {
    name,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: new Set(),
    received: new Map(),
    malformed: [],
    bytes: 0,
    scripts: new Map(),
    forget() {
      upstream.received.clear()
      upstream.bytes = 0
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const { socket } of upstream.connections) socket.destroy()
      await closed
    },
  }
  return upstream
}

function accept(upstream: Upstream, socket: Socket, options: UpstreamOptions): void {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const connection: UpstreamConnection = { socket, requests: 0, pending: '', everything: '', state: 'open', holdsOpen: false, closed }
  upstream.connections.add(connection)
  let announced = false
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    upstream.bytes += chunk.length
    connection.pending += chunk
    if (options.keepEverything === true) connection.everything += chunk
    for (;;) {
      const request = readOrRecord(upstream, connection)
      if (request === undefined) return
      const received: Received = { request, connection }
      const script = upstream.scripts.get(nonceIn(request.startLine))
      if (!announced) {
        announced = true
        connection.requests++
        if (script?.when === 'head') run(upstream, script.run, received)
      }
      if (!request.complete) return
      announced = false
      connection.pending = connection.pending.slice(request.end)
      record(upstream, received)
      if (script === undefined) run(upstream, options.script ?? answer(upstream.name), received)
      else if (script.when === 'complete') run(upstream, script.run, received)
      if (connection.pending === '') return
    }
  })
  socket.on('end', () => {
    connection.state = 'fin'
    resolve()
    if (!connection.holdsOpen) socket.end()
  })
  // A reset is an answer like any other here; `close` follows.
  socket.on('error', () => resolve())
  socket.on('close', () => {
    connection.state = 'closed'
    upstream.connections.delete(connection)
    resolve()
  })
}

function readOrRecord(upstream: Upstream, connection: UpstreamConnection): Message | undefined {
  try {
    return readRequest(connection.pending)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    upstream.malformed.push(`${error.message} in ${JSON.stringify(connection.pending.slice(0, 400))}`)
    connection.socket.destroy()
    return undefined
  }
}

function record(upstream: Upstream, received: Received): void {
  const nonce = nonceIn(received.request.startLine)
  const earlier = upstream.received.get(nonce)
  if (earlier === undefined) upstream.received.set(nonce, [received])
  else earlier.push(received)
}

function run(upstream: Upstream, script: Script, received: Received): void {
  const failed = (error: unknown): void => {
    upstream.malformed.push(`script for ${received.request.startLine} failed: ${String(error)}`)
  }
  try {
    void Promise.resolve(script(received)).catch(failed)
  } catch (error) {
    failed(error)
  }
}

/** The default answer: 200, the upstream's name as body, the target it was asked for in `X-Target`. */
export function answer(name: string): Script {
  return ({ request, connection }) => {
    const target = request.startLine.split(' ')[1] ?? ''
    const body = request.startLine.startsWith('HEAD ') ? '' : name
    write(connection, `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\nX-Target: ${target}\r\n\r\n${body}`)
  }
}
