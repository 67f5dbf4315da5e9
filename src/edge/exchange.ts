import type { Socket } from 'node:net'
import type { AccessEntry } from './accessLog/accessLog.ts'
import type { TrafficPolicy } from './config.ts'
import type { Context } from './context.ts'
import { at, type LimitKind } from './counters.ts'
import type { EndpointPool } from './endpoints.ts'
import { RequestBody } from './http1/requestBody.ts'
import type { RequestHead } from './http1/requestHead.ts'
import type { ResponseState } from './http1/responseState.ts'
import { newResponseState } from './http1/responseState.ts'
import type { UnfinishedCopies } from './mirror/mirror.ts'
import { failureAt, limitAt, recordRequest } from './record.ts'
import type { Issue } from './sticky/sticky.ts'
import type { BackendTarget, Table } from './table.ts'
import type { UpstreamConnection } from './upstream.ts'

/** The client's connection, as an exchange and its relays use it. */
export type Downstream = {
  readonly socket: Socket
  readonly origin: { readonly peer: { readonly address: string } }
  deadlineMs: number
  /** Written data waits in memory: nothing more is produced for it until it is gone. */
  congested: boolean
  /** A 100 has been sent for the present request. */
  continued: boolean
  /** The client has closed its side. */
  readonly halfClosed: boolean
  /** Writes; latin1 where `data` is a string. False: more than a little waits in memory. */
  write(data: string | Buffer): boolean
  /** Reads on, unless there are requests ahead that wait for this one. */
  resume(): void
  finish(exchange: Exchange): void
  /** `location`: for a redirect, else ''. */
  answerAndFinish(exchange: Exchange, status: number, location: string): void
  /** Whole header lines for every response on this connection. */
  readonly extra: string
  /** Breaks the connection off so that the client cannot take what it got for a whole response. */
  reset(): void
  becomeTunnel(): void
  tunnelClosed(): void
}

/** The side of an exchange that faces the service. */
export type Upstream = UpstreamConnection<Exchange>

/**
 * One request and its response: from the moment that the request's head is parsed until the last byte of the response is written, or either
 * side is given up. Lives in one client connection; carried by one upstream connection at a time. Counted exactly once, whatever its end.
 */
export class Exchange {
  readonly context: Context<Table<Exchange>>
  readonly client: Downstream
  /** The table in force when the head came: one request is never served by a mix of two. */
  readonly table: Table<Exchange>
  /** Of the split that governs it, once that is known. */
  policy: TrafficPolicy
  readonly startedMs: number
  readonly method: number
  readonly minorVersion: number
  readonly keepAlive: boolean
  readonly upgrade: string
  readonly takesTrailers: boolean
  readonly expectsContinue: boolean
  readonly request: RequestBody
  readonly response: ResponseState = newResponseState()
  backend: BackendTarget<Exchange> | undefined = undefined
  /** Takes over when `backend` cannot serve; only where the backend was chosen by weight. */
  fallback: BackendTarget<Exchange> | undefined = undefined
  endpoint: EndpointPool<Exchange> | undefined = undefined
  upstream: Upstream | undefined = undefined
  /** What is sent upstream first: the head, and a small body with it. Kept until the answer begins, for a retry. */
  head = ''
  /** What goes before `head` on each connection: a header of the PROXY protocol. */
  preamble = ''
  /** The beginning of a larger body, sent right after `head`. */
  body: Buffer | undefined = undefined
  /** The connection whose 'drain' is listened for: TLS records that came together may ask for it one after the other. */
  drainAwaited: Upstream | undefined = undefined
  /** More of the body than that was sent: there is no second try. */
  streamed = false
  /** Tries after the first. */
  retries = 0
  /** It waits at `endpoint` for a connection. */
  queued = false
  sentMs = 0
  /** From the request's head sent to the response's head; below 0 while there is none. */
  upstreamMs = -1
  finished = false
  /** Why `backend` was chosen: `route:NAME`, `sticky`, `weight` or `fallback`. */
  reason = ''
  /** A cookie that the answer brings. */
  issue: Issue | undefined = undefined
  /** For mirrors, of a request whose end has yet to come. */
  copies: UnfinishedCopies | undefined = undefined
  /** Why the edge answered by itself, or broke the answer off; '' where it did not. */
  why = ''
  /** Absent: no line of the access log is wanted. */
  readonly access: AccessEntry | undefined

  constructor(table: Table<Exchange>, context: Context<Table<Exchange>>, client: Downstream, head: RequestHead) {
    this.context = context
    this.client = client
    this.table = table
    this.policy = table.policy
    this.startedMs = context.nowMs
    this.method = head.method
    this.minorVersion = head.minorVersion
    this.keepAlive = head.keepAlive
    this.upgrade = head.upgrade
    this.takesTrailers = head.takesTrailers
    this.expectsContinue = head.expectsContinue
    this.request = new RequestBody(head.body, head.contentLength)
    this.access = context.accessLog === undefined ? undefined : context.accessLog.begin(head, client.origin.peer.address)
  }

  /** Puts it on a connection to its endpoint. */
  attach(upstream: Upstream): void {
    this.endpoint!.inFlight++
    this.backend!.block[at.inFlight]!++
    if (this.access !== undefined) this.access.endpoint = this.endpoint
    this.upstream = upstream
    this.sentMs = this.context.nowMs
    upstream.carry(this)
  }

  /** Gives the present connection up, or its place among those that wait for one. */
  detach(): void {
    const upstream = this.upstream
    if (upstream === undefined) {
      if (this.queued) this.#leaveQueue()
      return
    }
    this.#leave()
    upstream.destroy()
  }

  /** Ends the exchange with an answer of the edge's own. */
  answer(status: number, location = ''): void {
    this.detach()
    this.#end(status)
    this.client.answerAndFinish(this, status, location)
  }

  /** The response is complete and written. */
  finish(): void {
    const upstream = this.upstream
    if (upstream !== undefined) {
      this.#leave()
      if (this.response.reusable && this.request.done) upstream.release()
      else upstream.destroy()
    }
    this.#end(this.response.status)
    this.client.finish(this)
  }

  /** Gives both sides up: the response is broken off so that nobody takes it for whole. `status` is what is counted. */
  abort(status: number): void {
    if (this.finished) return
    this.detach()
    this.#end(status)
    this.client.reset()
  }

  /** The client went away before it had its answer. */
  clientGone(): void {
    if (this.finished) return
    if (this.backend !== undefined) this.backend.block[at.clientAborts]!++
    this.why = 'client_gone'
    this.abort(499)
  }

  /** The request's body is malformed, too large or too slow: the upstream gets no complete request, the client this status if it has none yet. */
  refuseBody(status: number): void {
    this.why = refusedBody[status] ?? 'bad_body'
    const limit = bodyLimits[status]
    if (limit !== undefined) this.context.counters[limitAt[limit]]!++
    if (this.response.started) this.abort(this.response.status)
    else if (!this.finished) this.answer(status)
  }

  /** Where its split gives it a time in all. */
  get totalDeadlineMs(): number {
    return this.startedMs + this.policy.totalMs
  }

  /** That time is over, whatever it waits for: a place in line, a second try, the next byte of a tunnel. */
  outOfTime(): void {
    this.backend!.block[failureAt.timeout]!++
    this.context.counters[limitAt.total_time]!++
    this.why = 'total_time'
    if (this.response.tunnel) {
      this.client.reset()
      this.tunnelClosed()
    } else if (this.response.started) this.abort(this.response.status)
    else this.answer(504)
  }

  /** From here on the connections carry a tunnel; the request counts as answered with 101. */
  becomeTunnel(): void {
    const { block } = this.backend!
    this.#record(101)
    block[at.inFlight]!--
    block[at.tunnels]!++
    block[at.openTunnels]!++
  }

  /** Bytes through the tunnel. */
  countTunnelled(fromClient: number, toClient: number): void {
    const { block } = this.backend!
    this.request.bytes += fromClient
    this.response.bytes += toClient
    block[at.requestBytes]! += fromClient
    block[at.responseBytes]! += toClient
  }

  tunnelClosed(): void {
    if (this.finished) return
    this.#stop()
    if (this.access !== undefined) this.#log(this.access, 101)
    this.backend!.block[at.openTunnels]!--
    this.endpoint!.inFlight--
    this.endpoint = undefined
    this.upstream?.destroy()
    this.upstream = undefined
    this.client.tunnelClosed()
  }

  #leaveQueue(): void {
    this.queued = false
    this.endpoint!.leaveQueue(this)
    this.endpoint = undefined
  }

  #leave(): void {
    this.endpoint!.inFlight--
    this.endpoint = undefined
    this.backend!.block[at.inFlight]!--
    this.upstream = undefined
  }

  #stop(): void {
    this.finished = true
    if (this.policy.totalMs > 0) this.context.timed.delete(this)
  }

  #end(status: number): void {
    this.#stop()
    if (this.copies !== undefined) this.copies.close()
    this.#record(status)
    if (this.access !== undefined) this.#log(this.access, status)
  }

  #record(status: number): void {
    if (this.backend !== undefined) {
      const { block } = this.backend
      recordRequest(block, this.method, status, this.context.nowMs - this.startedMs, this.upstreamMs)
      block[at.requestBytes]! += this.request.bytes
      block[at.responseBytes]! += this.response.bytes
    }
  }

  #log(access: AccessEntry, status: number): void {
    const { backend, reason, request, response, upstreamMs } = this
    access.end({
      status,
      why: this.why,
      split: backend?.split ?? '',
      backend: backend?.name ?? '',
      reason,
      requestBytes: request.bytes,
      responseBytes: response.bytes,
      durationMs: this.context.nowMs - this.startedMs,
      upstreamMs,
      retries: this.retries,
      sentHead: this.head,
    })
  }
}

/** Why a body was refused, by the status that says so. */
const refusedBody: Readonly<Record<number, string>> = { 400: 'malformed_body', 408: 'slow_body', 413: 'large_body', 431: 'large_trailers' }
/** Of these, those that were for a limit; trailers belong to the heads. */
const bodyLimits: Readonly<Record<number, LimitKind>> = { 408: 'slow_body', 413: 'body_bytes', 431: 'head_bytes' }
