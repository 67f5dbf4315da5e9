import type { FailureKind } from './counters.ts'
import type { Exchange } from './exchange.ts'
import { bodyDeadline, leaveQueue, waitedTooLong } from './forward.ts'
import { failureAt } from './record.ts'
import { readResponse, responseEnded } from './relay.ts'
import { mayRetry, retry } from './retry.ts'
import type { Carrying } from './upstream.ts'

const statusOf: Readonly<Record<FailureKind, number>> = {
  connect: 502,
  reset: 502,
  protocol: 502,
  timeout: 504,
  no_endpoints: 503,
  overload: 503,
}

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
  vacant: leaveQueue,
  waitedTooLong,
}

/** Another try where nothing can be doubled, else an answer, or where the client has part of one already a broken connection. */
function fail(exchange: Exchange, kind: FailureKind): void {
  const { response } = exchange
  if (response.tunnel) {
    exchange.tunnelClosed()
    return
  }
  const endpoint = exchange.endpoint!
  if (isHeldAgainst(exchange, kind)) endpoint.failed(exchange.policy, exchange.context.nowMs)
  const again = mayRetry(exchange, kind)
  exchange.detach()
  if (again && retry(exchange, endpoint)) return
  exchange.backend!.block[failureAt[kind]]!++
  exchange.why = kind
  if (response.started) exchange.abort(response.status)
  else exchange.answer(statusOf[kind])
}

/** That a kept connection has died, or says something unasked, is no sign of trouble. One that was never made is judged by its own account. */
function isHeldAgainst({ response, upstream }: Exchange, kind: FailureKind): boolean {
  if (response.started || !upstream!.connected) return false
  return kind === 'timeout' || response.heard || upstream!.served === 0
}
