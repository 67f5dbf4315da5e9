import type { Socket } from 'node:net'
import { socketOf } from '../arrival.ts'
import type { Context, WaitingClient } from '../context.ts'
import { workerAt } from '../counters.ts'
import type { Exchange } from '../exchange.ts'
import type { PeerLog } from '../peerLog.ts'
import { addressOf, hasAll } from '../pressure/door.ts'
import { limitAt } from '../record.ts'
import { type Accept, attach, detach, onread, type Receiver } from '../server.ts'
import type { Table } from '../table.ts'
import { plainAddress, type Trust } from '../trust.ts'
import type { ToldAddresses } from './header.ts'
import { parseProxyHeader } from './parse.ts'

type EdgeContext = Context<Table<Exchange>>

/** Connections of `from` begin with a header and go on as `accept` takes them; of others no header is taken, and they cost nothing more. */
export function acceptProxied(from: Trust, accept: Accept, log: PeerLog): Accept {
  return (context, arrival) => {
    const peer = plainAddress(addressOf(arrival))
    if (from(peer)) {
      const socket = socketOf(arrival, onread)
      attach(socket, new HeaderReader(context, socket, peer, accept, log))
    } else accept(context, arrival)
  }
}

/** A connection from its first byte to the end of its header; counted and swept as a client, so that the limits hold for it too. */
class HeaderReader implements WaitingClient, Receiver {
  deadlineMs: number
  readonly #context: EdgeContext
  readonly #socket: Socket
  readonly #peer: string
  readonly #accept: Accept
  readonly #log: PeerLog
  #begun: Buffer | undefined = undefined
  #over = false

  constructor(context: EdgeContext, socket: Socket, peer: string, accept: Accept, log: PeerLog) {
    this.#context = context
    this.#socket = socket
    this.#peer = peer
    this.#accept = accept
    this.#log = log
    context.nowMs = performance.now()
    this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
    context.clients.add(this)
  }

  receive(bytes: Buffer, length: number): void {
    this.#context.readsInTurn++
    const came = bytes.subarray(0, length)
    const known = this.#begun === undefined ? came : Buffer.concat([this.#begun, came])
    const parsed = parseProxyHeader(known, known.length)
    if (parsed.kind === 'malformed') this.#turnAway(parsed.why)
    // What lies in the buffer that is read into is overwritten by the next read.
    else if (parsed.kind === 'more') this.#begun = known === came ? Buffer.from(came) : known
    else {
      this.#settle()
      detach(this.#socket)
      // As if it had not been read: whoever takes the connection on, be it a handshake, finds it first.
      if (parsed.end < known.length) this.#socket.unshift(Buffer.from(known.subarray(parsed.end)))
      this.#handOver(parsed.told)
    }
  }

  /** The limit of connections by address is for whom the connection was made. */
  #handOver(told: ToldAddresses | undefined): void {
    const { counters, perAddress, table } = this.#context
    if (told !== undefined && table.limits.connectionsPerAddress > 0) {
      if (hasAll(this.#context, told.source)) {
        counters[workerAt.connectionsRefused]!++
        counters[limitAt.connections_per_address]!++
        this.#socket.destroy()
        return
      }
      perAddress.enter(this.#socket, told.source)
    }
    this.#accept(this.#context, this.#socket, told)
  }

  ended(): void {
    this.closed()
    this.#socket.destroy()
  }

  drained(): void {
    // Nothing was written.
  }

  /** Those who only look whether the port is open, as load balancers do, have done nothing wrong. */
  closed(): void {
    if (this.#over) return
    if (this.#begun === undefined) this.#settle()
    else this.#turnAway('cut off')
  }

  expire(): void {
    this.#turnAway('late')
  }

  drain(): void {
    this.destroy()
  }

  destroy(): void {
    this.#settle()
    this.#socket.destroy()
  }

  /** Without an answer: in what tongue would that be? */
  #turnAway(reason: string): void {
    this.#context.counters[limitAt.proxy_header]!++
    this.#log(reason, this.#peer)
    this.destroy()
  }

  #settle(): void {
    this.#over = true
    this.#context.clients.delete(this)
  }
}
