import type { Downstream, Exchange } from './exchange.ts'
import { isTaking } from './farewell.ts'

/** What an exchange's client was waited for has not come in time: more of the request's body, or room for more of the answer. */
export function exchangeExpired(client: Downstream & { taken: number }, exchange: Exchange): void {
  const { context, policy, request, response } = exchange
  if (client.congested && isTaking(client)) client.deadlineMs = context.nowMs + policy.bodyIdleMs
  else if (exchange.expectsContinue && !client.continued && !response.started) {
    client.continued = true
    client.write('HTTP/1.1 100 Continue\r\n\r\n')
    client.deadlineMs = context.nowMs + policy.bodyIdleMs
  } else if (client.halfClosed && !response.started) exchange.clientGone()
  else if (!request.done && !response.started) exchange.refuseBody(408)
  else exchange.clientGone()
}
