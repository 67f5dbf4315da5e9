import { connect, type Socket } from 'node:net'
import type { TrafficPolicy } from './config.ts'
import type { Context } from './context.ts'
import { type FailureKind, workerAt } from './counters.ts'
import { localhostLookup } from './names/localhost.ts'
import { readBuffer } from './readBuffer.ts'

/** More reads than this in one turn of the event loop: libuv may have polled again within it, so that a fast answer looks stale. */
const unambiguousReads = 1000

/** What happens to the exchange `E` that a connection carries. */
export type Carrying<E> = {
  connected(exchange: E): void
  /** The first `length` of `bytes` have come; they are overwritten once this returns. */
  received(exchange: E, bytes: Buffer, length: number): void
  /** The upstream has closed its side. */
  ended(exchange: E): void
  /** The connection is of no further use. */
  failed(exchange: E, kind: FailureKind): void
  /** There is a connection for an exchange that waited for one: puts it there. False: there is none by its policy. */
  vacant(exchange: E): boolean
  waitedTooLong(exchange: E): void
}

/** Where a connection belongs. */
export type Home<E> = {
  readonly host: string
  readonly port: number
  readonly carrying: Carrying<E>
  opened(): void
  closed(connection: UpstreamConnection<E>): void
  connected(connection: UpstreamConnection<E>): void
  /** The endpoint does not accept connections. */
  refused(connection: UpstreamConnection<E>): void
  /** Takes an idle connection back; false: not wanted. */
  keep(connection: UpstreamConnection<E>): boolean
}

/**
 * A connection to an endpoint: carries one exchange at a time, or waits in its pool for the next; a probe begins with waiting. It reads into the worker's one buffer, so
 * whatever outlives the event is copied. An idle connection that says anything is destroyed.
 */
export class UpstreamConnection<E> {
  readonly context: Context
  readonly policy: TrafficPolicy
  readonly socket: Socket
  connected = false
  closed = false
  /** Exchanges completed. */
  served = 0
  /** When to give up on what it waits for; 0 = not waiting. */
  deadlineMs = 0
  /** How long it may wait in the pool. */
  idleMs: number
  readonly #home: Home<E>
  #exchange: E | undefined = undefined
  #hasRested = false
  /** Of `Context.turn`: when it was put to use last. */
  #usedInTurn = -1

  constructor(context: Context, home: Home<E>, policy: TrafficPolicy) {
    this.context = context
    this.policy = policy
    this.#home = home
    home.opened()
    context.upstreams.add(this)
    context.counters[workerAt.upstreamConnections]!++
    context.counters[workerAt.openUpstreamConnections]!++
    this.idleMs = policy.upstreamIdleMs
    this.deadlineMs = context.nowMs + policy.connectMs
    this.socket = connect({
      host: home.host,
      port: home.port,
      ...(home.host === 'localhost' ? localhostLookup : undefined),
      noDelay: true,
      keepAlive: true,
      allowHalfOpen: true,
      onread: {
        buffer: readBuffer,
        callback: (length, bytes) => this.#receive(bytes as Buffer, length),
      },
    })
    this.socket.once('connect', () => this.#onConnect())
    this.socket.on('end', () => this.#onEnd())
    this.socket.on('error', () => this.#onClose())
    this.socket.on('close', () => this.#onClose())
  }

  /** While it is in the pool. */
  get idleSinceMs(): number {
    return this.deadlineMs - this.idleMs
  }

  /** Takes an exchange. On a connection that was idle before, the turn is noted. */
  carry(exchange: E): void {
    this.#exchange = exchange
    if (this.#hasRested) this.#usedInTurn = this.context.markTurn()
  }

  /** The exchange is over and the connection clean: back to the pool, unless it is for one client's request alone. */
  release(): void {
    this.#exchange = undefined
    this.served++
    this.#rest()
  }

  #rest(): void {
    this.#hasRested = true
    this.deadlineMs = this.context.nowMs + this.idleMs
    if (this.context.draining || this.policy.proxyProtocol !== 'none' || !this.#home.keep(this)) this.destroy()
  }

  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.#exchange = undefined
    this.deadlineMs = 0
    this.#home.closed(this)
    this.context.upstreams.delete(this)
    this.context.counters[workerAt.openUpstreamConnections]!--
    this.socket.destroy()
  }

  expire(): void {
    const exchange = this.#exchange
    if (!this.connected) this.#home.refused(this)
    if (exchange === undefined) {
      this.destroy()
      return
    }
    this.#home.carrying.failed(exchange, 'timeout')
  }

  #receive(bytes: Buffer, length: number): boolean {
    this.context.nowMs = performance.now()
    this.context.readsInTurn++
    const exchange = this.#exchange
    if (exchange === undefined) {
      this.destroy()
      return false
    }
    if (this.#isStale()) {
      this.#home.carrying.failed(exchange, 'protocol')
      return false
    }
    this.#home.carrying.received(exchange, bytes, length)
    return true
  }

  /**
   * What is read in the very turn of the event loop in which an idle connection got its request was there before the request: an answer to
   * somebody else's, or none at all (response-queue poisoning, CVE-2026-48931).
   */
  #isStale(): boolean {
    return this.#usedInTurn === this.context.turn && this.context.readsInTurn < unambiguousReads
  }

  #onConnect(): void {
    this.context.nowMs = performance.now()
    this.connected = true
    this.#home.connected(this)
    if (this.#exchange !== undefined) this.#home.carrying.connected(this.#exchange)
    else this.#rest()
  }

  #onEnd(): void {
    this.context.nowMs = performance.now()
    if (this.#exchange === undefined) this.destroy()
    else this.#home.carrying.ended(this.#exchange)
  }

  #onClose(): void {
    if (this.closed) return
    this.context.nowMs = performance.now()
    if (!this.connected) this.#home.refused(this)
    if (this.#exchange === undefined) this.destroy()
    else this.#home.carrying.failed(this.#exchange, this.connected ? 'reset' : 'connect')
  }
}
