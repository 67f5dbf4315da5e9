import type { Socket } from 'node:net'
import type { Context } from './context.ts'
import { codeIndex, workerAt } from './counters.ts'
import { Exchange } from './exchange.ts'
import { forward, forwardBody } from './forward.ts'
import { parseAuthority } from './host.ts'
import { readBuffer } from './readBuffer.ts'
import { responseDrained } from './relay.ts'
import { Method, parseRequest, type RequestHead } from './request.ts'
import { answerText } from './respond.ts'
import { forwardingFields, type Peer, type RequestRewrite } from './rewrite.ts'
import { plainAddress } from './trust.ts'
import { tunnelDrained, tunnelFromClient, tunnelHalfClosed } from './tunnel.ts'

const Phase = { Idle: 0, Exchange: 1, Tunnel: 2, Closing: 3, Closed: 4 } as const

/** After the last response: how long, and how many bytes, a client may still send before it is cut off. Closing at once would let the kernel reset
 * the connection and destroy the response on its way (RFC 9112 §9.6). */
const lingerMs = 2000
const lingerBytes = 65_536
/** A client that closes its side while it waits has most likely gone; one that only half-closed gets its answer if it comes within this time. */
const halfClosedMs = 1000
/** An upstream that ignores `Expect: 100-continue` would keep both waiting: after this time the edge says 100 itself. */
const continueMs = 1000

/** A connection of a client: reads requests one after the other, has one exchange at a time, closes without losing what it wrote. */
export class ClientConnection implements RequestRewrite {
  readonly context: Context
  readonly socket: Socket
  readonly peer: Peer
  /** When to give up on what it waits for (`Context.nowMs`); 0 = not waiting. */
  deadlineMs: number
  /** The client has closed its side. */
  halfClosed = false
  /** Written data waits in memory: nothing more is produced for it until it is gone. */
  congested = false
  /** A 100 has been sent for the present request. */
  continued = false
  suffix = ''
  #phase: number = Phase.Idle
  #exchange: Exchange | undefined = undefined
  /** Bytes received and not yet used: an incomplete head, or requests sent ahead. */
  #input: Buffer | undefined = undefined
  #reading = false
  #headStarted = false
  #lingered = 0
  #authority = ''
  #host: string | undefined = undefined

  constructor(context: Context, socket: Socket) {
    this.context = context
    this.socket = socket
    const address = plainAddress(socket.remoteAddress ?? '')
    this.peer = { address, trusted: context.table.trust(address) }
    this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
    context.clients.add(this)
    context.counters[workerAt.connections]!++
    context.counters[workerAt.openConnections]!++
  }

  get via(): string {
    return this.context.via
  }

  newRequestId(): string {
    return this.context.newRequestId()
  }

  /** The host to route by; undefined where `authority` names none. Prepared once per authority: clients rarely change it. */
  hostOf(authority: string): string | undefined {
    if (authority !== this.#authority) {
      this.#host = parseAuthority(authority)
      // A string of its own: a slice would keep the whole head that it was cut from.
      this.#authority = Buffer.from(authority, 'latin1').latin1Slice()
      this.suffix = Buffer.from(forwardingFields(this.peer, this.#authority, this.context.via), 'latin1').latin1Slice()
    }
    return this.#host
  }

  /** The first `length` of `bytes` have come; they may be overwritten once this returns. */
  receive(bytes: Buffer, length: number): void {
    this.context.readsInTurn++
    switch (this.#phase) {
      case Phase.Idle:
        if (this.#input === undefined) this.#readFirst(bytes, length)
        else {
          this.#keep(bytes, 0, length)
          this.#readRequests()
        }
        return
      case Phase.Exchange:
        this.#receiveBody(bytes, length)
        return
      case Phase.Tunnel:
        tunnelFromClient(this.#exchange!, bytes, length)
        return
      case Phase.Closing:
        this.#lingered += length
        if (this.#lingered > lingerBytes) this.socket.destroy()
    }
  }

  /** The common case: a head that comes whole, on a connection that waits for it, is read where it lies. */
  #readFirst(bytes: Buffer, length: number): void {
    if (this.congested || this.#reading) {
      this.#keep(bytes, 0, length)
      return
    }
    this.#reading = true
    const again = this.#readRequest(bytes, length)
    this.#reading = false
    if (again && this.#phase === Phase.Idle) this.#readRequests()
  }

  /** Keeps what cannot be used yet, behind what is kept already. */
  #keep(bytes: Buffer, start: number, end: number): void {
    const part = bytes.subarray(start, end)
    if (this.#input !== undefined) this.#input = Buffer.concat([this.#input, part])
    else this.#input = bytes === readBuffer ? Buffer.from(part) : part
  }

  /** A loop and not a recursion: a client may send thousands of requests ahead that the edge answers by itself. */
  #readRequests(): void {
    if (this.#reading) return
    this.#reading = true
    while (this.#phase === Phase.Idle && this.#input !== undefined && !this.congested) {
      const bytes = this.#input
      this.#input = undefined
      if (!this.#readRequest(bytes, bytes.length)) break
    }
    this.#reading = false
    if (this.halfClosed && this.#phase === Phase.Idle && !this.congested) this.#close()
  }

  /** False: more bytes are needed, or the connection is closing. */
  #readRequest(bytes: Buffer, length: number): boolean {
    const { context } = this
    const head = context.requestHead
    context.nowMs = performance.now()
    const end = parseRequest(bytes, length, context.table.limits, head)
    if (end === 0) {
      this.#keep(bytes, 0, length)
      if (!this.#headStarted) {
        this.#headStarted = true
        this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
      }
      return false
    }
    this.#headStarted = false
    if (end < 0) return this.#refuse(-end)
    if (this.hostOf(head.authority) === undefined || this.#hidesRouting(head)) return this.#refuse(400)
    return this.#begin(head, bytes, end, length)
  }

  #begin(head: RequestHead, bytes: Buffer, end: number, length: number): boolean {
    const { context } = this
    const exchange = new Exchange(context, this, head)
    this.#exchange = exchange
    this.#phase = Phase.Exchange
    this.deadlineMs = 0
    this.continued = false
    let position = end
    if (!exchange.request.done && length > end) {
      position = exchange.request.read(bytes, end, length, context.table.limits.bodyBytes)
      if (position < 0) {
        exchange.answer(-position)
        return false
      }
    }
    if (position < length) {
      this.#keep(bytes, position, length)
      // What is sent ahead waits in the kernel: one exchange at a time.
      this.socket.pause()
    }
    forward(exchange, head)
    if (exchange.expectsContinue && !exchange.finished && !exchange.request.done) this.deadlineMs = context.nowMs + continueMs
    return true
  }

  /** `Connection: X-Canary` would take away what the choice of a version hangs on. */
  #hidesRouting(head: RequestHead): boolean {
    return head.connection.names.some((name) => this.context.table.routingHeaders.has(name))
  }

  #receiveBody(bytes: Buffer, length: number): void {
    const exchange = this.#exchange!
    this.context.nowMs = performance.now()
    const position = exchange.request.done ? 0 : forwardBody(exchange, bytes, length)
    if (position === length) return
    this.#keep(bytes, position, length)
    if (this.#phase === Phase.Exchange) this.socket.pause()
    else this.#readRequests()
  }

  /** Writes to the client; latin1 where `data` is a string. False: see `congested`. */
  write(data: string | Buffer): boolean {
    return this.socket.write(data as string, 'latin1')
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    if (this.#input === undefined || this.#phase === Phase.Tunnel) this.socket.resume()
  }

  /** The socket has taken all that was written. */
  drained(): void {
    if (!this.congested) return
    this.congested = false
    this.context.nowMs = performance.now()
    if (this.#phase === Phase.Exchange) responseDrained(this.#exchange!)
    else if (this.#phase === Phase.Tunnel) tunnelDrained(this.#exchange!)
    else this.#next()
  }

  /** The exchange's response is written whole. */
  finish(exchange: Exchange): void {
    if (exchange.response.closes) this.#close()
    else this.#idle()
  }

  /** Answers by the edge itself; where the request is not over, the connection is. */
  answerAndFinish(exchange: Exchange, status: number): void {
    const close = !exchange.keepAlive || !exchange.request.done || this.halfClosed || this.context.draining || status === 508
    if (exchange.backend === undefined) this.context.counters[workerAt.answered + codeIndex[status]!]!++
    this.congested = !this.write(answerText({ status, headOnly: exchange.method === Method.Head, close, minorVersion: exchange.minorVersion }))
    if (close) this.#close()
    else this.#idle()
  }

  /** A message that is no request, or none that is served: told so once, then closed. */
  #refuse(status: number): boolean {
    this.context.counters[workerAt.answered + codeIndex[status]!]!++
    this.write(answerText({ status, headOnly: false, close: true, minorVersion: 1 }))
    this.#close()
    return false
  }

  #idle(): void {
    this.#exchange = undefined
    this.#phase = Phase.Idle
    this.deadlineMs = this.context.nowMs + this.context.table.timeouts.keepAliveMs
    if (!this.congested) this.#next()
  }

  #next(): void {
    if (this.#phase !== Phase.Idle) return
    if (this.socket.isPaused()) this.socket.resume()
    if (this.#input !== undefined || this.halfClosed) this.#readRequests()
  }

  #close(): void {
    this.#exchange = undefined
    this.#input = undefined
    this.#phase = Phase.Closing
    this.deadlineMs = this.context.nowMs + lingerMs
    this.socket.end()
    if (this.socket.isPaused()) this.socket.resume()
  }

  /** Breaks the connection off so that the client cannot take what it got for a whole response. */
  reset(): void {
    this.#exchange = undefined
    this.#phase = Phase.Closed
    this.socket.resetAndDestroy()
  }

  becomeTunnel(): void {
    this.#phase = Phase.Tunnel
    const ahead = this.#input
    this.#input = undefined
    if (ahead !== undefined) tunnelFromClient(this.#exchange!, ahead, ahead.length)
    if (this.socket.isPaused()) this.socket.resume()
    if (this.halfClosed) tunnelHalfClosed(this.#exchange!)
  }

  tunnelClosed(): void {
    if (this.#phase === Phase.Closed) return
    this.#close()
  }

  /** The client has closed its side. */
  ended(): void {
    this.halfClosed = true
    switch (this.#phase) {
      case Phase.Idle:
        if (this.#input !== undefined) this.context.counters[workerAt.brokenHeads]!++
        if (!this.congested) this.#close()
        return
      case Phase.Exchange:
        if (!this.#exchange!.request.done) this.#exchange!.clientGone()
        else if (!this.#exchange!.response.started) this.deadlineMs = this.context.nowMs + halfClosedMs
        return
      case Phase.Tunnel:
        tunnelHalfClosed(this.#exchange!)
        return
      default:
        this.socket.destroy()
    }
  }

  /** The connection is gone. */
  closed(): void {
    const phase = this.#phase
    this.#phase = Phase.Closed
    this.context.clients.delete(this)
    this.context.counters[workerAt.openConnections]!--
    const exchange = this.#exchange
    this.#exchange = undefined
    if (phase === Phase.Exchange) exchange!.clientGone()
    else if (phase === Phase.Tunnel) exchange!.tunnelClosed()
  }

  /** Ends an idle connection; any other ends after its exchange, by `Context.draining`. */
  drain(): void {
    if (this.#phase === Phase.Idle && this.#input === undefined) this.#close()
  }

  /** The deadline has passed. */
  expire(): void {
    this.deadlineMs = 0
    switch (this.#phase) {
      case Phase.Idle:
        if (this.#input === undefined) this.#close()
        else this.#refuse(408)
        return
      case Phase.Exchange:
        this.#exchangeExpired(this.#exchange!)
        return
      case Phase.Tunnel:
        this.#exchange!.tunnelClosed()
        return
      default:
        this.socket.destroy()
    }
  }

  #exchangeExpired(exchange: Exchange): void {
    if (exchange.expectsContinue && !this.continued && !exchange.response.started) {
      this.continued = true
      this.write('HTTP/1.1 100 Continue\r\n\r\n')
      this.deadlineMs = this.context.nowMs + this.context.table.timeouts.bodyIdleMs
    } else if (this.halfClosed && !exchange.response.started) exchange.clientGone()
    else if (!exchange.request.done && !exchange.response.started) exchange.refuseBody(408)
    else exchange.clientGone()
  }
}
