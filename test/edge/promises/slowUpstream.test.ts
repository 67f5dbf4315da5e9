// Upstreams that do not accept, do not answer, or have too much to do: who waits, how long, and that others do not.
import t from 'tap'
import type { Backend, Routing } from '../../../src/core/routing/types.ts'
import { defaultLimits, defaultResilience } from '../../../src/edge/config.ts'
import { type Address, answersOf, ask, openClient } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { startUpstream } from '../http/upstream.ts'
import { limited, metric, until } from '../pressure/scrape.ts'
import { startBlackHole } from './blackHole.ts'
import { figure } from './full.ts'

t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))

/** A split per backend, reached below its name. */
function routingTo(...backends: readonly Backend[]): Routing {
  return {
    routes: backends.map(({ name }) => ({ path: `/${name}`, pathType: 'Prefix', split: name })),
    splits: backends.map((each) => ({ name: each.name, totalWeight: 1, backends: [each], routes: [], fallback: { kind: 'none' } })),
  }
}

async function timed(address: Address, path: string): Promise<{ status: number; tookMs: number }> {
  const client = await openClient(address)
  const startedMs = performance.now()
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 10_000)
  const tookMs = performance.now() - startedMs
  client.socket.destroy()
  return { status: answersOf(client, ['GET']).map(statusOf)[0] ?? 0, tookMs }
}

async function several<T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => one(index)))
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!
}

t.test('E19 slow upstream: where nothing accepts, the answer is a 504 after the time for connecting, within 10 %', async (t) => {
  const connectMs = figure(3_000, 2_000)
  const hole = await startBlackHole()
  const edge = await startEdge({ timeouts: { connectMs }, routing: routingTo(backend('dark', 1, hole)) })
  const answers = await several(10, () => timed(edge.addresses[0]!, '/dark'))
  t.same(new Set(answers.map(({ status }) => status)), new Set([504]))
  // The median: what a busy machine adds to the slowest is not the edge's.
  const times = answers.map(({ tookMs }) => Math.round(tookMs))
  const [least, median, most] = [Math.min(...times), quantile(times, 0.5), Math.max(...times)]
  t.ok(least >= 0.9 * connectMs && median <= 1.1 * connectMs, `${least} to ${most} ms, half within ${median}`)
  await edge.close()
  await hole.close()
})

t.test('E19 slow upstream: one black hole among endpoints costs the first requests a wait, and no other anything until it is back', async (t) => {
  const connectMs = 600
  const hole = await startBlackHole()
  const good = await startUpstream('good')
  const resilience = { ...defaultResilience, ejectMs: 2_000, slowStartMs: 0 }
  const edge = await startEdge({ timeouts: { connectMs }, resilience, routing: routingTo(backend('half', 1, hole, good)) })
  const first = await several(8, () => timed(edge.addresses[0]!, '/half'))
  t.same(new Set(first.map(({ status }) => status)), new Set([200]), 'each is tried elsewhere')
  const slowest = Math.max(...first.map(({ tookMs }) => tookMs))
  t.ok(slowest >= 0.9 * connectMs && slowest <= 1.1 * connectMs + 150, `the slowest took ${Math.round(slowest)} ms`)
  const labels = '{namespace="",split="half",service="half-half",role="half",revision=""}'
  t.equal(await metric(edge, `spillway_edge_endpoints_ejected${labels}`), 1)
  t.equal(await metric(edge, `spillway_edge_endpoint_ejections_total${labels}`), 1)
  t.equal(edge.warnings.filter((line) => line.includes('out of use')).length, 1)

  const later: number[] = []
  for (const endMs = performance.now() + figure(10_000, 3_000); performance.now() < endMs; ) {
    const { status, tookMs } = await timed(edge.addresses[0]!, '/half')
    if (status !== 200) t.fail(`${status}`)
    later.push(tookMs)
  }
  t.ok(Math.max(...later) < connectMs / 2, `none of ${later.length} waited while probes did, at most ${Math.round(Math.max(...later))} ms`)
  hole.open()
  await until(async () => (await metric(edge, `spillway_edge_endpoints_ejected${labels}`)) === 0, 'the endpoint is back')
  await edge.close()
  await Promise.all([hole.close(), good.close()])
})

t.test('E19 slow upstream: beyond connections and queue a 503 comes at once, and in the queue after its time', async (t) => {
  const silent = await startUpstream('silent', { script: () => undefined })
  const limits = { ...defaultLimits, upstreamConnections: 10, queue: 10 }
  const edge = await startEdge({ timeouts: { queueMs: 1_000, requestHeadMs: 500 }, limits, routing: routingTo(backend('full', 1, silent)) })
  const address = edge.addresses[0]!
  const labels = '{namespace="",split="full",service="full-full",role="full",revision=""}'
  const hanging = await several(10, () => openClient(address))
  for (const client of hanging) client.write('GET /full HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => silent.received.get('GET /full HTTP/1.1')?.length === 10, 'all connections are taken')
  const waiting = several(10, () => timed(address, '/full'))
  await until(async () => (await metric(edge, `spillway_edge_requests_queued${labels}`)) === 10, 'the queue is full')
  const beyond: { status: number; tookMs: number }[] = []
  for (let i = 0; i < 50; i++) beyond.push(await timed(address, '/full'))
  t.same(new Set(beyond.map(({ status }) => status)), new Set([503]))
  const median = quantile(
    beyond.map(({ tookMs }) => tookMs),
    0.5,
  )
  t.ok(median <= 5, `${median.toFixed(1)} ms`)
  const waited = await waiting
  t.same(new Set(waited.map(({ status }) => status)), new Set([503]))
  t.ok(
    waited.every(({ tookMs }) => tookMs >= 950 && tookMs < 1_200),
    `${waited.map(({ tookMs }) => Math.round(tookMs))}`,
  )
  t.equal(await limited(edge, 'queue'), 50)
  t.equal(await limited(edge, 'queue_time'), 10)
  t.equal(await metric(edge, `spillway_edge_requests_queued${labels}`), 0)
  for (const { socket } of hanging) socket.destroy()
  await edge.close()
  await silent.close()
})

t.test('E19 slow upstream: while 1,000 requests hang, another route is as fast as ever', async (t) => {
  const silent = await startUpstream('silent', { script: () => undefined })
  const good = await startUpstream('good')
  const edge = await startEdge({ routing: routingTo(backend('silent', 1, silent), backend('good', 1, good)) })
  const address = edge.addresses[0]!
  const measure = async (): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < figure(5_000, 400); i++) times.push((await timed(address, '/good')).tookMs)
    return quantile(times, 0.99)
  }
  await measure()
  const before = await measure()
  const hanging = await several(1_000, () => openClient(address))
  for (const client of hanging) client.write('GET /silent HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => silent.received.get('GET /silent HTTP/1.1')?.length === 1_000, 'all hang')
  const during = await measure()
  // A machine that others use too is given a little more.
  t.ok(during <= 1.5 * before + 3, `p99 ${before.toFixed(2)} ms before, ${during.toFixed(2)} ms during`)
  for (const { socket } of hanging) socket.destroy()
  await edge.close()
  await Promise.all([silent.close(), good.close()])
})

t.test('E19 slow upstream: a head that comes byte by byte is a 504 in time', async (t) => {
  const slow = await startUpstream('slow', {
    script({ connection }) {
      const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
      let sent = 0
      const timer = setInterval(() => {
        if (connection.socket.destroyed || sent === text.length) clearInterval(timer)
        else connection.socket.write(text[sent++]!)
      }, 100)
    },
  })
  const edge = await startEdge({ timeouts: { responseHeadMs: 1_000 }, routing: routingTo(backend('slow', 1, slow)) })
  const { status, tookMs } = await timed(edge.addresses[0]!, '/slow')
  t.equal(status, 504)
  t.ok(tookMs >= 900 && tookMs <= 1_150, `${Math.round(tookMs)} ms`)
  t.equal((await ask(edge.addresses[0]!, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'))?.startLine, 'HTTP/1.1 204 No Content')
  await edge.close()
  await slow.close()
})
