import type { FailureKind } from './counters.ts'
import type { Exchange } from './exchange.ts'
import { bodyDeadline, retry } from './forward.ts'
import { failureAt } from './record.ts'
import { readResponse, responseEnded } from './relay.ts'
import { Method } from './requestHead.ts'
import type { Carrying } from './upstream.ts'

const statusOf: Readonly<Record<FailureKind, number>> = {
  connect: 502,
  reset: 502,
  protocol: 502,
  timeout: 504,
  no_endpoints: 503,
  overload: 503,
}

/** RFC 9110 §9.2.2. */
const idempotent = new Set<number>([Method.Get, Method.Head, Method.Put, Method.Delete, Method.Options, Method.Query])

/** What an upstream connection's events mean to the exchange on it. */
export const carrying: Carrying<Exchange> = {
  connected(exchange) {
    const { client, context, request, policy, upstream } = exchange
    upstream!.deadlineMs = request.done ? context.nowMs + policy.responseHeadMs : 0
    if (!request.done) client.deadlineMs = bodyDeadline(exchange)
    client.resume()
  },
  received(exchange, bytes, length) {
    const failure = readResponse(exchange, bytes, length)
    if (failure !== undefined) fail(exchange, failure)
  },
  ended(exchange) {
    const failure = responseEnded(exchange)
    if (failure !== undefined) fail(exchange, failure)
  },
  failed: fail,
}

/** Another try where nothing can be doubled, else an answer, or where the client has part of one already a broken connection. */
function fail(exchange: Exchange, kind: FailureKind): void {
  const { response } = exchange
  if (response.tunnel) {
    exchange.tunnelClosed()
    return
  }
  const again = canRetry(exchange, kind)
  exchange.detach()
  if (again && retry(exchange)) return
  exchange.backend!.block[failureAt[kind]]!++
  exchange.why = kind
  if (response.started) exchange.abort(response.status)
  else exchange.answer(statusOf[kind])
}

function canRetry(exchange: Exchange, kind: FailureKind): boolean {
  if (exchange.retried || exchange.streamed || exchange.response.heard) return false
  if (!exchange.upstream!.connected) return exchange.backend!.endpoints.length > 1 || exchange.fallback !== undefined
  return (kind === 'reset' || kind === 'protocol') && exchange.upstream!.served > 0 && idempotent.has(exchange.method)
}
