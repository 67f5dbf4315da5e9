// Mirrors that fail in every way: what requests notice of it, which is nothing, and what they cost.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Route, Split } from '../../../src/core/routing/types.ts'
import { until } from '../admin/stubEdge.ts'
import { answersOf, openClient } from './client.ts'
import { startEdge } from './edge.ts'
import { startEdgeProcess } from './edgeProcess.ts'
import { backend, fileDeadlineMs } from './harness.ts'
import { runLoad } from './load.ts'
import { metricsOf, mirroredRouting, mirrorTo, outcomesOf, requestsOf, startMirrored } from './mirrored.ts'
import { startOrigin } from './origin.ts'
import { reset } from './reset.ts'
import { nextNonce } from './rows.ts'
import { answer, type Script, startUpstream, type Upstream, write } from './upstream.ts'

t.setTimeout(fileDeadlineMs)

const mib = 1024 * 1024
/** How long the edge waits for a mirror: whoever waited for one with it would take as long. */
const mirrorMs = 1_500
const timeouts = { connectMs: mirrorMs, responseHeadMs: mirrorMs, bodyIdleMs: mirrorMs }

type Mirror = { readonly port: number; close(): unknown }
type Row = { readonly name: string; readonly outcome: string; start(): Promise<Mirror | undefined> }

const scripted = (name: string, outcome: string, script: Script): Row => ({ name, outcome, start: () => startUpstream('shadow', { script }) })
const says = (name: string, outcome: string, text: string, then?: (socket: Socket) => void): Row =>
  scripted(name, outcome, ({ connection }) => {
    write(connection, text)
    then?.(connection.socket)
  })

function onConnection(name: string, outcome: string, act: (socket: Socket) => void): Row {
  return {
    name,
    outcome,
    async start() {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
        act(socket)
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const bound = server.address()
      return {
        port: typeof bound === 'object' && bound !== null ? bound.port : 0,
        close() {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      }
    },
  }
}

/** Its kernel takes a connection or two, itself none: further ones hang. */
async function startStuck(): Promise<Mirror> {
  const code = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
  })`
  const worker = new Worker(code, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  return { port, close: () => worker.terminate() }
}

async function startGone(): Promise<Mirror> {
  const upstream = await startUpstream('gone')
  await upstream.close()
  return { port: upstream.port, close: () => undefined }
}

const ok = 'HTTP/1.1 200 OK\r\n'
let poured = 0

async function pourMuch({ connection: { socket } }: Parameters<Script>[0]): Promise<void> {
  const piece = Buffer.alloc(mib / 4)
  socket.write(`${ok}Content-Length: ${100 * mib}\r\n\r\n`)
  for (let sent = 0; sent < 100 * mib && !socket.destroyed; sent += piece.length) {
    poured += piece.length
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
}

function trickle(socket: Socket): void {
  const timer = setInterval(() => socket.write('x'), 50)
  socket.on('close', () => clearInterval(timer))
}

const rows: readonly Row[] = [
  says('an ordinary answer', '2xx', `${ok}Content-Length: 2\r\n\r\nhi`),
  says('a redirect', '3xx', 'HTTP/1.1 301 Moved Permanently\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'),
  says('not found', '4xx', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
  says('an error', '5xx', 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n'),
  says('chunks', '2xx', `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`),
  says('interim answers first', '2xx', `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}${ok}Content-Length: 0\r\n\r\n`),
  says('until the end of the connection', '2xx', `${ok}\r\nhi`, (socket) => socket.end()),
  says('two answers', '2xx', `${ok}Content-Length: 0\r\n\r\n${ok}Content-Length: 0\r\n\r\n`),
  scripted('100 MiB', '2xx', pourMuch),
  says('half a body, then nothing', '2xx', `${ok}Content-Length: 2\r\n\r\nh`),
  says('a body that trickles for ever', '2xx', `${ok}Content-Length: 100000\r\n\r\n`, trickle),
  scripted('nothing', 'failed', () => undefined),
  says('half a head', 'failed', 'HTTP/1.1 200 O'),
  says('half a head, then a reset', 'failed', 'HTTP/1.1 200 O', reset),
  says('half a body, then a reset', 'failed', `${ok}Content-Length: 2\r\n\r\nh`, reset),
  says('half a body, then the end', 'failed', `${ok}Content-Length: 2\r\n\r\nh`, (socket) => socket.end()),
  says('garbage', 'failed', '\x00\x01\x02garbage\r\n\r\n'),
  says('broken chunks', 'failed', `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`),
  says('interim answers without an end', 'failed', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20)),
  says('an upgrade that nobody asked for', 'failed', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  onConnection('a reset at once', 'failed', reset),
  onConnection('the end at once', 'failed', (socket) => socket.end()),
  { name: 'no connection is refused, and none accepted', outcome: 'failed', start: startStuck },
  { name: 'nobody listens', outcome: 'failed', start: startGone },
  { name: 'no endpoint', outcome: 'failed', start: () => Promise.resolve(undefined) },
]
const copiesEach = 8

t.test('whatever a mirror does, requests are answered as if it were not there', async (t) => {
  const stable = await startUpstream('stable')
  const mirrors = await Promise.all(rows.map((row) => row.start()))
  const splits = mirrors.map((mirror, i): Split => {
    const shadow = backend('shadow', 0, ...(mirror === undefined ? [] : [mirror]))
    const backends = [backend('stable', 1, stable), shadow]
    return { name: `s${i}`, totalWeight: 1, backends, routes: [], mirrors: [mirrorTo('shadow')], fallback: { kind: 'none' } }
  })
  const routes = splits.map(({ name }): Route => ({ path: `/${name}`, pathType: 'Prefix', split: name }))
  const edge = await startEdge({ timeouts, routing: { routes, splits } })
  const client = await openClient(edge.addresses[0]!)
  const slowest = new Map<string, number>()
  const wrong: string[] = []
  for (const [i, { name }] of rows.entries()) {
    for (let sent = 0; sent < copiesEach; sent++) {
      const beginMs = performance.now()
      const method = sent % 2 === 0 ? 'GET' : 'POST'
      client.text = ''
      client.write(`${method} /s${i}/${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: ${sent}\r\n\r\n${'x'.repeat(sent)}`)
      await client.until(() => answersOf(client, [method]).length === 1 || client.end !== 'open', 10_000)
      if (answersOf(client, [method])[0]?.body !== 'stable') wrong.push(`${name}: ${client.text}`)
      slowest.set(name, Math.max(slowest.get(name) ?? 0, performance.now() - beginMs))
    }
  }
  t.same(wrong, [], 'every answer is right')
  const late = [...slowest].filter(([, ms]) => ms >= mirrorMs / 2)
  t.same(late, [], `every answer is early; the slowest took ${Math.max(...slowest.values()).toFixed(1)} ms`)

  const outcomes = async (): Promise<[split: number, outcome: string, count: number][]> =>
    [...(await metricsOf(edge.admin)).matchAll(/^spillway_edge_mirrored_requests_total\{.*split="s(\d+)".*outcome="(\w+)"\} ([1-9]\d*)$/gm)].map(
      ([, split, outcome, count]) => [Number(split), outcome!, Number(count)],
    )
  const counted = async (): Promise<number> => (await outcomes()).reduce((sum, [, , count]) => sum + count, 0)
  const copies = async (): Promise<string[]> => (await outcomes()).map(([split, outcome, count]) => `${rows[split]!.name}: ${outcome} ${count}`)
  const expected = rows.map(({ name, outcome }) => `${name}: ${outcome} ${copiesEach}`)
  await until(async () => (await counted()) === rows.length * copiesEach, 'an end of all copies')
  t.same(await copies(), expected, 'every copy ended as it should, and is counted so')
  t.ok(poured < copiesEach * 20 * mib, `of an answer of 100 MiB little is read: ${Math.round(poured / copiesEach / mib)} MiB, with what kernels hold`)
  t.match(edge.warnings.join('\n'), /out of use.*"for":"mirrors"/, 'the log says that it is a mirror that is out of use')
  client.socket.destroy()
  await edge.close()
  await Promise.all([stable.close(), ...mirrors.map((mirror) => mirror?.close())])
  t.same(edge.errors, [])
})

t.test('copies that hang are bounded in number and memory, and the mirror is back when they end', async (t) => {
  const [stable, shadow] = [await startUpstream('stable'), await startUpstream('shadow')]
  const edge = await startEdgeProcess(`
listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
routes: [{path: /, split: main}]
splits:
  main:
    backends:
      stable: {weight: 1, endpoints: ["127.0.0.1:${stable.port}"]}
      shadow: {weight: 0, endpoints: ["127.0.0.1:${shadow.port}"]}
    mirrors: [{name: copies, backend: shadow}]
`)
  const held: (() => void)[] = []
  const hold: Script = (received) => void held.push(() => void answer('shadow')(received))
  const body = 'x'.repeat(60_000)
  const send = async (requests: number): Promise<void> => {
    const request = (): string => {
      const nonce = nextNonce()
      shadow.scripts.set(nonce, { when: 'complete', run: hold })
      return `POST /${nonce} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    }
    const load = { address: edge.addresses[0]!, connections: 8, requests, deadlineMs: 5_000, request, onAnswer: () => stable.forget() }
    const failed = await runLoad(load)
    if (failed.length > 0) throw new Error(failed.slice(0, 3).join('; '))
  }
  const warm = edge.residentBytes()
  await send(1_000)
  await until(() => held.length === 100, '100 copies to arrive')
  const grown = edge.residentBytes() - warm
  t.equal(shadow.connections.size, 100, 'no more than 100 at a time')
  t.same(await outcomesOf(edge.admin), { dropped: 900 })
  t.match(await metricsOf(edge.admin), /^spillway_edge_limited_total\{limit="mirror_load"\} 900$/m)
  t.ok(grown < 48 * mib, `${Math.round(grown / mib)} MiB more in memory for 57 MiB of bodies`)
  for (const release of held.splice(0)) release()
  await until(async () => (await outcomesOf(edge.admin))['2xx'] === 100, 'the answers')
  await send(50)
  await until(() => held.length === 50, '50 more copies')
  t.equal((await outcomesOf(edge.admin))['dropped'], 900, 'none of them dropped')
  t.equal(shadow.connections.size, 100, 'on the connections that were there')
  await edge.close()
  await Promise.all([stable.close(), shadow.close()])
})

t.test('requests that do not end hold no more than 8 MiB for mirrors', async (t) => {
  const mirrored = await startMirrored({ timeouts: { bodyIdleMs: 20_000 } })
  const clients = await Promise.all(Array.from({ length: 200 }, () => openClient(mirrored.address)))
  for (const client of clients) client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\nx`)
  await until(() => mirrored.stable.connections.size === 200, 'all to arrive')
  await mirrored.settled(70)
  const dropped = (await mirrored.outcomes())['dropped'] ?? 0
  t.ok(dropped >= 200 - 128 && dropped <= 80, `${dropped} of 200 were dropped at once`)
  for (const client of clients.slice(0, 100)) client.reset()
  await mirrored.settled(dropped + 1)
  for (const client of clients.slice(100)) client.write('x'.repeat(65_535))
  await mirrored.settled(200)
  const { '2xx': copied = 0, dropped: lost = 0 } = await mirrored.outcomes()
  t.equal(copied + lost, 200)
  t.ok(copied > 0, `${copied} that ended were copied`)
  for (const client of clients) client.socket.destroy()
  await mirrored.close()
})

t.test('a mirror is taken away, and put back, while copies are on their way', async (t) => {
  const mirrored = await startMirrored()
  const { edge, stable, shadow, address } = mirrored
  const held: (() => void)[] = []
  const send = async (): Promise<void> => {
    const nonce = nextNonce()
    shadow.scripts.set(nonce, { when: 'complete', run: (received) => void held.push(() => void answer('shadow')(received)) })
    const request = (): string => `GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`
    t.same(await runLoad({ address, connections: 1, requests: 1, deadlineMs: 5_000, request, onAnswer: () => undefined }), [])
  }
  const generation = (version: number): Promise<void> =>
    until(async () => (await metricsOf(edge.admin)).includes(`\nspillway_edge_config_generation ${version}\n`), `table ${version}`)
  for (let i = 0; i < 5; i++) await send()
  await until(() => held.length === 5, 'five copies')
  edge.apply({ routing: mirroredRouting(stable, shadow, { mirrors: [] }) })
  await generation(2)
  await send()
  for (const release of held.splice(0, 2)) release()
  await until(async () => (await mirrored.outcomes())['2xx'] === 2, 'the counts of a mirror that is gone')
  await until(() => shadow.connections.size === 3, 'the end of its connections')
  edge.apply({ routing: mirroredRouting(stable, shadow) })
  await generation(3)
  await send()
  await until(() => held.length === 4, 'a further copy')
  for (const release of held.splice(0)) release()
  await until(async () => (await mirrored.outcomes())['2xx'] === 6, 'all copies')
  t.equal(requestsOf(shadow).length, 6, 'none while there was no mirror')
  await mirrored.close()
})

t.test('a mirror that dies in the middle of answers, and comes back, fails no request', async (t) => {
  const stable = await startOrigin('stable')
  const first = await startUpstream('shadow')
  const edge = await startEdge({ routing: mirroredRouting(stable, first) })
  const stop = new AbortController()
  const request = (): string => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const load = runLoad({ address: edge.addresses[0]!, connections: 8, stop: stop.signal, deadlineMs: 5_000, request, onAnswer: () => undefined })
  let shadow: Upstream = first
  let seen = 0
  for (let round = 0; round < 2; round++) {
    await until(async () => ((await outcomesOf(edge.admin))['2xx'] ?? 0) > seen, 'copies')
    await shadow.close()
    await until(() => stable.served > 0, 'requests go on')
    const served = stable.served
    await until(() => stable.served > served + 200, 'requests go on')
    seen = (await outcomesOf(edge.admin))['2xx'] ?? 0
    shadow = await startUpstream('shadow', { port: first.port })
  }
  await until(async () => ((await outcomesOf(edge.admin))['2xx'] ?? 0) > seen, 'copies')
  stop.abort()
  t.same(await load, [], 'no request failed')
  const outcomes = await outcomesOf(edge.admin)
  t.ok((outcomes['failed'] ?? 0) > 0, JSON.stringify(outcomes))
  await edge.close()
  await Promise.all([stable.close(), shadow.close()])
})

t.test('copies on their way do not hold a shutdown up', async (t) => {
  const mirrored = await startMirrored({ shadow: { script: () => undefined }, timeouts: { drainMs: 20_000, responseHeadMs: 20_000 } })
  const client = await openClient(mirrored.address)
  client.write(`GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  await client.until(() => client.end !== 'open', 5_000)
  await until(() => requestsOf(mirrored.shadow).length === 1, 'the copy')
  const beginMs = performance.now()
  await mirrored.close()
  const tookMs = performance.now() - beginMs
  t.ok(tookMs < 5_000, `${Math.round(tookMs)} ms`)
})

t.test('a mirror that hangs takes no copies from another one', async (t) => {
  const [stable, shadow, quick] = [
    await startUpstream('stable'),
    await startUpstream('shadow', { script: () => undefined }),
    await startUpstream('quick'),
  ]
  const backends = [backend('stable', 100, stable), backend('shadow', 0, shadow), backend('quick', 0, quick)]
  const mirrors = [mirrorTo('shadow', { name: 'hangs' }), mirrorTo('quick', { name: 'quick' })]
  const edge = await startEdge({ routing: mirroredRouting(stable, shadow, { backends, mirrors }) })
  const client = await openClient(edge.addresses[0]!)
  const requests = 250
  const pieces = ['x'.repeat(20_000), 'y'.repeat(20_000)]
  for (let sent = 1; sent <= requests; sent++) {
    client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n${pieces[0]}`)
    client.write(pieces[1]!)
    await client.until(() => answersOf(client, Array(sent).fill('POST')).length === sent, 5_000)
    await until(() => requestsOf(quick).length === sent, `copy ${sent}`)
  }
  await until(() => requestsOf(shadow).length === 100, 'those that hang')
  t.same(await outcomesOf(edge.admin), { dropped: requests - 100 }, 'the one that hangs has met its own bound')
  t.equal(requestsOf(quick).length, requests, 'the other one gets them all')
  client.socket.destroy()
  await edge.close()
  await Promise.all([stable.close(), shadow.close(), quick.close()])
  t.same(edge.errors, [])
})
