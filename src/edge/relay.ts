import type { FailureKind } from './counters.ts'
import type { Exchange } from './exchange.ts'
import { Chunked, ChunkedReader } from './http1/chunked.ts'
import { copyOf, encodeChunk, encodePlain, lastChunk, stringBytesMaximum } from './http1/encode.ts'
import { latin1 } from './http1/latin1.ts'
import { Method } from './http1/requestHead.ts'
import { parseResponse, ResponseBody, type ResponseHead } from './http1/response.ts'
import { rewriteResponse } from './http1/rewrite.ts'
import { readTrailers } from './http1/trailers.ts'
import { startTunnel, tunnelEnded, tunnelFromUpstream } from './tunnel.ts'

/** More interim answers than this serve nobody, and without an end they would hold the client for ever. */
const interimMaximum = 10

/** What a step of the response comes to: undefined, or why the upstream is to be given up. */
type Failure = FailureKind | undefined

/** Bytes of the upstream's answer: to the client as they come. */
export function readResponse(exchange: Exchange, bytes: Buffer, length: number): Failure {
  const { response } = exchange
  if (response.started) {
    if (!response.tunnel) return relayBody(exchange, bytes, 0, length)
    tunnelFromUpstream(exchange, bytes, 0, length)
    return undefined
  }
  response.heard = true
  if (response.partial === undefined) return readHead(exchange, bytes, length)
  const joined = Buffer.concat([response.partial, bytes.subarray(0, length)])
  response.partial = undefined
  return readHead(exchange, joined, joined.length)
}

/** Interim heads, if any, then the final one and what came with it. */
function readHead(exchange: Exchange, bytes: Buffer, length: number): Failure {
  const { context, response, table } = exchange
  const head = context.responseHead
  let start = 0
  while (start < length) {
    const end = parseResponse(bytes, start, length, table.limits, head)
    if (end === 0) break
    if (end < 0) return 'protocol'
    start = end
    if (head.status === 101) return switchProtocols(exchange, head, bytes, start, length)
    if (head.status >= 200) return startResponse(exchange, head, bytes, start, length)
    if (++response.interim > interimMaximum) return 'protocol'
    // RFC 9110 §15.2: none to a 1.0 client. A 100 that we have sent already is not sent again.
    if (exchange.minorVersion === 1 && !(head.status === 100 && exchange.client.continued))
      exchange.client.write(`${rewriteResponse(head, true)}\r\n`)
    if (head.status === 100) exchange.client.continued = true
  }
  if (start < length) response.partial = Buffer.from(bytes.subarray(start, length))
  return undefined
}

function startResponse(exchange: Exchange, head: ResponseHead, bytes: Buffer, start: number, length: number): Failure {
  const { client, context, request, response } = exchange
  exchange.upstreamMs = context.nowMs - exchange.sentMs
  response.started = true
  if (exchange.endpoint!.troubled || unavailable(head.status)) judge(exchange, head.status)
  // Whatever the client was waited for before: from here on the upstream is.
  client.deadlineMs = 0
  response.status = head.status
  response.reusable = head.keepAlive
  const bodiless = exchange.method === Method.Head || head.status === 204 || head.status === 304
  let { body } = head
  if (bodiless) {
    // RFC 9112 §6.3: no body whatever the head says. A server that announces one here may well send it: its connection is not trusted further.
    if (exchange.method !== Method.Head && (head.contentLength > 0 || body === ResponseBody.Chunked)) response.reusable = false
    body = ResponseBody.None
  } else if (body === ResponseBody.UntilClose) response.reusable = false
  response.body = body
  response.remaining = head.contentLength
  if (body === ResponseBody.Chunked) response.reader = new ChunkedReader()
  const openEnded = body === ResponseBody.Chunked || body === ResponseBody.UntilClose
  response.chunks = openEnded && exchange.minorVersion === 1
  response.closes = !exchange.keepAlive || !request.done || context.leaving || client.halfClosed || (openEnded && !response.chunks)
  if (head.keepAliveSeconds >= 0) limitIdle(exchange, head.keepAliveSeconds)
  let text = rewriteResponse(head, head.status === 204)
  if (exchange.issue !== undefined) text += exchange.issue.field(exchange.backend!.name)
  text += client.extra
  if (response.chunks) text += 'Transfer-Encoding: chunked\r\n'
  if (response.closes) text += 'Connection: close\r\n'
  else if (exchange.minorVersion === 0) text += 'Connection: keep-alive\r\n'
  text += '\r\n'
  // The common case: a response that came whole leaves as one string.
  if (body === ResponseBody.Length && length - start === response.remaining && length - start < stringBytesMaximum) {
    response.bytes = response.remaining
    response.remaining = 0
    if (!client.write(text + latin1(bytes, start, length))) client.congested = true
    exchange.finish()
    return undefined
  }
  if (body === ResponseBody.None || (body === ResponseBody.Length && response.remaining === 0)) {
    if (!client.write(text)) client.congested = true
    if (length > start) response.reusable = false
    exchange.finish()
    return undefined
  }
  client.socket.cork()
  client.write(text)
  let failure: Failure
  if (length > start) failure = relayBody(exchange, bytes, start, length)
  else exchange.upstream!.deadlineMs = context.nowMs + exchange.policy.bodyIdleMs
  client.socket.uncork()
  return failure
}

/** What says that the endpoint cannot serve; a 500 may be what the version makes of the request. */
function unavailable(status: number): boolean {
  return status >= 502 && status <= 504
}

function judge({ context, endpoint, policy }: Exchange, status: number): void {
  if (unavailable(status)) endpoint!.failed(policy, context.nowMs)
  else endpoint!.answered(context.nowMs)
}

/** An upstream that says how long it keeps an idle connection is believed, with a margin for what is on its way. */
function limitIdle(exchange: Exchange, seconds: number): void {
  const upstream = exchange.upstream!
  upstream.idleMs = Math.min(exchange.policy.upstreamIdleMs, Math.max(0, seconds * 1000 - 1000))
  if (upstream.idleMs === 0) exchange.response.reusable = false
}

function relayBody(exchange: Exchange, bytes: Buffer, start: number, length: number): Failure {
  const { response } = exchange
  switch (response.body) {
    case ResponseBody.Length: {
      const end = Math.min(length, start + response.remaining)
      response.remaining -= end - start
      response.bytes += end - start
      // Bytes behind the body answer no request of ours (RFC 9112 §9.2).
      if (end < length) response.reusable = false
      deliver(exchange, copyOf(bytes, start, end), response.remaining === 0)
      return undefined
    }
    case ResponseBody.Chunked:
      return relayChunks(exchange, response.reader!, bytes, start, length)
    default: {
      const range = [start, length]
      response.bytes += length - start
      deliver(exchange, response.chunks ? encodeChunk(bytes, range, length - start, '') : encodePlain(bytes, range, length - start), false)
      return undefined
    }
  }
}

function relayChunks(exchange: Exchange, reader: ChunkedReader, bytes: Buffer, start: number, length: number): Failure {
  const { response } = exchange
  const outcome = reader.read(bytes, start, length)
  if (outcome === Chunked.Malformed || outcome === Chunked.TrailersTooLong) return 'protocol'
  const done = outcome === Chunked.Done
  if (done && reader.position < length) response.reusable = false
  const trailers = readTrailers(done ? reader.trailers : '')
  if (trailers === undefined) return 'protocol'
  const { ranges, dataBytes } = reader
  response.bytes += dataBytes
  if (!response.chunks) deliver(exchange, encodePlain(bytes, ranges, dataBytes), done)
  else deliver(exchange, encodeChunk(bytes, ranges, dataBytes, done ? endOfChunks(exchange, trailers.forwardable) : ''), done)
  return undefined
}

/** Trailers go to those who said that they take them. */
function endOfChunks(exchange: Exchange, trailers: string): string {
  return exchange.takesTrailers && trailers !== '' ? `0\r\n${trailers}\r\n` : lastChunk
}

function deliver(exchange: Exchange, data: string | Buffer, done: boolean): void {
  const { client, context, policy } = exchange
  const flowing = data.length === 0 || client.write(data)
  if (done) {
    if (!flowing) client.congested = true
    exchange.finish()
    return
  }
  const upstream = exchange.upstream!
  const deadlineMs = context.nowMs + policy.bodyIdleMs
  if (flowing) {
    upstream.deadlineMs = deadlineMs
    return
  }
  // The client is slower than the upstream: the upstream is read no further until it has caught up.
  upstream.socket.pause()
  upstream.deadlineMs = 0
  client.deadlineMs = deadlineMs
  client.congested = true
}

/** The client has taken all that was written to it. */
export function responseDrained(exchange: Exchange): void {
  const upstream = exchange.upstream
  if (upstream === undefined) return
  exchange.client.deadlineMs = 0
  upstream.deadlineMs = exchange.context.nowMs + exchange.policy.bodyIdleMs
  upstream.socket.resume()
}

/** The upstream has closed its side. */
export function responseEnded(exchange: Exchange): Failure {
  const { client, response } = exchange
  if (response.tunnel) {
    tunnelEnded(exchange)
    return undefined
  }
  if (!response.started || response.body !== ResponseBody.UntilClose) return 'reset'
  if (response.chunks && !client.write(lastChunk)) client.congested = true
  exchange.finish()
  return undefined
}

/** RFC 9110 §7.8: a tunnel begins with the upstream's 101 for a protocol that the client asked for, and never before. */
function switchProtocols(exchange: Exchange, head: ResponseHead, bytes: Buffer, start: number, length: number): Failure {
  const asked = exchange.upgrade.toLowerCase().split(',')
  if (exchange.upgrade === '' || !asked.some((protocol) => protocol.trim() === head.upgrade.toLowerCase())) return 'protocol'
  const { context, response } = exchange
  exchange.upstreamMs = context.nowMs - exchange.sentMs
  response.started = true
  if (exchange.endpoint!.troubled) judge(exchange, 101)
  response.tunnel = true
  response.status = 101
  const cookie = exchange.issue?.field(exchange.backend!.name) ?? ''
  exchange.client.write(`${rewriteResponse(head, true)}${cookie}Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n\r\n`)
  startTunnel(exchange, bytes, start, length)
  return undefined
}
