import type { Server, Socket } from 'node:net'
import { addressText } from './addresses.ts'
import { type Arrival, acceptInto, type OnRead, socketOf, turnAway } from './arrival.ts'
import { ClientConnection } from './client.ts'
import type { ListenAddress } from './config.ts'
import type { Context } from './context.ts'
import { workerAt } from './counters.ts'
import { openDoors } from './doors.ts'
import { clearEntry, type Entry, redirectEntry } from './entry.ts'
import type { Exchange } from './exchange.ts'
import { Origin } from './origin.ts'
import { addressOf, metLimit } from './pressure/door.ts'
import type { ToldAddresses } from './proxyProtocol/header.ts'
import { readBuffer } from './readBuffer.ts'
import { limitAt } from './record.ts'
import type { Table } from './table.ts'
import { plainAddress, type Trust } from './trust.ts'

type EdgeContext = Context<Table<Exchange>>

const nobody: Trust = () => false

/** Takes a new connection on. `told`: what a load balancer said of it, whose word is taken. */
export type Accept = (context: EdgeContext, arrival: Arrival, told?: ToldAddresses) => void

export const acceptClear: Accept = (context, arrival, told) => serve(context, socketOf(arrival, onread), clearEntry, told)

export function acceptRedirect(port: number): Accept {
  const entry = redirectEntry(port)
  return (context, arrival, told) => serve(context, socketOf(arrival, onread), entry, told)
}

/** Listens on an address. Until `open` gives it a context it keeps those who connect waiting. */
export class Listener {
  readonly address: ListenAddress
  readonly doors: readonly Server[]
  #context: EdgeContext | undefined = undefined
  #waiting: Arrival[] = []
  #serve: Accept = acceptClear
  #relays: Trust = nobody

  private constructor(doors: readonly Server[], address: ListenAddress) {
    this.doors = doors
    this.address = address
    for (const door of doors) {
      acceptInto(door, (arrival) => this.#accept(arrival))
      // A door that fails later, as for want of file descriptors, goes on with the next connection.
      door.on('error', () => {
        if (this.#context !== undefined) this.#context.counters[workerAt.connectionsRefused]!++
      })
    }
  }

  /** Rejects when the address cannot be bound. `workers`: how many bind it, each for itself. */
  static async bind(address: ListenAddress, workers: number): Promise<Listener> {
    const { doors, port } = await openDoors(address, workers)
    return new Listener(doors, { host: address.host, port })
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
    for (const arrival of this.#waiting.splice(0)) this.#accept(arrival)
  }

  /** Whether a limit is met; counted, if so. To be asked before anything is made of a connection: refusing must be cheap to be of use. */
  #refuses(context: EdgeContext, arrival: Arrival): boolean {
    const limit = metLimit(context, arrival, this.#relays)
    if (limit === undefined) return false
    context.counters[workerAt.connectionsRefused]!++
    context.counters[limitAt[limit]]!++
    return true
  }

  /** Accepts no more; connections that it has accepted live on. */
  close(): void {
    for (const door of this.doors) door.close()
    for (const arrival of this.#waiting.splice(0)) turnAway(arrival)
  }

  #accept(arrival: Arrival): void {
    const context = this.#context
    if (context === undefined) {
      this.#waiting.push(arrival)
      return
    }
    if (this.#refuses(context, arrival)) {
      turnAway(arrival)
      return
    }
    arrival.setNoDelay(true)
    this.#serve(context, context.table.limits.connectionsPerAddress > 0 ? this.#counted(context, arrival) : arrival)
  }

  #counted(context: EdgeContext, arrival: Arrival): Arrival {
    if (this.#relays(plainAddress(addressOf(arrival)))) return arrival
    const socket = socketOf(arrival, onread)
    context.perAddress.enter(socket)
    return socket
  }
}

/** Of sockets that `attach` gets. */
export const onread: OnRead = {
  buffer: readBuffer,
  callback(this: Owned, length: number, bytes: Uint8Array): boolean {
    this.client.receive(bytes as Buffer, length)
    return true
  },
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
  for (const each of context.timed) if (each.totalDeadlineMs <= now) each.outOfTime()
  for (const each of endpoints) each.sweep(context)
}
