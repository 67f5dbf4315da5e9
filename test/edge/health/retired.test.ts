// An endpoint that no table names any more may still fail: that is no news of those that came after it.
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import { answersOf, ask, openClient } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { type Received, startUpstream } from '../http/upstream.ts'
import { metric, until } from '../pressure/scrape.ts'

t.setTimeout(fileDeadlineMs)

function routingTo(...endpoints: readonly { readonly port: number }[]): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('all', 1, ...endpoints)], routes: [], fallback: { kind: 'none' } }],
  }
}

t.test('what fails at an endpoint that was taken out of the table is not counted among those in use', async (t) => {
  const held: Received[] = []
  const old = await startUpstream('old', { script: (received) => void held.push(received) })
  const kept = await startUpstream('kept')
  const edge = await startEdge({ resilience: { retryBudget: 1, ejectAfter: 1, ejectMs: 60_000, slowStartMs: 0 }, routing: routingTo(old, kept) })
  t.teardown(async () => {
    await edge.close()
    await Promise.all([old.close(), kept.close()])
  })
  const client = await openClient(edge.addresses[0]!)
  let sent = 0
  while (held.length === 0) {
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    sent++
    await until(() => held.length === 1 || answersOf(client, Array(sent).fill('GET')).length === sent, 'an answer, or the request at the old one')
  }
  edge.apply({ routing: routingTo(kept) })
  await until(async () => (await metric(edge, 'spillway_edge_config_generation')) === 2, 'the next table')
  held[0]!.connection.socket.destroy()
  await client.until(() => answersOf(client, Array(sent).fill('GET')).length === sent, 5_000)
  t.equal(answersOf(client, Array(sent).fill('GET')).map(statusOf).at(-1), 200)
  const labels = '{namespace="",split="main",service="main-all",role="all",revision=""}'
  t.equal(await metric(edge, `spillway_edge_endpoints_ejected${labels}`), 0)
  t.equal(await metric(edge, `spillway_edge_endpoint_ejections_total${labels}`), 0)
  t.same(edge.warnings, [])
  t.equal((await ask(edge.addresses[0]!, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'))?.body, 'kept')
})
