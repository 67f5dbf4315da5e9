// Requests that wait for a connection to a full endpoint: in their order, no longer than they may, and lost to nothing that happens meanwhile.
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import { defaultLimits } from '../../../src/edge/config.ts'
import { answersOf, type Client, openClient } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { type Received, startUpstream, type Upstream, write } from '../http/upstream.ts'
import { metric, until } from '../pressure/scrape.ts'

t.setTimeout(fileDeadlineMs)
const queued = 'spillway_edge_requests_queued{namespace="",split="main",service="main-all",role="all",revision=""}'
const waitMs = 10_000

function routingTo(...upstreams: readonly Upstream[]): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('all', 1, ...upstreams)], routes: [], fallback: { kind: 'none' } }],
  }
}

/** An edge that has one connection to an upstream, whose requests wait to be answered by the test. */
async function full(t: Tap, drainMs = 100): Promise<{ edge: Edge; upstream: Upstream; held: Received[]; answer(): void; others: Upstream }> {
  const held: Received[] = []
  const upstream = await startUpstream('held', { script: (received) => void held.push(received) })
  const others = await startUpstream('others')
  const edge = await startEdge({
    timeouts: { queueMs: 5_000, drainMs },
    limits: { ...defaultLimits, upstreamConnections: 1 },
    routing: routingTo(upstream),
  })
  t.teardown(async () => {
    await edge.close()
    await Promise.all([upstream.close(), others.close()])
  })
  return { edge, upstream, held, others, answer: () => write(held.at(-1)!.connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok') }
}

type Tap = { teardown(end: () => Promise<void>): void }

async function send(edge: Edge, request: string): Promise<Client> {
  const client = await openClient(edge.addresses[0]!)
  client.write(request)
  return client
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

async function statusFor(client: Client, method = 'GET'): Promise<number | undefined> {
  await client.until(() => answersOf(client, [method]).length > 0 || client.end !== 'open', waitMs)
  return answersOf(client, [method]).map(statusOf)[0]
}

async function isQueued(edge: Edge, count: number): Promise<void> {
  await until(async () => (await metric(edge, queued)) === count, `${count} in the queue`)
}

t.test('first come, first served, on the connection that was released', async (t) => {
  const { edge, upstream, held, answer } = await full(t)
  const clients: Client[] = []
  for (let i = 0; i < 4; i++) {
    clients.push(await send(edge, get(`/${i}`)))
    if (i === 0) await until(() => held.length === 1, 'the first is there')
    else await isQueued(edge, i)
  }
  for (let i = 0; i < 4; i++) {
    await until(() => held.length === i + 1, `request ${i}`)
    answer()
    t.equal(await statusFor(clients[i]!), 200)
  }
  t.same(
    held.map(({ request }) => request.startLine),
    [0, 1, 2, 3].map((i) => `GET /${i} HTTP/1.1`),
  )
  t.equal(upstream.connections.size, 1)
  await isQueued(edge, 0)
})

t.test('on a connection of its own where the one before was closed', async (t) => {
  const { edge, held, answer } = await full(t)
  const first = await send(edge, get('/first'))
  await until(() => held.length === 1, 'the first is there')
  const second = await send(edge, get('/second'))
  await isQueued(edge, 1)
  first.socket.destroy()
  await until(() => held.length === 2, 'the second is there')
  answer()
  t.equal(await statusFor(second), 200)
})

t.test('whoever leaves, leaves the queue', async (t) => {
  const { edge, held, answer } = await full(t)
  const clients: Client[] = []
  for (const target of ['/1', '/2', '/3']) {
    clients.push(await send(edge, get(target)))
    await until(async () => held.length === 1 && (await metric(edge, queued)) === clients.length - 1, target)
  }
  clients[1]!.reset()
  await isQueued(edge, 1)
  answer()
  await until(() => held.length === 2, 'the third is there')
  t.equal(held[1]!.request.startLine, 'GET /3 HTTP/1.1')
  answer()
  t.equal(await statusFor(clients[2]!), 200)
})

t.test('a body waits with its request, and comes whole', async (t) => {
  const { edge, held, answer } = await full(t)
  await send(edge, get('/first'))
  await until(() => held.length === 1, 'the first is there')
  const post = await send(edge, 'POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n')
  await isQueued(edge, 1)
  post.write('x'.repeat(300_000))
  answer()
  await until(() => held.length === 2, 'the second is there')
  t.equal(held[1]!.request.body.length, 300_000)
  answer()
  t.equal(await statusFor(post, 'POST'), 200)
})

t.test('a table without the endpoint loses nobody who waits there', async (t) => {
  const { edge, held, others, answer } = await full(t)
  const first = await send(edge, get('/first'))
  await until(() => held.length === 1, 'the first is there')
  const waiting = await Promise.all([send(edge, get('/a')), send(edge, get('/b'))])
  await isQueued(edge, 2)
  edge.apply({ routing: routingTo(others) })
  await until(async () => (await metric(edge, 'spillway_edge_config_generation')) === 2, 'the new table is in use')
  t.equal(await statusFor(await send(edge, get('/new'))), 200)
  t.equal(await metric(edge, queued), 2)
  for (let i = 1; i <= 3; i++) {
    await until(() => held.length === i, `request ${i}`)
    answer()
  }
  t.same(await Promise.all([first, ...waiting].map((client) => statusFor(client))), [200, 200, 200])
})

t.test('on shutdown those who wait are served too', async (t) => {
  const { edge, held, answer } = await full(t, 5_000)
  const first = await send(edge, get('/first'))
  await until(() => held.length === 1, 'the first is there')
  const second = await send(edge, get('/second'))
  await isQueued(edge, 1)
  const closed = edge.close()
  answer()
  t.equal(await statusFor(first), 200)
  await until(() => held.length === 2, 'the second is there')
  answer()
  t.equal(await statusFor(second), 200)
  await closed
})

t.test('nobody waits at a full endpoint while another has room', async (t) => {
  const { edge, upstream, held, others } = await full(t)
  edge.apply({ routing: routingTo(upstream, others) })
  await until(async () => (await metric(edge, 'spillway_edge_config_generation')) === 2, 'both are in use')
  while (held.length === 0) {
    const client = await send(edge, get('/hold'))
    await until(() => held.length > 0 || client.text !== '', 'it is served')
  }
  for (let i = 0; i < 20; i++) t.equal(await statusFor(await send(edge, get('/x'))), 200)
})

t.test('where all are full, those who come wait where fewest do', async (t) => {
  const { edge, upstream, held, others } = await full(t)
  edge.apply({ routing: routingTo(upstream, others) })
  await until(async () => (await metric(edge, 'spillway_edge_config_generation')) === 2, 'both are in use')
  others.scripts.set('n0000001', { when: 'complete', run: (received) => void held.push(received) })
  while (held.length < 2) {
    const before = held.length
    const client = await send(edge, get('/n0000001'))
    await until(() => held.length > before || client.text !== '', 'it is held, or served')
  }
  for (let i = 1; i <= 6; i++) {
    await send(edge, get(`/${i}`))
    await isQueued(edge, i)
  }
  for (const { connection } of held.slice(0, 2)) write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await isQueued(edge, 2)
  t.equal(others.received.size, 4, 'three who waited, and the one that was held')
})
