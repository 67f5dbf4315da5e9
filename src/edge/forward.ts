import { writeTo } from './bulk.ts'
import { leastRequestOfTwo, leastRequestOfTwoWarming } from './choose.ts'
import { clientAddress } from './clientAddress.ts'
import { anyIdle, type EndpointPool, noneIdle } from './endpoints.ts'
import { httpsRedirect, redirection } from './entry.ts'
import type { Exchange, Upstream } from './exchange.ts'
import { Field } from './http1/fields.ts'
import { Method, type RequestHead } from './http1/requestHead.ts'
import { type RequestRewrite, rewriteRequest } from './http1/rewrite.ts'
import { matchesAny, pathOf } from './match.ts'
import { mirror } from './mirror/mirror.ts'
import type { Origin } from './origin.ts'
import { proxyHeader } from './proxyProtocol/build.ts'
import { failureAt, limitAt, pickAt } from './record.ts'
import type { Sticky, Visitor } from './sticky/sticky.ts'
import { type BackendTarget, httpsOnly, type SplitTarget } from './table.ts'

/** An upstream that ignores `Expect: 100-continue` would keep both waiting: after this time the edge says 100 itself. */
const continueMs = 1000
/** RFC 9112 §9.3.1: a request that must not be repeated goes by a kept connection only if that is fresher than any upstream's idle timeout. */
const freshMs = 250

/** From a parsed head to a request under way: route, split, backend, endpoint, connection. Answers itself where there is none. */
export function forward(exchange: Exchange, head: RequestHead, host: string, origin: RequestRewrite & Visitor & Gate): void {
  const { context, table } = exchange
  if (exchange.access !== undefined) exchange.access.comesFrom(clientAddress(head, origin.peer, table.trust))
  if (isForEdge(head)) return answer(exchange, 204, 'options')
  if (head.via && passedHere(head, context.instanceId)) return answer(exchange, 508, 'loop')
  if (origin.turnsAway !== 0) return turnAway(exchange, head, host, origin)
  const place = table.routes.find(host, pathOf(head.target))
  if (place === undefined) return answer(exchange, 404, 'no_route')
  if (place < 0 && cameInTheClear(head, origin)) return sendToHttps(exchange, head, host)
  const split = table.targets[place < 0 ? httpsOnly(place) : place]!
  exchange.policy = split.policy
  const maximum = split.policy.bodyBytes
  if (maximum > 0 && (head.contentLength > maximum || exchange.request.bytes > maximum)) return exchange.refuseBody(413)
  const status = choose(exchange, split, head, origin)
  if (status !== 0) return answer(exchange, status, 'no_endpoints')
  exchange.head = rewriteRequest(head, origin)
  const { proxyProtocol } = split.policy
  if (proxyProtocol !== 'none') exchange.preamble = proxyHeader(proxyProtocol, clientAddress(head, origin.peer, table.trust), origin.addresses)
  if (split.policy.totalMs > 0) context.timed.add(exchange)
  addBody(exchange)
  if (!dispatch(exchange)) overloaded(exchange)
  else if (split.mirrors !== undefined) exchange.copies = mirror(exchange, split.mirrors, head)
}

function answer(exchange: Exchange, status: number, why: string): void {
  exchange.why = why
  exchange.answer(status)
}

/** How a request came, and whether its listener lets it through: see `Origin`. */
type Gate = Pick<Origin, 'turnsAway' | 'entry' | 'addresses' | 'peer'>

/** To where the listener redirects; or RFC 9110 §15.5.20: on a TLS connection that was made for a host with another certificate. */
function turnAway(exchange: Exchange, head: RequestHead, host: string, { turnsAway, entry }: Gate): void {
  exchange.why = turnsAway === 308 ? 'redirect' : 'misdirected'
  exchange.answer(turnsAway, turnsAway === 308 ? redirection(entry, host, head.target) : '')
}

/** By the word of a trusted proxy in front, or as it came here. What proves a host's owner to a certificate authority is asked for in the clear. */
function cameInTheClear(head: RequestHead, { peer, entry }: Pick<Origin, 'peer' | 'entry'>): boolean {
  if (entry.scheme === 'https' || head.target.startsWith(acmePath)) return false
  if (!peer.trusted) return true
  for (let field = 0; field < head.fields.count; field++)
    if (head.fields.id(field) === Field.ForwardedProto) return !/^https$/i.test(head.value(field))
  return true
}

/** RFC 8555 §8.3. */
const acmePath = '/.well-known/acme-challenge/'

function sendToHttps(exchange: Exchange, head: RequestHead, host: string): void {
  exchange.why = 'redirect'
  exchange.answer(308, httpsRedirect(host, head.target))
}

/** RFC 9112 §3.2.4, RFC 9110 §7.6.2: asked of the edge itself, not of a service behind it. */
function isForEdge(head: RequestHead): boolean {
  return head.method === Method.Options && (head.target === '*' || head.maxForwards === 0)
}

function passedHere(head: RequestHead, instanceId: string): boolean {
  for (let field = 0; field < head.fields.count; field++) {
    if (head.fields.id(field) === Field.Via && head.value(field).includes(instanceId)) return true
  }
  return false
}

/** Explicit routes, then where the client belongs, then weight. Sets backend and endpoint; returns 0, or the status to answer with. */
function choose(exchange: Exchange, split: SplitTarget<Exchange>, head: RequestHead, visitor: Visitor): number {
  for (const route of split.routes) {
    if (!matchesAny(route.matches, head)) continue
    route.backend.block[pickAt.route]!++
    exchange.reason = route.reason
    return settle(exchange, route.backend, undefined)
  }
  const { sticky } = split
  return settle(exchange, sticky === undefined ? byWeight(exchange, split) : bySticky(exchange, split, sticky, head, visitor), split.fallback)
}

function byWeight(exchange: Exchange, split: SplitTarget<Exchange>): BackendTarget<Exchange> {
  const backend = split.backends[split.picker.next()]!
  backend.block[pickAt.weight]!++
  exchange.reason = 'weight'
  return backend
}

/** A client that is new is placed as well, but counts as a choice by weight: so what new sessions get can be told from what requests get. */
function bySticky(exchange: Exchange, split: SplitTarget<Exchange>, sticky: Sticky, head: RequestHead, visitor: Visitor): BackendTarget<Exchange> {
  const index = sticky.place(head, visitor, exchange)
  if (index < 0) return byWeight(exchange, split)
  const backend = split.backends[index]!
  const reason = exchange.issue?.fresh === true ? 'weight' : 'sticky'
  backend.block[pickAt[reason]]!++
  exchange.reason = reason
  return backend
}

function settle(exchange: Exchange, backend: BackendTarget<Exchange>, fallback: BackendTarget<Exchange> | undefined): number {
  exchange.fallback = fallback === backend ? undefined : fallback
  exchange.backend = backend
  const endpoint = usable(backend, exchange)
  if (endpoint !== undefined) {
    exchange.endpoint = endpoint
    return 0
  }
  backend.block[failureAt.no_endpoints]!++
  return exchange.fallback === undefined ? 503 : fallBack(exchange)
}

/** The share of a backend that cannot serve goes to the fallback, and is counted there as such. */
export function fallBack(exchange: Exchange): number {
  const fallback = exchange.fallback!
  exchange.fallback = undefined
  exchange.backend = fallback
  exchange.reason = 'fallback'
  exchange.endpoint = usable(fallback, exchange)
  fallback.block[pickAt.fallback]!++
  if (exchange.endpoint !== undefined) return 0
  fallback.block[failureAt.no_endpoints]!++
  return 503
}

/** One of the endpoints that are believed to accept connections. Where none is, any is tried, unless a fallback stands ready. */
function usable({ endpoints }: BackendTarget<Exchange>, exchange: Exchange): EndpointPool<Exchange> | undefined {
  const { usable, all } = endpoints
  if (usable.length > 0) {
    if (!endpoints.warming) return leastRequestOfTwo(usable, Math.random)
    return leastRequestOfTwoWarming(usable, { nowMs: exchange.context.nowMs, slowStartMs: endpoints.slowStartMs }, Math.random)
  }
  return all.length > 0 && exchange.fallback === undefined ? leastRequestOfTwo(all, Math.random) : undefined
}

/** What of the body came with the head goes out with the head: as one string where it is small. */
function addBody(exchange: Exchange): void {
  const { out } = exchange.request
  if (typeof out === 'string') exchange.head += out
  else exchange.body = out
}

/** Puts it on a connection to its endpoint, or to another one of the backend that has room, or in line for one at whichever has the shortest; false: there is no place left. */
export function dispatch(exchange: Exchange): boolean {
  return send(exchange) || sendElsewhere(exchange) || queue(exchange)
}

function sendElsewhere(exchange: Exchange): boolean {
  const { policy } = exchange
  const roomy = exchange.backend!.endpoints.usable.filter((endpoint) => endpoint.hasRoom(policy))
  if (roomy.length === 0) return false
  exchange.endpoint = leastRequestOfTwo(roomy, Math.random)
  return send(exchange)
}

/** Where fewest wait: an endpoint that has stopped answering must not gather half of those who come. */
function queue(exchange: Exchange): boolean {
  const { backend, client, context, policy, request } = exchange
  const endpoint = backend!.endpoints.usable.reduce((least, each) => (each.waiting < least.waiting ? each : least), exchange.endpoint!)
  if (!endpoint.queue(exchange, policy, backend!.block, context.nowMs)) {
    context.counters[limitAt.queue]!++
    return false
  }
  exchange.endpoint = endpoint
  exchange.queued = true
  if (!request.done) client.socket.pause()
  client.deadlineMs = 0
  return true
}

/** There is a connection for it now; false: none by its own limit. */
export function leaveQueue(exchange: Exchange): boolean {
  exchange.queued = false
  exchange.queued = !send(exchange)
  // Where the upstream does not take the body yet, `send` has left the client without a deadline.
  if (!exchange.queued && !exchange.request.done && exchange.client.deadlineMs !== 0) exchange.client.resume()
  return !exchange.queued
}

/** Puts the exchange on a connection to its endpoint and writes its beginning; false at the endpoint's limit of connections. */
function send(exchange: Exchange): boolean {
  const { context, client, endpoint, method, request, policy } = exchange
  const idleMaximumMs = exchange.retries > 0 ? noneIdle : method === Method.Post || method === Method.Patch ? freshMs : anyIdle
  const upstream = endpoint!.take(context, policy, idleMaximumMs)
  if (upstream === undefined) return false
  exchange.attach(upstream)
  let flowing = upstream.socket.write(exchange.preamble + exchange.head, 'latin1')
  if (exchange.body !== undefined) flowing = upstream.socket.write(exchange.body)
  if (upstream.connected) upstream.deadlineMs = request.done ? context.nowMs + policy.responseHeadMs : 0
  if (!request.done) {
    client.deadlineMs = bodyDeadline(exchange)
    if (!upstream.connected || !flowing) waitForUpstream(exchange)
  }
  return true
}

/** Until when more of the body must come, or the 100 be sent that its client may be waiting for. */
export function bodyDeadline(exchange: Exchange): number {
  const { client, context, request, policy } = exchange
  const waitsFor100 = exchange.expectsContinue && !client.continued && request.bytes === 0
  return context.nowMs + (waitsFor100 ? continueMs : policy.bodyIdleMs)
}

/** The client is read no further until the upstream has taken what it was sent. */
function waitForUpstream(exchange: Exchange): void {
  const upstream = exchange.upstream!
  exchange.client.socket.pause()
  exchange.client.deadlineMs = 0
  if (!upstream.connected) return
  upstream.deadlineMs = exchange.context.nowMs + exchange.policy.bodyIdleMs
  if (exchange.drainAwaited === upstream) return
  exchange.drainAwaited = upstream
  upstream.socket.once('drain', () => {
    exchange.drainAwaited = undefined
    if (exchange.upstream === upstream) upstreamDrained(exchange, upstream)
  })
}

/** The upstream takes more of the request's body. */
function upstreamDrained(exchange: Exchange, upstream: Upstream): void {
  const { client, response } = exchange
  upstream.deadlineMs = 0
  if (response.started) awaitEither(exchange, upstream)
  else client.deadlineMs = bodyDeadline(exchange)
  client.resume()
}

/** Where the response has begun before the request has ended, progress of either will do; the side that is waited for has the deadline. */
function awaitEither(exchange: Exchange, upstream: Upstream): void {
  const { client, context, policy } = exchange
  const deadlineMs = context.nowMs + policy.bodyIdleMs
  client.deadlineMs = client.congested ? deadlineMs : 0
  if (!client.congested) upstream.deadlineMs = deadlineMs
}

/** More of the request's body: takes what belongs to it and returns the position after that. The exchange may be over when this returns. */
export function forwardBody(exchange: Exchange, bytes: Buffer, length: number): number {
  const { context, client, request, policy } = exchange
  const position = request.read(bytes, 0, length, policy.bodyBytes)
  if (position < 0) {
    exchange.refuseBody(-position)
    return length
  }
  const upstream = exchange.upstream
  if (upstream?.connected !== true) {
    addEarlyBody(exchange)
    return position
  }
  exchange.streamed = true
  const flowing = request.out.length === 0 || writeTo(upstream.socket, request.out)
  if (exchange.copies !== undefined) exchange.copies.add()
  if (exchange.response.started) awaitEither(exchange, upstream)
  else if (request.done) {
    client.deadlineMs = 0
    upstream.deadlineMs = context.nowMs + policy.responseHeadMs
  } else client.deadlineMs = context.nowMs + policy.bodyIdleMs
  if (!flowing && !request.done) waitForUpstream(exchange)
  return position
}

/** Of TLS records that came together the first does not stop the others: what comes before there is a connection goes out with the beginning. */
function addEarlyBody(exchange: Exchange): void {
  const { out, done } = exchange.request
  const piece = typeof out === 'string' ? Buffer.from(out, 'latin1') : out
  exchange.body = exchange.body === undefined ? piece : Buffer.concat([exchange.body, piece])
  exchange.upstream?.socket.write(piece)
  if (exchange.copies !== undefined) exchange.copies.add()
  // From here on only that the client leaves is of interest.
  if (done) exchange.client.resume()
}

export function overloaded(exchange: Exchange): void {
  exchange.backend!.block[failureAt.overload]!++
  answer(exchange, 503, 'overload')
}

export function waitedTooLong(exchange: Exchange): void {
  exchange.context.counters[limitAt.queue_time]!++
  overloaded(exchange)
}
