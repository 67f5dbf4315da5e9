// Connections that the edge makes to endpoints of a split with `proxyProtocol`: what they begin with, and that each is for one request.
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import type { TrafficPolicy } from '../../../src/edge/config.ts'
import { parseProxyHeader } from '../../../src/edge/proxyProtocol/parse.ts'
import { until } from '../admin/stubEdge.ts'
import { answersOf, ask, openClient } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'

t.setTimeout(fileDeadlineMs)

/** An endpoint that takes a header, then answers with what it was told; all bytes of each connection are kept. */
type Endpoint = { readonly port: number; readonly connections: { text: string; reads: number; closed: boolean }[]; close(): Promise<void> }
type Answer = (socket: Socket, target: string, told: string) => void

const echo: Answer = (socket, _target, told) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${told.length}\r\n\r\n${told}`)

async function startEndpoint(answer: Answer = echo): Promise<Endpoint> {
  const connections: Endpoint['connections'] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = { text: '', reads: 0, closed: false }
    let answered = 0
    connections.push(connection)
    sockets.add(socket)
    socket.setEncoding('latin1')
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      connection.closed = true
      sockets.delete(socket)
    })
    socket.on('data', (text: string) => {
      connection.text += text
      connection.reads++
      const { told, rest } = split(connection.text)
      const heads = rest.split('\r\n\r\n').length - 1
      for (; answered < heads; answered++) answer(socket, /^[A-Z]+ (\S+)/.exec(rest)?.[1] ?? '', told)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The header's word and what follows it. */
function split(text: string): { readonly told: string; readonly rest: string } {
  const parsed = parseProxyHeader(Buffer.from(text, 'latin1'), text.length)
  if (parsed.kind !== 'done') return { told: parsed.kind, rest: text }
  const { told, end } = parsed
  return { told: told === undefined ? 'own' : `${told.source} ${told.sourcePort} ${told.destination} ${told.destinationPort}`, rest: text.slice(end) }
}

const anyPort = { host: '127.0.0.1', port: 0 }
const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`

type Port = { readonly port: number }

/** `/v1`, `/v2` and `/none` go to a split each, all of them to these endpoints. */
async function startProxying(endpoints: readonly Port[], common: Partial<TrafficPolicy> = {}, copiesTo?: Port): Promise<Edge> {
  const names = ['v1', 'v2', 'none'] as const
  return startEdge({
    listeners: [{ address: anyPort }, { address: anyPort, proxyProtocolFrom: ['127.0.0.1'] }],
    trustedProxies: ['127.0.0.3/32', '203.0.113.0/24'],
    timeouts: { drainMs: 500, connectMs: 1_000, responseHeadMs: 2_000, upstreamIdleMs: 4_000 },
    policies: { v1: { ...common, proxyProtocol: 'v1' }, v2: { ...common, proxyProtocol: 'v2' }, none: common },
    routing: {
      routes: names.map((name) => ({ path: `/${name}`, pathType: 'Prefix', split: name })),
      splits: names.map((name) => ({
        name,
        totalWeight: 1,
        backends: [backend('b', 1, ...endpoints), backend('copies', 0, ...(copiesTo === undefined ? [] : [copiesTo]))],
        mirrors: copiesTo === undefined ? [] : [{ name: 'all', match: [], backend: 'copies', percentage: 100 }],
        routes: [],
        fallback: { kind: 'none' },
      })),
    },
  })
}

t.test('what endpoints are told', async (t) => {
  const endpoint = await startEndpoint()
  const edge = await startProxying([endpoint])
  const [plain, proxied] = edge.addresses
  t.teardown(async () => {
    await edge.close()
    await endpoint.close()
  })
  for (const version of ['v1', 'v2']) {
    const client = await openClient(plain!, '127.0.0.2')
    const from = `127.0.0.2 ${client.socket.localPort} 127.0.0.1 ${plain!.port}`
    client.write(get(`/${version}`) + get(`/${version}`, 'X-Forwarded-For: 192.0.2.1\r\n'))
    t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === 2, 4_000))
    t.same(
      answersOf(client, ['GET', 'GET']).map(({ body }) => body),
      [from, from],
      `${version}: the peer, whatever it says of others`,
    )
    client.socket.destroy()

    const forwarded = await ask(plain!, get(`/${version}`, 'X-Forwarded-For: 6.6.6.6, 192.0.2.1, 203.0.113.5\r\n'), 4_000, '127.0.0.3')
    t.equal(forwarded!.body, `192.0.2.1 0 127.0.0.1 ${plain!.port}`, `${version}: whom trusted proxies name`)
    const mixed = await ask(plain!, get(`/${version}`, 'X-Forwarded-For: 2001:db8::1\r\n'), 4_000, '127.0.0.3')
    t.equal(mixed!.body, `2001:db8::1 0 127.0.0.1 ${plain!.port}`, `${version}: over IPv6, to an IPv4 address`)
    const nobody = await ask(plain!, get(`/${version}`, 'X-Forwarded-For: unknown\r\n'), 4_000, '127.0.0.3')
    t.equal(nobody!.body, 'own', `${version}: nobody where the proxy says nothing usable`)

    const relayed = await openClient(proxied!)
    relayed.write(`PROXY TCP4 192.0.2.7 198.51.100.7 1234 443\r\n${get(`/${version}`)}`)
    t.ok(await relayed.until(() => answersOf(relayed, ['GET']).length === 1, 4_000))
    t.equal(answersOf(relayed, ['GET'])[0]!.body, '192.0.2.7 1234 198.51.100.7 443', `${version}: what came in a header goes out in one`)
    relayed.socket.destroy()
  }
  for (const { text, reads } of endpoint.connections) {
    t.equal(text.split(' HTTP/1.1\r\n').length, 2, 'a connection for each request')
    t.equal(reads, 1, 'header and head in one write')
  }
  t.match(endpoint.connections[0]!.text, /^PROXY TCP4 127\.0\.0\.2 127\.0\.0\.1 \d+ \d+\r\nGET \/v1 HTTP\/1\.1\r\n/)
})

t.test('connections are not shared with splits that tell nothing', async (t) => {
  const endpoint = await startEndpoint()
  const edge = await startProxying([endpoint])
  t.teardown(async () => {
    await edge.close()
    await endpoint.close()
  })
  const client = await openClient(edge.addresses[0]!)
  const order = ['none', 'v2', 'none', 'v1', 'v1', 'none', 'v2', 'none']
  for (const [i, name] of order.entries()) {
    client.write(get(`/${name}`))
    t.ok(
      await client.until(
        () =>
          answersOf(
            client,
            order.map(() => 'GET'),
          ).length ===
          i + 1,
        4_000,
      ),
    )
  }
  client.socket.destroy()
  const begins = endpoint.connections.map(({ text }) => (text.startsWith('GET') ? text.split('GET /none ').length - 1 : split(text).rest.slice(0, 7)))
  t.same(begins, [4, 'GET /v2', 'GET /v1', 'GET /v1', 'GET /v2'], 'one for all four requests without, one for each other')
})

t.test('a retry begins with the header again', async (t) => {
  const closed = await startEndpoint()
  await closed.close()
  const endpoint = await startEndpoint()
  const edge = await startProxying([closed, endpoint])
  t.teardown(async () => {
    await edge.close()
    await endpoint.close()
  })
  for (let i = 0; i < 8; i++) {
    const answer = await ask(edge.addresses[0]!, get('/v2'))
    t.match(answer!.body, /^127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+$/)
  }
})

t.test('the answer that ends a connection, and the one that breaks off', async (t) => {
  const endpoint = await startEndpoint((socket, target) => {
    if (target === '/v1/close') socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')
    else if (target === '/v1/reset') socket.resetAndDestroy()
    else socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello')
  })
  const edge = await startProxying([endpoint])
  t.teardown(async () => {
    await edge.close()
    await endpoint.close()
  })
  t.equal((await ask(edge.addresses[0]!, get('/v1/close')))!.body, 'all of it')
  t.equal(statusOf((await ask(edge.addresses[0]!, 'POST /v1/reset HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'))!), 502)
  t.equal(endpoint.connections.length, 2)
  const tunnel = await openClient(edge.addresses[0]!)
  tunnel.write(get('/v1/tunnel', 'Connection: Upgrade\r\nUpgrade: echo\r\n'))
  t.ok(await tunnel.until(() => tunnel.text.endsWith('hello'), 4_000), 'a tunnel')
  tunnel.socket.destroy()
})

t.test('copies of requests begin with the header too', async (t) => {
  const [endpoint, copies] = [await startEndpoint(), await startEndpoint()]
  const edge = await startProxying([endpoint], {}, copies)
  t.teardown(async () => {
    await edge.close()
    await Promise.all([endpoint.close(), copies.close()])
  })
  const client = await openClient(edge.addresses[0]!)
  const paths = ['/v1', '/v2', '/v2', '/v1']
  for (const [i, path] of paths.entries()) {
    client.write(get(path))
    t.ok(
      await client.until(
        () =>
          answersOf(
            client,
            paths.map(() => 'GET'),
          ).length ===
          i + 1,
        4_000,
      ),
    )
    await until(() => copies.connections.length === i + 1 && copies.connections[i]!.closed, 'a copy')
  }
  const from = `127.0.0.1 ${client.socket.localPort} 127.0.0.1 ${edge.addresses[0]!.port}`
  t.same(
    copies.connections.map(({ text }) => split(text).told),
    paths.map(() => from),
  )
  client.socket.destroy()
})

t.test('idle connections do not stand in the way', async (t) => {
  const endpoint = await startEndpoint()
  const edge = await startProxying([endpoint], { upstreamConnections: 1 })
  t.teardown(async () => {
    await edge.close()
    await endpoint.close()
  })
  for (let i = 0; i < 5; i++) {
    for (const name of ['none', 'v1']) t.equal(statusOf((await ask(edge.addresses[0]!, get(`/${name}`)))!), 200, name)
  }
})
