// Of TLS records that come together the first does not stop the others: a body that comes while there is no connection for it yet is lost to nobody.
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import { defaultLimits } from '../../../src/edge/config.ts'
import { lacks } from '../../needs.ts'
import { answersOf } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { type Received, startUpstream, write } from '../http/upstream.ts'
import { metric, until } from '../pressure/scrape.ts'
import { openWorkshop } from './certificates.ts'
import { openSecure, type SecureClient } from './client.ts'
import { secureListener } from './start.ts'

t.setTimeout(fileDeadlineMs)
const skip = lacks('openssl')
const queued = 'spillway_edge_requests_queued{namespace="",split="main",service="main-new",role="new",revision=""}'
const bodyBytes = 6_000
/** The least that TLS allows: head and body take a dozen records, all in one segment. */
const recordBytes = 512

/** All of its backend `new` first, then of `old`. */
function routingTo(fresh: { readonly port: number }, old: { readonly port: number }): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [
      {
        name: 'main',
        totalWeight: 1,
        backends: [backend('new', 1, fresh), backend('old', 0, old)],
        routes: [],
        fallback: { kind: 'backend', backend: 'old' },
      },
    ],
  }
}

async function post(edge: Edge): Promise<SecureClient> {
  const client = await openSecure(edge.addresses[0]!)
  client.secured.setMaxSendFragment(recordBytes)
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bodyBytes}\r\n\r\n${'x'.repeat(bodyBytes)}`)
  return client
}

async function statusFor(client: SecureClient): Promise<number | undefined> {
  await client.until(() => answersOf(client, ['POST']).length > 0 || client.end !== 'open', 10_000)
  return answersOf(client, ['POST']).map(statusOf)[0]
}

void t.test('bodies in records', { skip }, async (t) => {
  const workshop = await openWorkshop()
  const certificate = await workshop.issue('a', { names: ['DNS:a'] })
  t.teardown(workshop.remove)

  t.test('a body in many records waits with its request, and comes whole', async (t) => {
    const held: Received[] = []
    const upstream = await startUpstream('held', { script: (received) => void held.push(received) })
    const edge = await startEdge({
      listeners: [secureListener([certificate])],
      timeouts: { queueMs: 5_000 },
      limits: { ...defaultLimits, upstreamConnections: 1 },
      routing: routingTo(upstream, upstream),
    })
    t.teardown(async () => {
      await edge.close()
      await upstream.close()
    })
    const answer = (): void => write(held.at(-1)!.connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    const first = await post(edge)
    await until(() => held.length === 1, 'the first is there')
    const second = await post(edge)
    await until(async () => (await metric(edge, queued)) === 1, 'the second waits')
    answer()
    await until(() => held.length === 2, 'the second is there')
    t.equal(held[1]?.request.body.length, bodyBytes)
    answer()
    t.equal(await statusFor(first), 200)
    t.equal(await statusFor(second), 200)
  })

  t.test('where the connection is refused, all of it goes elsewhere', async (t) => {
    const gone = await startUpstream('gone')
    await gone.close()
    const old = await startUpstream('old')
    const edge = await startEdge({
      listeners: [secureListener([certificate])],
      routing: routingTo(gone, old),
    })
    t.teardown(async () => {
      await edge.close()
      await old.close()
    })
    const client = await post(edge)
    t.equal(await statusFor(client), 200)
    t.equal([...old.received.values()].flat()[0]?.request.body.length, bodyBytes)
  })
})
