// Endpoints that go out and come back, seen from outside: by whom requests are served, what probes are, and what is told.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import { defaultResilience, type Resilience } from '../../../src/edge/config.ts'
import { ask, openClient } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { type Script, startUpstream, type Upstream, write } from '../http/upstream.ts'
import { metric, until } from '../pressure/scrape.ts'

t.setTimeout(fileDeadlineMs)
const labels = '{namespace="",split="main",service="main-all",role="all",revision=""}'
const ejected = `spillway_edge_endpoints_ejected${labels}`
const ejections = `spillway_edge_endpoint_ejections_total${labels}`
const generation = 'spillway_edge_config_generation'

function routingTo(...upstreams: readonly Upstream[]): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('all', 1, ...upstreams)], routes: [], fallback: { kind: 'none' } }],
  }
}

async function get(edge: Edge): Promise<number> {
  const answer = await ask(edge.addresses[0]!, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  return answer === undefined ? 0 : statusOf(answer)
}

function requestsTo(upstream: Upstream): number {
  return [...upstream.received.values()].reduce((sum, each) => sum + each.length, 0)
}

async function readyEndpoints(edge: Edge): Promise<number | undefined> {
  const client = await openClient(edge.admin)
  client.write('GET /v1/reports HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await client.until(() => client.text.includes('readyEndpoints'), 5_000)
  client.socket.destroy()
  const told = /"readyEndpoints":(\d+)/.exec(client.text)?.[1]
  return told === undefined ? undefined : Number(told)
}

const resilience: Resilience = { ...defaultResilience, ejectAfter: 3, ejectMs: 1_000, slowStartMs: 0 }

t.test('one that answers 503 goes out, is probed without a request, and comes back; a table in between changes nothing', async (t) => {
  let status = 503
  const script: Script = ({ connection }) => write(connection, `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`)
  const upstreams = [await startUpstream('bad', { script }), await startUpstream('good'), await startUpstream('better')] as const
  const [bad] = upstreams
  const edge = await startEdge({ resilience, routing: routingTo(...upstreams) })
  t.teardown(async () => {
    await edge.close()
    await Promise.all(upstreams.map((each) => each.close()))
  })
  await until(async () => {
    await get(edge)
    return (await metric(edge, ejected)) === 1
  }, 'it is out')
  t.equal(requestsTo(bad), 3)
  t.equal(await metric(edge, ejections), 1)
  t.equal(await readyEndpoints(edge), 2)

  edge.apply({ routing: routingTo(upstreams[1], bad) })
  await until(async () => (await metric(edge, generation)) === 2, 'another table is in use')
  t.same([await metric(edge, ejected), await metric(edge, ejections)], [1, 1], 'and it is out there too, told once')
  for (let i = 0; i < 20; i++) t.equal(await get(edge), 200)
  t.equal(requestsTo(bad), 3)

  await until(async () => (await metric(edge, ejected)) === 0, 'it is back')
  t.equal(requestsTo(bad), 3, 'by a connection alone')
  const served = requestsTo(bad)
  await until(async () => {
    await get(edge)
    return requestsTo(bad) > served
  }, 'it is used')
  t.equal(await metric(edge, ejected), 1, 'one failure on probation and it is out again')
  status = 200
  await until(async () => (await metric(edge, ejected)) === 0, 'it is back', 5_000)
  t.equal(await metric(edge, ejections), 2)
  t.equal(edge.warnings.filter((line) => line.startsWith('an endpoint is out of use')).length, 2)
})

t.test('one that is added to others begins slowly; those of the first table do not', async (t) => {
  const upstreams = await Promise.all(['a', 'b', 'c'].map((name) => startUpstream(name)))
  const [a, b, c] = upstreams as [Upstream, Upstream, Upstream]
  const edge = await startEdge({ resilience: { ...resilience, slowStartMs: 600_000 }, routing: routingTo(a, b) })
  t.teardown(async () => {
    await edge.close()
    await Promise.all(upstreams.map((each) => each.close()))
  })
  for (let i = 0; i < 100; i++) await get(edge)
  t.ok(requestsTo(a) > 20 && requestsTo(b) > 20, `${requestsTo(a)} and ${requestsTo(b)}`)
  edge.apply({ routing: routingTo(a, b, c) })
  await until(async () => (await metric(edge, generation)) === 2, 'three are in use')
  for (let i = 0; i < 100; i++) await get(edge)
  t.ok(requestsTo(c) < 5, `${requestsTo(c)} of 100 to the new one`)
  edge.apply({ resilience })
  await until(async () => (await metric(edge, generation)) === 3, 'it begins at once')
  for (let i = 0; i < 100; i++) await get(edge)
  t.ok(requestsTo(c) > 15, `${requestsTo(c)} of 100 then`)
})

t.test('a POST takes a kept connection that is fresh, and no other; a GET takes either', async (t) => {
  const upstream = await startUpstream('kept')
  const edge = await startEdge({ routing: routingTo(upstream) })
  t.teardown(async () => {
    await edge.close()
    await upstream.close()
  })
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'
  await get(edge)
  await ask(edge.addresses[0]!, post)
  t.equal(upstream.connections.size, 1)
  await new Promise((resolve) => setTimeout(resolve, 400))
  await get(edge)
  t.equal(upstream.connections.size, 1)
  await new Promise((resolve) => setTimeout(resolve, 400))
  await ask(edge.addresses[0]!, post)
  t.equal(upstream.connections.size, 2)
})

t.test('the access log tells of a second try', async (t) => {
  const upstream = await startUpstream('good')
  const gone = await startUpstream('gone')
  await gone.close()
  const path = join(t.testdir(), 'access.log')
  const accessLog = { path, sample: 1, format: 'json', query: false } as const
  const edge = await startEdge({ resilience: { ...resilience, ejectMs: 60_000 }, accessLog, routing: routingTo(gone, upstream) })
  t.teardown(() => upstream.close())
  await until(async () => {
    t.equal(await get(edge), 200)
    return (await metric(edge, ejected)) === 1
  }, 'the one that is gone was asked')
  await edge.close()
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  const told = lines.map((line) => JSON.parse(line) as { retries: number; endpoint: string })
  t.same(told.filter(({ retries }) => retries === 1).length, 1)
  t.same(new Set(told.map(({ endpoint }) => endpoint)), new Set([`127.0.0.1:${upstream.port}`]))
})

t.test('two endpoints that accept no connection cost no request, if a third one does', async (t) => {
  const upstream = await startUpstream('alive')
  // Each split has two of its own, so that each has a first request; nobody listens on these addresses.
  const splits = Array.from({ length: 40 }, (_, i) => ({
    name: `s${i}`,
    totalWeight: 1,
    backends: [
      {
        name: 'all',
        weight: 1,
        endpoints: [`127.0.1.${i + 1}`, `127.0.2.${i + 1}`, '127.0.0.1'].map((host) => ({ host, port: upstream.port })),
      },
    ],
    routes: [],
    fallback: { kind: 'none' as const },
  }))
  const edge = await startEdge({
    resilience: defaultResilience,
    routing: { splits, routes: splits.map(({ name }) => ({ host: `${name}.example`, path: '/', pathType: 'Prefix' as const, split: name })) },
  })
  t.teardown(async () => {
    await edge.close()
    await upstream.close()
  })
  for (const { name } of splits) {
    const answer = await ask(edge.addresses[0]!, `GET / HTTP/1.1\r\nHost: ${name}.example\r\n\r\n`)
    t.equal(answer === undefined ? 0 : statusOf(answer), 200, name)
  }
  t.equal(requestsTo(upstream), splits.length, 'each was sent once')
})
