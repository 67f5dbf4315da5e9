import { leastRequestOfTwo } from './choose.ts'
import { at, type FailureKind } from './counters.ts'
import type { EndpointPool } from './endpoints.ts'
import type { Exchange } from './exchange.ts'
import { dispatch, fallBack } from './forward.ts'
import { Method } from './http1/requestHead.ts'
import { failureAt, limitAt, picksIn } from './record.ts'
import type { BackendTarget } from './table.ts'

/**
 * Tries again where nothing can be doubled: the connection was never made, or it broke before a byte of the answer and the request is
 * idempotent (RFC 9112 §9.3.1, RFC 9110 §9.2.2). Always within the same backend, as it is configured by now, and at another endpoint if there is
 * one; except that a backend none of whose endpoints accepts a connection hands over to the fallback. `failed` is the endpoint that was tried.
 * Returns false when the failure is to be answered.
 */
export function retry(exchange: Exchange, failed: EndpointPool<Exchange>): boolean {
  exchange.retries++
  const backend = present(exchange)
  exchange.backend = backend
  exchange.endpoint = another(backend, exchange, failed)
  if (exchange.endpoint === undefined) {
    backend.block[failureAt.no_endpoints]!++
    if (exchange.fallback === undefined || fallBack(exchange) !== 0) return false
  }
  exchange.backend!.block[at.retries]!++
  if (dispatch(exchange)) return true
  exchange.endpoint = undefined
  return false
}

function another({ endpoints }: BackendTarget<Exchange>, exchange: Exchange, failed: EndpointPool<Exchange>): EndpointPool<Exchange> | undefined {
  const candidates = endpoints.usable.length > 0 ? endpoints.usable : exchange.fallback === undefined ? endpoints.all : []
  const others = candidates.filter((endpoint) => endpoint !== failed)
  if (others.length > 0) return leastRequestOfTwo(others, Math.random)
  return candidates[0]
}

/**
 * To be asked before the exchange is taken off its connection, which is counted at the backend that it was sent to. Spends of the backend's budget, unless it was a kept connection that had died.
 * A request is sent twice at most. That its second try met an endpoint which accepts no connection sent nothing: it has a third.
 */
export function mayRetry(exchange: Exchange, kind: FailureKind): boolean {
  const { response, upstream } = exchange
  if (exchange.streamed || response.heard) return false
  const { connected, served } = upstream!
  if (exchange.retries > 1 || (exchange.retries === 1 && connected)) return false
  const wasKept = connected && served > 0
  if (connected && !(isIdempotent(exchange.method) && (kind === 'reset' || (kind === 'protocol' && wasKept)))) return false
  const backend = present(exchange)
  if (!connected && !backend.endpoints.all.some((endpoint) => endpoint !== exchange.endpoint) && exchange.fallback === undefined) return false
  return wasKept || withinBudget(exchange, backend)
}

/** The backend in the table in use: an endpoint that failed may well have been replaced by now. */
function present(exchange: Exchange): BackendTarget<Exchange> {
  const { context, backend } = exchange
  const { split, name } = backend!
  return context.table.splits.get(split)?.backends.find((each) => each.name === name) ?? backend!
}

function withinBudget(exchange: Exchange, { block, retryBudget }: BackendTarget<Exchange>): boolean {
  if (retryBudget.spend(picksIn(block), exchange.policy.retryBudget)) return true
  exchange.context.counters[limitAt.retry_budget]!++
  return false
}

/** RFC 9110 §9.2.2. */
function isIdempotent(method: number): boolean {
  return method !== Method.Post && method !== Method.Patch
}
