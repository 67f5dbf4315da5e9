import type { ClientConnection } from './client.ts'
import type { Context } from './context.ts'
import { at, type FailureKind } from './counters.ts'
import type { EndpointPool } from './endpoints.ts'
import { retry } from './forward.ts'
import { failureAt, recordRequest } from './record.ts'
import { ResponseRelay, readResponse, responseEnded } from './relay.ts'
import { Body, Method, type RequestHead } from './request.ts'
import { RequestBody } from './requestBody.ts'
import type { BackendTarget, Table } from './table.ts'
import type { UpstreamConnection } from './upstream.ts'

const statusOf: Readonly<Record<FailureKind, number>> = {
  connect: 502,
  reset: 502,
  protocol: 502,
  timeout: 504,
  no_endpoints: 503,
  overload: 503,
}

/** RFC 9110 §9.2.2, as bits by method index. */
const idempotent = new Set<number>([Method.Get, Method.Head, Method.Put, Method.Delete, Method.Options, Method.Query])

/**
 * One request and its response: from the moment that the request's head is parsed until the last byte of the response is written, or either
 * side is given up. Lives in one client connection; carried by one upstream connection at a time.
 */
export class Exchange {
  readonly context: Context
  readonly client: ClientConnection
  /** The table in force when the head came: one request is never served by a mix of two. */
  readonly table: Table
  readonly startedMs: number
  readonly method: number
  readonly minorVersion: number
  readonly keepAlive: boolean
  readonly upgrade: string
  readonly takesTrailers: boolean
  readonly expectsContinue: boolean
  readonly request: RequestBody
  readonly response = new ResponseRelay()
  backend: BackendTarget | undefined = undefined
  endpoint: EndpointPool | undefined = undefined
  upstream: UpstreamConnection | undefined = undefined
  /** Takes over when `backend` cannot serve; only where the backend was chosen by weight. */
  fallback: BackendTarget | undefined = undefined
  /** What is sent upstream first: the head, and a small body with it. Kept until the answer begins, for a retry. */
  head = ''
  /** The beginning of a larger body, sent right after `head`. */
  body: Buffer | undefined = undefined
  /** More of the body than that was sent: there is no second try. */
  streamed = false
  sentMs = 0
  /** From the request's head sent to the response's head; below 0 while there is none. */
  upstreamMs = -1
  retried = false
  finished = false

  constructor(context: Context, client: ClientConnection, head: RequestHead) {
    this.context = context
    this.client = client
    this.table = context.table
    this.startedMs = context.nowMs
    this.method = head.method
    this.minorVersion = head.minorVersion
    this.keepAlive = head.keepAlive
    this.upgrade = head.upgrade
    this.takesTrailers = head.takesTrailers
    this.expectsContinue = head.expectsContinue
    this.request = new RequestBody(head.body, head.contentLength)
  }

  get isIdempotent(): boolean {
    return idempotent.has(this.method)
  }

  upstreamConnected(): void {
    const upstream = this.upstream!
    upstream.deadlineMs = this.request.done ? this.context.nowMs + this.table.timeouts.responseHeadMs : 0
    this.client.resume()
  }

  /** The upstream takes more of the request's body. */
  upstreamDrained(): void {
    this.upstream!.deadlineMs = 0
    if (!this.request.done) this.client.deadlineMs = this.context.nowMs + this.table.timeouts.bodyIdleMs
    this.client.resume()
  }

  responseBytes(bytes: Buffer, length: number): void {
    readResponse(this, bytes, length)
  }

  upstreamEnded(): void {
    responseEnded(this)
  }

  /** The upstream connection broke, timed out or spoke nonsense: another try where nothing can be doubled, else 502 or 504, or a broken answer. */
  upstreamFailed(kind: FailureKind): void {
    const upstream = this.upstream
    const reused = upstream !== undefined && upstream.served > 0
    this.#dropUpstream()
    if (!this.response.started && retry(this, kind, reused)) return
    this.backend!.block[failureAt[kind]]!++
    if (this.response.started) this.abort(0)
    else this.answer(statusOf[kind])
  }

  upstreamTimedOut(connected: boolean): void {
    if (!connected) this.endpoint!.connectionRefused(this.context.nowMs)
    this.upstreamFailed('timeout')
  }

  /** Ends the exchange with an answer of the edge's own. */
  answer(status: number): void {
    this.#dropUpstream()
    this.#record(status)
    this.finished = true
    this.client.answerAndFinish(this, status)
  }

  /** The response is complete and written. */
  finish(): void {
    const upstream = this.upstream
    if (upstream !== undefined) {
      const clean = this.response.reusable && this.request.done
      this.#releaseEndpoint()
      this.upstream = undefined
      if (clean) upstream.release()
      else upstream.destroy()
    }
    this.#record(this.response.status)
    this.finished = true
    this.client.finish(this)
  }

  /** Gives both sides up: the response is broken off so that nobody takes it for whole. `status` is what is counted; 0: that of the response. */
  abort(status: number): void {
    if (this.finished) return
    this.finished = true
    this.#dropUpstream()
    this.#record(status === 0 ? this.response.status : status)
    this.client.reset()
  }

  /** The client went away, or sent what is no body. */
  clientGone(): void {
    if (this.finished) return
    if (this.backend !== undefined) this.backend.block[at.clientAborts]!++
    this.abort(499)
  }

  /** The request's body is malformed or too large: the upstream gets no complete request, the client this status if it has none yet. */
  refuseBody(status: number): void {
    if (this.finished) return
    if (this.response.started) {
      this.abort(0)
      return
    }
    this.answer(status)
  }

  /** From here on the connections carry a tunnel; the request counts as answered with 101. */
  becomeTunnel(): void {
    this.#record(101)
    const block = this.backend!.block
    block[at.inFlight]!--
    block[at.tunnels]!++
    block[at.openTunnels]!++
  }

  tunnelClosed(): void {
    if (this.finished) return
    this.finished = true
    this.backend!.block[at.openTunnels]!--
    const upstream = this.upstream
    this.endpoint!.inFlight--
    this.endpoint = undefined
    this.upstream = undefined
    upstream?.destroy()
    this.client.tunnelClosed()
  }

  #record(status: number): void {
    const backend = this.backend
    if (backend !== undefined) recordRequest(backend.block, this.method, status, performance.now() - this.startedMs, this.upstreamMs)
  }

  #releaseEndpoint(): void {
    if (this.endpoint === undefined) return
    this.endpoint.inFlight--
    this.endpoint = undefined
    this.backend!.block[at.inFlight]!--
  }

  #dropUpstream(): void {
    this.#releaseEndpoint()
    const upstream = this.upstream
    this.upstream = undefined
    upstream?.destroy()
  }
}

export function hasBody(head: RequestHead): boolean {
  return head.body === Body.Chunked || head.contentLength > 0
}
