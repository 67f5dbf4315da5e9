import type { Socket } from 'node:net'
import type { Context } from './context.ts'
import type { Entry } from './entry.ts'
import type { Exchange } from './exchange.ts'
import { parseAuthority } from './http1/host.ts'
import { forwardingFields, type Peer, type RequestRewrite } from './http1/rewrite.ts'
import type { ToldAddresses } from './proxyProtocol/header.ts'
import type { SeenTicket, Visitor } from './sticky/sticky.ts'
import type { Table } from './table.ts'
import { plainAddress, type Trust } from './trust.ts'

/** Where the requests of a connection come from, and what upstreams are told of it: prepared once per authority, which clients rarely change. */
export class Origin implements RequestRewrite, Visitor {
  peer: Peer
  suffix = ''
  /** The status that requests for the present authority are turned away with, before any route; 0: none. */
  turnsAway = 0
  readonly entry: Entry
  ticket: SeenTicket | undefined = undefined
  readonly #context: Context<Table<Exchange>>
  readonly #socket: Socket
  readonly #told: ToldAddresses | undefined
  /** By what `peer` was judged. */
  #trust: Trust
  #authority = ''
  /** The strings for `#authority` are made to last. */
  #kept = true
  #host: string | undefined = undefined

  /** `told`: what the load balancer in front says of the connection, where its word is taken. */
  constructor(context: Context<Table<Exchange>>, socket: Socket, entry: Entry, told: ToldAddresses | undefined) {
    const address = told?.source ?? plainAddress(socket.remoteAddress ?? '')
    this.#context = context
    this.#socket = socket
    this.#told = told
    this.entry = entry
    this.#trust = context.table.trust
    this.peer = { address, trusted: this.#trust(address), scheme: entry.scheme }
  }

  get via(): string {
    return this.#context.via
  }

  /** From where to where the client's connection was made. */
  get addresses(): ToldAddresses {
    const { remotePort, localAddress, localPort } = this.#socket
    const { address } = this.peer
    return (
      this.#told ?? { source: address, sourcePort: remotePort ?? 0, destination: plainAddress(localAddress ?? ''), destinationPort: localPort ?? 0 }
    )
  }

  newRequestId(): string {
    return this.#context.newRequestId()
  }

  /** The host to route by; undefined where `authority` names none. */
  hostOf(authority: string): string | undefined {
    // A new table may have taken the peer's credit away, or have given it.
    if (this.#trust !== this.#context.table.trust) {
      this.#trust = this.#context.table.trust
      this.peer = { ...this.peer, trusted: this.#trust(this.peer.address) }
    }
    if (authority !== this.#authority) {
      this.#host = parseAuthority(authority)
      this.#authority = authority
      this.suffix = forwardingFields(this.peer, authority, this.via)
      this.#kept = false
      this.turnsAway = this.entry.redirectPort !== 0 ? 308 : this.#host !== undefined && this.entry.misdirects(this.#host) ? 421 : 0
    } else if (!this.#kept) {
      // An authority that comes again will come often: strings of their own, in one piece, that keep no head alive which they were cut from.
      this.#kept = true
      this.#authority = ownString(authority)
      this.suffix = ownString(this.suffix)
    }
    return this.#host
  }
}

function ownString(text: string): string {
  return Buffer.from(text, 'latin1').latin1Slice()
}
