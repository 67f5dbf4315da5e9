import { createServer, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import { addressText } from './addresses.ts'
import { ClientConnection } from './client.ts'
import type { ListenAddress } from './config.ts'
import type { Context } from './context.ts'
import { workerAt } from './counters.ts'
import { clearEntry, type Entry, redirectEntry } from './entry.ts'
import type { Exchange } from './exchange.ts'
import { Origin } from './origin.ts'
import { metLimit, type Peer } from './pressure/door.ts'
import type { ToldAddresses } from './proxyProtocol/header.ts'
import { readBuffer } from './readBuffer.ts'
import { limitAt } from './record.ts'
import type { Table } from './table.ts'
import { plainAddress, type Trust } from './trust.ts'

type EdgeContext = Context<Table<Exchange>>

const nobody: Trust = () => false
const backlog = 4096
/** What may wait in memory for a slow client, beside one read from the upstream. Smaller, and every second 64 KiB read would pause its upstream. */
export const bufferedBytes = 131_072

/** Takes a new connection on. `told`: what a load balancer said of it, whose word is taken. */
export type Accept = (context: EdgeContext, socket: Socket, told?: ToldAddresses) => void

export const acceptClear: Accept = (context, socket, told) => serve(context, socket, clearEntry, told)

export function acceptRedirect(port: number): Accept {
  const entry = redirectEntry(port)
  return (context, socket, told) => serve(context, socket, entry, told)
}

/** A listening socket. Until `open` gives it a context it keeps those who connect waiting. */
export class Listener {
  readonly address: ListenAddress
  readonly #server: Server
  #context: EdgeContext | undefined = undefined
  #waiting: Socket[] = []
  #serve: Accept = acceptClear
  #relays: Trust = nobody

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server
    this.address = address
    acceptInto(server, this)
    // A listener that fails later, as for want of file descriptors, goes on with the next connection.
    server.on('error', () => {
      if (this.#context !== undefined) this.#context.counters[workerAt.connectionsRefused]!++
    })
  }

  /** Rejects when the address cannot be bound. */
  static bind(address: ListenAddress, shared: boolean): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: bufferedBytes })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address.host, port: address.port, backlog, reusePort: shared }, () => {
        server.removeListener('error', reject)
        const bound = server.address()
        const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
        resolve(new Listener(server, { host: address.host, port }))
      })
    })
  }

  get key(): string {
    return addressText(this.address)
  }

  /** Connections that have been accepted before stay what they are. `relays`: peers that speak for others, whose number `accept` looks after. */
  acceptBy(accept: Accept, relays: Trust = nobody): void {
    this.#serve = accept
    this.#relays = relays
  }

  open(context: EdgeContext): void {
    this.#context = context
    for (const socket of this.#waiting.splice(0)) {
      if (this.refuses(socket)) socket.destroy()
      else this.accept(socket)
    }
  }

  /** Whether a limit is met; counted, if so. To be asked before anything is made of a connection: refusing must be cheap to be of use. */
  refuses(peer: Peer): boolean {
    const context = this.#context
    if (context === undefined) return false
    const limit = metLimit(context, peer, this.#relays)
    if (limit === undefined) return false
    context.counters[workerAt.connectionsRefused]!++
    context.counters[limitAt[limit]]!++
    return true
  }

  /** Accepts no more; connections that it has accepted live on. */
  close(): void {
    this.#server.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
  }

  accept(socket: Socket): void {
    const context = this.#context
    if (context === undefined) {
      this.#waiting.push(socket)
      return
    }
    if (context.table.limits.connectionsPerAddress > 0 && !this.#relays(plainAddress(socket.remoteAddress ?? ''))) context.perAddress.enter(socket)
    this.#serve(context, socket)
  }
}

type ConnectionHandle = { setNoDelay(on: boolean): void; getpeername(name: { address?: string }): number; close(): void }
type ListeningHandle = { onconnection: (error: number, handle: ConnectionHandle) => void }

/**
 * Takes connections over before node wraps them, to wrap them with `onread`: node allocates 64 KiB for each read of an accepted socket and has no
 * option against it, though it has one for sockets that connect. Worth 5 µs of 33 per request: 27, 30 and 26 µs of CPU against 38, 29 and 33 without,
 * keepalive-get of bench/, in turn. Should node ever change inside, connections come the documented way.
 */
function acceptInto(server: Server, listener: Listener): void {
  const listening = (server as unknown as { _handle?: ListeningHandle })._handle
  if (typeof listening?.onconnection !== 'function')
    server.on('connection', (socket) => {
      if (listener.refuses(socket)) socket.destroy()
      else listener.accept(socket)
    })
  else
    listening.onconnection = (error, handle) => {
      if (error !== 0) server.emit('error', new Error(`accept failed (${error})`))
      else if (listener.refuses(handle)) handle.close()
      else listener.accept(wrap(handle))
    }
}

const onread = {
  buffer: readBuffer,
  callback(this: Owned, length: number, bytes: Uint8Array): boolean {
    this.client.receive(bytes as Buffer, length)
    return true
  },
}

/** Paused: nobody is there to be called yet. */
function wrap(handle: ConnectionHandle): Socket {
  handle.setNoDelay(true)
  const options = { handle, allowHalfOpen: true, writableHighWaterMark: bufferedBytes, pauseOnCreate: true, onread }
  return new Socket(options as unknown as SocketConstructorOpts)
}

/** Who takes what happens on a socket. */
export type Receiver = Pick<ClientConnection, 'receive' | 'ended' | 'drained' | 'closed'>

type Owned = Socket & { client: Receiver }

export function serve(context: EdgeContext, socket: Socket, entry: Entry, told: ToldAddresses | undefined): void {
  context.nowMs = performance.now()
  attach(socket, new ClientConnection(context, socket, new Origin(context, socket, entry, told)))
}

/** Listeners are functions of the module and find their connection on the socket: closures would cost each idle connection 400 bytes. */
export function attach(socket: Socket, receiver: Receiver): void {
  const owned = socket as Owned
  owned.client = receiver
  // Where the connection came the documented way; with `onread` there is no such event.
  owned.on('data', onData)
  owned.on('end', onEnd)
  owned.on('drain', onDrain)
  owned.on('error', onError)
  owned.on('close', onClose)
  owned.resume()
}

/** Leaves the socket, paused, to whoever is next to take it on. */
export function detach(socket: Socket): void {
  socket.pause()
  socket.off('data', onData).off('end', onEnd).off('drain', onDrain).off('error', onError).off('close', onClose)
}

function onData(this: Owned, bytes: Buffer): void {
  this.client.receive(bytes, bytes.length)
}
function onEnd(this: Owned): void {
  this.client.ended()
}
function onDrain(this: Owned): void {
  this.client.drained()
}
/** 'close' follows, and is what is acted upon. */
function onError(this: Owned): void {
  this.destroy()
}
function onClose(this: Owned): void {
  this.client.closed()
}

/** Gives up on whatever has waited too long. */
export function sweep(context: Context, endpoints: readonly { sweep(context: Context): void }[]): void {
  const now = performance.now()
  context.nowMs = now
  for (const client of context.clients) if (client.deadlineMs !== 0 && client.deadlineMs <= now) client.expire()
  for (const upstream of context.upstreams) if (upstream.deadlineMs !== 0 && upstream.deadlineMs <= now) upstream.expire()
  for (const each of endpoints) each.sweep(context)
}
