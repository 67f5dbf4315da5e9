import type { Socket } from 'node:net'
import { takenBytes, writeTo } from './bulk.ts'
import type { Context } from './context.ts'
import { codeIndex, type LimitKind, workerAt } from './counters.ts'
import { type Downstream, Exchange } from './exchange.ts'
import { exchangeExpired } from './expiry.ts'
import { breakOff, mayStay, readOn, takeLeave } from './farewell.ts'
import { forward, forwardBody } from './forward.ts'
import { Method, type RequestHead } from './http1/requestHead.ts'
import { Input } from './input.ts'
import { hidesRouting } from './match.ts'
import type { Origin } from './origin.ts'
import { tellRefusal } from './refusal.ts'
import { responseDrained } from './relay.ts'
import { parseRequest } from './request.ts'
import { answerText } from './respond.ts'
import type { Table } from './table.ts'
import { tunnelDrained, tunnelFromClient, tunnelHalfClosed } from './tunnel.ts'

const Phase = { Idle: 0, Exchange: 1, Tunnel: 2, Closing: 3, Closed: 4 } as const

/** A client that closes its side while it waits has most likely gone; one that only half-closed gets its answer if it comes within this time. */
const halfClosedMs = 1000

/** A connection of a client: reads requests one after the other, has one exchange at a time, closes without losing what it wrote. */
export class ClientConnection implements Downstream {
  readonly context: Context<Table<Exchange>>
  readonly socket: Socket
  readonly extra: string
  readonly origin: Origin
  /** When to give up on what it waits for (`Context.nowMs`); 0 = not waiting. */
  deadlineMs: number
  halfClosed = false
  congested = false
  continued = false
  taken = 0
  lingered = 0
  #phase: number = Phase.Idle
  #exchange: Exchange | undefined = undefined
  readonly #input = new Input()
  #reading = false
  #headStarted = false

  constructor(context: Context<Table<Exchange>>, socket: Socket, origin: Origin) {
    this.context = context
    this.socket = socket
    this.extra = origin.entry.extra
    this.origin = origin
    this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
    context.clients.add(this)
    context.counters[workerAt.connections]!++
    context.counters[workerAt.openConnections]!++
  }

  /** The first `length` of `bytes` have come; they may be overwritten once this returns. */
  receive(bytes: Buffer, length: number): void {
    this.context.readsInTurn++
    switch (this.#phase) {
      case Phase.Idle:
        if (this.congested) this.#putOff(bytes, 0, length)
        else if (this.#input.isEmpty) this.#readFirst(bytes, length)
        else {
          this.#input.keep(bytes, 0, length)
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
        readOn(this, length)
    }
  }

  /** For what comes too early: further bytes wait in the kernel, where they hold the client back. */
  #putOff(bytes: Buffer, start: number, length: number): void {
    this.#input.keep(bytes, start, length)
    this.socket.pause()
  }

  /** The common case: a head that comes whole, on a connection that waits for it, is read where it lies. */
  #readFirst(bytes: Buffer, length: number): void {
    this.#reading = true
    const again = this.#readRequest(bytes, length)
    this.#reading = false
    if (again && this.#phase === Phase.Idle) this.#readRequests()
  }

  /** A loop and not a recursion: a client may send thousands of requests ahead that the edge answers by itself. */
  #readRequests(): void {
    if (this.#reading) return
    this.#reading = true
    while (this.#phase === Phase.Idle && !this.congested) {
      const bytes = this.#input.take()
      if (bytes === undefined || !this.#readRequest(bytes, bytes.length)) break
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
      this.#input.keep(bytes, 0, length)
      if (!this.#headStarted) {
        this.#headStarted = true
        this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
      }
      return false
    }
    this.#headStarted = false
    if (end < 0) return this.#refuse(-end, head.refusal, head.limit)
    if (context.shedding.ofRequests !== 0 && context.shedding.takesRequest()) return this.#shed(head)
    const host = this.origin.hostOf(head.authority)
    if (host === undefined) return this.#refuse(400, 'a malformed Host')
    if (hidesRouting(head, context.table.routingHeaders)) return this.#refuse(400, 'Connection names a header that routes ask for')
    const exchange = this.#begin(head)
    if (this.#readAhead(exchange, bytes, end, length)) forward(exchange, head, host, this.origin)
    return true
  }

  #begin(head: RequestHead): Exchange {
    const exchange = new Exchange(this.context.table, this.context, this, head)
    this.#exchange = exchange
    this.#phase = Phase.Exchange
    this.deadlineMs = 0
    this.continued = false
    return exchange
  }

  /** What came behind the head: of its body, or requests sent ahead. False: it was no body, and has been answered. */
  #readAhead(exchange: Exchange, bytes: Buffer, end: number, length: number): boolean {
    let position = end
    if (!exchange.request.done && length > end) {
      position = exchange.request.read(bytes, end, length, 0)
      if (position < 0) {
        exchange.refuseBody(-position)
        return false
      }
    }
    // One exchange at a time.
    if (position < length) this.#putOff(bytes, position, length)
    return true
  }

  #receiveBody(bytes: Buffer, length: number): void {
    const exchange = this.#exchange!
    this.context.nowMs = performance.now()
    const position = exchange.request.done ? 0 : forwardBody(exchange, bytes, length)
    if (position === length) return
    if (this.#phase === Phase.Exchange) {
      this.#putOff(bytes, position, length)
      return
    }
    this.#input.keep(bytes, position, length)
    this.#readRequests()
  }

  write(data: string | Buffer): boolean {
    const flowing = writeTo(this.socket, data)
    if (!flowing) this.taken = takenBytes(this.socket)
    return flowing
  }

  resume(): void {
    if (this.#input.isEmpty || this.#phase === Phase.Tunnel) this.socket.resume()
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

  finish(exchange: Exchange): void {
    if (exchange.response.closes) this.#close()
    else this.#idle()
  }

  /** Answers by the edge itself; where the request is not over, the connection is. */
  answerAndFinish(exchange: Exchange, status: number, location: string): void {
    const close = !exchange.keepAlive || !exchange.request.done || this.halfClosed || this.context.leaving || status === 508
    if (exchange.backend === undefined) this.context.counters[workerAt.answered + codeIndex[status]!]!++
    const answer = { status, headOnly: exchange.method === Method.Head, close, minorVersion: exchange.minorVersion, location, extra: this.extra }
    this.congested = !this.write(answerText(answer))
    if (close) this.#close()
    else this.#idle()
  }

  /** A message that is no request, or none that is served: told so once, then closed. */
  #refuse(status: number, why: string, limit?: LimitKind, headOnly = false): boolean {
    tellRefusal(this, { status, why, limit, headOnly })
    this.#close()
    return false
  }

  /** The connection goes with the request: whoever comes again may meet another worker, or another edge. */
  #shed(head: RequestHead): boolean {
    const { requestLimit } = this.context.shedding
    return this.#refuse(503, requestLimit, requestLimit, head.method === Method.Head)
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
    if (!this.#input.isEmpty || this.halfClosed) this.#readRequests()
  }

  #close(): void {
    this.#exchange = undefined
    this.#input.take()
    this.#phase = Phase.Closing
    takeLeave(this)
  }

  reset(): void {
    this.#exchange = undefined
    this.#phase = Phase.Closed
    breakOff(this.socket)
  }

  becomeTunnel(): void {
    this.#phase = Phase.Tunnel
    const ahead = this.#input.take()
    if (ahead !== undefined) tunnelFromClient(this.#exchange!, ahead, ahead.length)
    if (this.socket.isPaused()) this.socket.resume()
    if (this.halfClosed) tunnelHalfClosed(this.#exchange!)
  }

  tunnelClosed(): void {
    if (this.#phase !== Phase.Closed) this.#close()
  }

  /** The client has closed its side. */
  ended(): void {
    this.context.nowMs = performance.now()
    this.halfClosed = true
    switch (this.#phase) {
      case Phase.Idle:
        if (!this.#input.isEmpty) this.context.counters[workerAt.brokenHeads]!++
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
        // With a response on its way still, the socket ends by itself behind it.
        if (this.socket.writableFinished) this.socket.destroy()
    }
  }

  /** The connection is gone. */
  closed(): void {
    this.context.nowMs = performance.now()
    const phase = this.#phase
    this.#phase = Phase.Closed
    this.context.clients.delete(this)
    this.context.counters[workerAt.openConnections]!--
    if (phase === Phase.Exchange) this.#exchange!.clientGone()
    else if (phase === Phase.Tunnel) this.#exchange!.tunnelClosed()
  }

  drain(): void {
    if (this.#phase === Phase.Idle && this.#input.isEmpty) this.#close()
  }

  /** At once. What the client has of a response, it must not take for all of it. */
  destroy(): void {
    if (this.#phase === Phase.Exchange) this.#exchange!.abort(this.#exchange!.response.status || 503)
    else if (this.#phase === Phase.Closing && !this.socket.writableFinished) this.reset()
    else this.socket.destroy()
  }

  expire(): void {
    this.deadlineMs = 0
    switch (this.#phase) {
      case Phase.Idle:
        if (this.#input.isEmpty) this.#close()
        else this.#refuse(408, 'slow_head', 'slow_head')
        return
      case Phase.Exchange:
        exchangeExpired(this, this.#exchange!)
        return
      case Phase.Tunnel:
        this.#exchange!.tunnelClosed()
        return
      default:
        if (!mayStay(this)) this.reset()
    }
  }
}
