// All that protects the edge, at once: a storm of requests of all kinds, from clients and services that misbehave, through two splits with the same
// endpoints and opposite settings, under edits of the file and weights set by admin. Afterwards nothing is left of it, and all was counted once.
import { readdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { lacks } from '../../needs.ts'
import { call } from '../admin/stubEdge.ts'
import { type Client, openClient } from '../http/client.ts'
import { type EdgeProcess, startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs, randomFrom } from '../http/harness.ts'
import { reset } from '../http/reset.ts'
import { until } from '../pressure/scrape.ts'
import { openWorkshop } from '../tls/certificates.ts'
import { openSecure } from '../tls/client.ts'

const stormMs = Number(process.env['STORM_MS'] ?? 5_000)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const lanes = 24
t.setTimeout(fileDeadlineMs + stormMs)
t.comment(`seed ${seed}`)

type Endpoint = { readonly port: number; readonly mistakes: string[]; readonly open: Set<Socket>; close(): Promise<void> }

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const misdeeds: readonly ((socket: Socket) => void)[] = [
  ...Array.from({ length: 12 }, () => (socket: Socket) => void socket.write(ok)),
  (socket) => void setTimeout(() => socket.write(ok), random(60)),
  (socket) => void setTimeout(() => socket.write(ok), random(60)),
  (socket) => void setTimeout(() => socket.write(ok), 400),
  (socket) => reset(socket),
  (socket) => socket.end(),
  (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok'),
  (socket) => void socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'),
  (socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
  (socket) => void socket.write('nonsense\r\n\r\n'),
  () => undefined,
]
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: storm\r\n\r\nhello'

/** Split `one` sends a header of the PROXY protocol on each connection, and one request; `two` never does. */
async function startEndpoint(): Promise<Endpoint> {
  const mistakes: string[] = []
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.setEncoding('latin1')
    let pending = ''
    let proxied: boolean | undefined
    let requests = 0
    let tunnel = false
    socket.on('data', (chunk: string) => {
      pending += chunk
      if (tunnel) {
        pending = ''
        socket.write(chunk, 'latin1')
        return
      }
      for (;;) {
        if (proxied === undefined && pending.length < 6) return
        if (proxied === undefined) {
          proxied = pending.startsWith('PROXY ')
          if (proxied && !pending.includes('\r\n')) return void (proxied = undefined)
          if (proxied) pending = pending.slice(pending.indexOf('\r\n') + 2)
        }
        const headEnd = pending.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        const head = pending.slice(0, headEnd + 4)
        const length = Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0)
        const isChunked = /\r\nTransfer-Encoding: chunked/i.test(head)
        const end = isChunked ? pending.indexOf('0\r\n\r\n', headEnd + 2) + 5 : headEnd + 4 + length
        if (isChunked ? end < 5 : pending.length < end) return
        const body = pending.slice(headEnd + 4, end)
        if (/[^x]/.test(isChunked ? body.replace(/[0-9a-f]*\r\n/g, '') : body))
          mistakes.push(`a body that is not as sent: ${JSON.stringify(body.slice(0, 80))}`)
        pending = pending.slice(end)
        requests++
        const host = /\r\nHost: (\w+)/i.exec(head)?.[1]
        if ((host === 'one') !== proxied) mistakes.push(`a request for ${host} on a connection ${proxied ? 'with' : 'without'} a header`)
        if (proxied && requests > 1) mistakes.push('a second request behind a header')
        if (/\r\nUpgrade: storm/i.test(head) && random(4) > 0) {
          tunnel = true
          socket.write(switching)
          return
        }
        misdeeds[random(misdeeds.length)]!(socket)
        if (socket.destroyed) return
      }
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mistakes,
    open,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

type Tls = { readonly cert: string; readonly key: string }

function yamlOf(endpoints: readonly Endpoint[], tls: Tls, folder: string, turn: number): string {
  const listed = (from: number, count: number): string =>
    Array.from({ length: count }, (_, i) => `127.0.0.1:${endpoints[(turn + from + i) % endpoints.length]!.port}`).join(', ')
  const split = (name: string, other: string): string => `
  ${name}:
    ${other}
    fallback: ${turn % 3 === 0 ? 'none' : 'stable'}
    mirrors: [{name: m, backend: canary, percentage: 50}]
    routes: [{name: asked, match: [{headers: [{name: X-Canary, exact: always}]}], backend: canary}]
    backends:
      stable: {weight: 80, endpoints: [${listed(0, 3)}]}
      canary: {weight: 20, endpoints: [${listed(2, turn % 4 === 3 ? 0 : 2)}]}`
  return `
listeners:
  - address: 127.0.0.1:0
  - address: localhost:0
    tls: {certificates: [{cert: ${tls.cert}, key: ${tls.key}}]}
  - address: 127.0.0.2:0
    proxyProtocol: [127.0.0.0/8]
admin: {address: 127.0.0.1:0}
trustedProxies: [127.0.0.9]
routes:
  - {host: one, path: /, split: one}
  - {host: two, path: /, split: two}
timeouts: {requestHead: 700ms, keepAlive: 1s, bodyIdle: 500ms, connect: 300ms, responseHead: 300ms, upstreamIdle: 500ms, tunnelIdle: 600ms, queue: 100ms, total: 900ms, drain: 1s}
limits: {upstreamConnections: 4, queue: 4, connectionsPerAddress: 500, bodyBytes: 100000}
resilience: {retryBudget: 0.5, ejectAfter: 3, ejectFor: 200ms, slowStart: 300ms}
accessLog: {path: ${join(folder, 'access.log')}}
splits:${split('one', 'proxyProtocol: v1')}${split('two', 'timeouts: {total: 600ms, queue: 50ms}\n    limits: {upstreamConnections: 6, queue: 8}')}
`
}

async function metricsOf(edge: EdgeProcess): Promise<Map<string, number>> {
  const { body } = await call(`http://${edge.admin.host}:${edge.admin.port}`, '/metrics')
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

async function open(edge: EdgeProcess): Promise<Client> {
  const kind = random(3)
  const address = edge.addresses[kind]!
  if (kind === 1) {
    const client = await openSecure(address)
    client.secured.setMaxSendFragment(512)
    return client
  }
  const client = await openClient(address)
  if (kind === 2)
    client.write(['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', 'PROXY UNKNOWN\r\n', 'PROXY TCP4 192.0.2.1'][random(8) === 0 ? 2 : random(2)]!)
  return client
}

function requestText(): string {
  const host = random(2) === 0 ? 'one' : 'two'
  const canary = random(6) === 0 ? 'X-Canary: always\r\n' : ''
  const bytes = random(3) === 0 ? random(20_000) : random(600)
  switch (random(8)) {
    case 0:
      return `GET /t HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: storm\r\n\r\n`
    case 1:
      return `HEAD / HTTP/1.1\r\nHost: ${host}\r\n${canary}\r\n`
    case 2:
      return `POST / HTTP/1.1\r\nHost: ${host}\r\n${canary}Content-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`
    case 3:
      return `PUT / HTTP/1.1\r\nHost: ${host}\r\n${canary}Transfer-Encoding: chunked\r\n\r\n${(bytes + 1).toString(16)}\r\n${'x'.repeat(bytes + 1)}\r\n0\r\n\r\n`
    case 4:
      return `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nxxx`
    case 5:
      return random(4) === 0 ? 'GET / HTTP/1.1\r\nHost: nobody\r\n\r\n' : `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`
    default:
      return `GET / HTTP/1.1\r\nHost: ${host}\r\n${canary}\r\n`.repeat(1 + random(3))
  }
}

async function lane(edge: EdgeProcess, endMs: number): Promise<void> {
  while (performance.now() < endMs) {
    let client: Client
    try {
      client = await open(edge)
    } catch {
      continue
    }
    for (let i = random(4); i >= 0 && client.end === 'open'; i--) {
      const text = requestText()
      const cut = random(5) === 0 ? random(text.length) : text.length
      const before = client.text.length
      client.write(text.slice(0, cut))
      if (random(12) === 0) break
      if (cut < text.length) await delay(random(50))
      client.write(text.slice(cut))
      await client.until(() => client.text.length > before || client.end !== 'open', random(4) === 0 ? random(100) : 1_200)
    }
    const way = random(4)
    if (way === 0) client.fin()
    if (way === 0) await delay(random(30))
    if (way === 1 && !('secured' in client)) client.reset()
    client.socket.destroy()
  }
}

/** The file's turns, and weights set between them. */
async function changes(edge: EdgeProcess, write: (turn: number) => Promise<void>, endMs: number): Promise<number> {
  const url = `http://${edge.admin.host}:${edge.admin.port}`
  let turn = 0
  while (performance.now() < endMs) {
    await delay(100 + random(200))
    if (random(3) === 0) await write(++turn)
    else {
      const name = random(2) === 0 ? 'one' : 'two'
      const etag = String((await call(url, `/v1/splits/${name}`)).headers['etag'])
      const canary = random(101)
      const body = JSON.stringify({ weights: { stable: 100 - canary, canary } })
      await call(url, `/v1/splits/${name}`, { method: 'PATCH', headers: { 'If-Match': etag, 'Content-Type': 'application/json' }, body })
    }
  }
  return turn
}

void t.test('everything at once leaves nothing behind', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const tls = await workshop.issue('a', { names: ['DNS:a'] })
  const endpoints = await Promise.all(Array.from({ length: 5 }, startEndpoint))
  await endpoints[4]!.close()
  const complaints: string[] = []
  const folder = dirname(tls.cert)
  const edge = await startEdgeProcess(yamlOf(endpoints, tls, folder, 0), 2, { onComplaint: (text) => void complaints.push(text) })
  const write = async (turn: number): Promise<void> => {
    await writeFile(`${edge.file}.new`, yamlOf(endpoints, tls, folder, turn))
    await rename(`${edge.file}.new`, edge.file)
  }
  const descriptors = (): number => readdirSync(`/proc/${edge.pid}/fd`).length
  const before = descriptors()
  const endMs = performance.now() + stormMs
  const work = Promise.all(Array.from({ length: lanes }, () => lane(edge, endMs)))
  const turns = await changes(edge, write, endMs)
  await work

  const gauges = /^spillway_edge_(requests_in_flight|requests_queued|tunnels_open|connections_open|upstream_connections_open)/
  const left = async (): Promise<string[]> => [...(await metricsOf(edge))].filter(([name, value]) => gauges.test(name) && value !== 0).map(String)
  await until(async () => (await left()).length === 0, 'all gauges at 0', 8_000).catch(async (error: unknown) =>
    t.same(await left(), [], String(error)),
  )
  const metrics = await metricsOf(edge)
  const sum = (pattern: RegExp): number => [...metrics].reduce((total, [name, value]) => (pattern.test(name) ? total + value : total), 0)
  const counted = sum(/^spillway_edge_requests_total\{/)
  t.comment(`${counted} requests, ${turns} edits`)
  const lines = (): number => readFileSync(join(folder, 'access.log'), 'latin1').split('\n').length - 1
  const byBackend = (): number =>
    readFileSync(join(folder, 'access.log'), 'latin1')
      .split('\n')
      .filter((line) => line.includes('"backend":')).length
  await until(() => byBackend() >= counted, 'the access log').catch(() => undefined)
  t.equal(byBackend(), counted, `each counted once, of ${lines()} lines`)
  t.same(endpoints.flatMap(({ mistakes }) => mistakes).slice(0, 3), [])
  await until(() => descriptors() <= before + 4, 'descriptors as before', 5_000).catch(() => t.equal(descriptors(), before))
  t.same(complaints.join('').slice(0, 2_000), '')
  await edge.close()
  await Promise.all(endpoints.slice(0, 4).map((endpoint) => endpoint.close()))
  await workshop.remove()
})
