import { connect, type Socket } from 'node:net'
import type { Context } from './context.ts'
import { workerAt } from './counters.ts'
import type { EndpointPool } from './endpoints.ts'
import type { Exchange } from './exchange.ts'
import { readBuffer } from './readBuffer.ts'

/** More reads than this in one turn of the event loop: libuv may have polled again within it, so that a fast answer looks stale. */
const unambiguousReads = 1000

/**
 * A connection to an endpoint: carries one exchange at a time, or waits in its pool for the next. It reads into the worker's one buffer, so
 * whatever outlives the event is copied. An idle connection that says anything is destroyed.
 */
export class UpstreamConnection {
  readonly context: Context
  readonly pool: EndpointPool
  readonly socket: Socket
  exchange: Exchange | undefined = undefined
  connected = false
  closed = false
  /** Exchanges completed. */
  served = 0
  /** When to give up on what it waits for; 0 = not waiting. */
  deadlineMs = 0
  /** Until when it may wait in the pool, by the upstream's own word; 0 = by ours. */
  idleMs: number
  /** Of `Context.turn`: when it was put to use last. */
  #usedInTurn = -1

  constructor(context: Context, pool: EndpointPool) {
    this.context = context
    this.pool = pool
    pool.open++
    context.upstreams.add(this)
    context.counters[workerAt.upstreamConnections]!++
    context.counters[workerAt.openUpstreamConnections]!++
    const { timeouts } = context.table
    this.idleMs = timeouts.upstreamIdleMs
    this.deadlineMs = context.nowMs + timeouts.connectMs
    this.socket = connect({
      host: pool.host,
      port: pool.port,
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
    this.socket.on('error', () => this.#onClose(true))
    this.socket.on('close', () => this.#onClose(false))
  }

  /** Takes an exchange. On a connection that was idle before, the turn is noted. */
  carry(exchange: Exchange): void {
    this.exchange = exchange
    if (this.served > 0) this.#usedInTurn = this.context.markTurn()
  }

  /** The exchange is over and the connection clean: back to the pool. */
  release(): void {
    this.exchange = undefined
    this.served++
    this.deadlineMs = this.context.nowMs + this.idleMs
    if (this.context.draining || !this.pool.keep(this)) this.destroy()
  }

  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.exchange = undefined
    this.deadlineMs = 0
    this.pool.open--
    this.pool.forget(this)
    this.context.upstreams.delete(this)
    this.context.counters[workerAt.openUpstreamConnections]!--
    this.socket.destroy()
  }

  /** The deadline has passed. */
  expire(): void {
    const exchange = this.exchange
    if (exchange === undefined) this.destroy()
    else exchange.upstreamTimedOut(this.connected)
  }

  #receive(bytes: Buffer, length: number): boolean {
    this.context.readsInTurn++
    const exchange = this.exchange
    if (exchange === undefined) {
      this.destroy()
      return false
    }
    if (this.#isStale()) {
      exchange.upstreamFailed('protocol')
      return false
    }
    exchange.responseBytes(bytes, length)
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
    this.connected = true
    this.exchange?.upstreamConnected()
  }

  #onEnd(): void {
    if (this.exchange === undefined) this.destroy()
    else this.exchange.upstreamEnded()
  }

  #onClose(failed: boolean): void {
    if (this.closed) return
    const exchange = this.exchange
    if (exchange === undefined) {
      this.destroy()
      return
    }
    if (!this.connected) this.pool.connectionRefused(this.context.nowMs)
    exchange.upstreamFailed(this.connected ? (failed ? 'reset' : 'protocol') : 'connect')
  }
}
