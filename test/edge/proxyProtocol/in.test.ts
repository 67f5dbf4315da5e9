// Connections that begin with a PROXY protocol header, to a real edge: whose word is taken, what upstreams and the access log are told of it.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { proxyHeader } from '../../../src/edge/proxyProtocol/build.ts'
import { call, until } from '../admin/stubEdge.ts'
import { answersOf, ask, type Client, openClient } from '../http/client.ts'
import type { Edge } from '../http/edge.ts'
import { fileDeadlineMs, startHarness } from '../http/harness.ts'
import { fieldOf, statusOf } from '../http/message.ts'
import { nextNonce } from '../http/rows.ts'
import { field, header, tcp4, tcp6, withChecksum } from './binary.ts'

t.setTimeout(fileDeadlineMs)
const anyPort = { host: '127.0.0.1', port: 0 }
/** By its own address, an untrusted peer. */
const stranger = '127.0.0.2'
const proxyProtocolFrom = ['127.0.0.1/32']
const requestHeadMs = 600
const folder = await mkdtemp(join(tmpdir(), 'proxied-'))
const logFile = join(folder, 'access.log')
const harness = await startHarness({
  listeners: [{ address: anyPort }, { address: anyPort, proxyProtocolFrom }, { address: anyPort, proxyProtocolFrom, redirectPort: 443 }],
  trustedProxies: ['127.0.0.1/32', '203.0.113.0/24'],
  timeouts: { requestHeadMs, keepAliveMs: 5_000, drainMs: 500 },
  accessLog: { path: logFile, sample: 1, format: 'json', query: false },
})
const { edge, stable } = harness
const [, proxied, redirecting] = edge.addresses
t.teardown(async () => {
  await harness.close()
  await rm(folder, { recursive: true })
})

const get = (nonce: string, fields = ''): string => `GET /${nonce} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const line = 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'

type Line = { readonly path?: string; readonly client: string; readonly why?: string; readonly status: number }
async function logged(nonce: string): Promise<string> {
  let found: Line | undefined
  await until(async () => {
    const lines = (await readFile(logFile, 'latin1')).split('\n').slice(0, -1)
    found = lines.map((text) => JSON.parse(text) as Line).find(({ path }) => path === `/${nonce}`)
    return found !== undefined
  }, 'a line of the access log')
  return found!.client
}

async function limited({ admin }: Edge, limit: string): Promise<number> {
  const { body } = await call(`http://${admin.host}:${admin.port}`, '/metrics')
  return Number(new RegExp(`^spillway_edge_limited_total\\{limit="${limit}"\\} (.*)$`, 'm').exec(body)?.[1])
}

const forwardedFor = (nonce: string): string | undefined => fieldOf(stable.received.get(nonce)![0]!.request, 'x-forwarded-for')
const gone = (client: Client): Promise<boolean> => client.until(() => client.end !== 'open', 4_000)

const headers = [
  ['version 1', line, '192.0.2.1'],
  ['version 1 over IPv6', 'PROXY TCP6 2001:DB8:0::1 2001:db8::2 56324 443\r\n', '2001:db8::1'],
  ['version 1 of an IPv4 address in IPv6', 'PROXY TCP6 ::ffff:c000:201 2001:db8::2 56324 443\r\n', '192.0.2.1'],
  ['version 1 of nobody', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
  ['version 2', header(0x21, 0x11, tcp4), '192.0.2.1'],
  ['version 2 over IPv6', header(0x21, 0x21, tcp6, field(4, 'x'.repeat(500))), '2001:db8::1'],
  ['version 2 with a checksum', withChecksum(tcp4), '192.0.2.1'],
  ['version 2 of a health check', header(0x20, 0x00), '127.0.0.1'],
  ['version 2 from a UNIX socket', header(0x21, 0x31, '\0'.repeat(216)), '127.0.0.1'],
] as const
for (const [name, text, client] of headers)
  t.test(`${name}: the client is ${client}, to upstreams and in the log`, async (t) => {
    const nonce = nextNonce()
    const answer = await ask(proxied!, get(nonce), 4_000).catch(() => undefined)
    t.equal(answer, undefined, 'a trusted peer must begin with a header')
    const connection = await openClient(proxied!)
    connection.write(text + get(nonce))
    t.ok(await connection.until(() => answersOf(connection, ['GET']).length === 1, 4_000), connection.text)
    t.equal(forwardedFor(nonce), client)
    t.match(fieldOf(stable.received.get(nonce)![0]!.request, 'forwarded'), client.includes(':') ? `for="[${client}]"` : `for=${client};`)
    t.equal(await logged(nonce), client)
    const second = nextNonce()
    connection.write(get(second))
    t.ok(await connection.until(() => answersOf(connection, ['GET', 'GET']).length === 2, 4_000), 'and goes on as any other')
    t.equal(forwardedFor(second), client)
    connection.socket.destroy()
  })

t.test('any split of the bytes', async (t) => {
  t.comment(`seed ${harness.seed}`)
  const texts = [line, header(0x21, 0x21, tcp6, field(4, 'abc'))]
  for (let run = 0; run < 24; run++) {
    const nonce = nextNonce()
    const text = texts[run % 2]! + get(nonce)
    const connection = await openClient(proxied!)
    const cuts = run < 2 ? Array.from({ length: text.length }, (_, i) => i + 1) : Array.from({ length: 3 }, () => harness.random(text.length))
    let from = 0
    for (const to of [...cuts.sort((a, b) => a - b), text.length]) {
      if (to === from) continue
      connection.write(text.slice(from, to))
      if (run >= 2) await harness.pulse.read()
      else await new Promise((resolve) => setImmediate(resolve))
      from = to
    }
    t.ok(await connection.until(() => answersOf(connection, ['GET']).length === 1, 4_000), `cut at ${cuts}`)
    t.equal(forwardedFor(nonce), run % 2 === 0 ? '192.0.2.1' : '2001:db8::1')
    connection.socket.destroy()
  }
})

t.test('requests sent ahead right behind the header are answered in order', async (t) => {
  const nonces = Array.from({ length: 20 }, nextNonce)
  const connection = await openClient(proxied!)
  connection.write(line + nonces.map((nonce) => get(nonce)).join(''))
  const methods = nonces.map(() => 'GET')
  t.ok(await connection.until(() => answersOf(connection, methods).length === nonces.length, 4_000))
  t.same(
    answersOf(connection, methods).map((answer) => fieldOf(answer, 'x-target')),
    nonces.map((nonce) => `/${nonce}`),
  )
  connection.socket.destroy()
})

t.test('a body that comes with the header and the head is whole', async (t) => {
  const nonce = nextNonce()
  const body = 'x'.repeat(200_000)
  const connection = await openClient(proxied!)
  connection.write(`${line}POST /${nonce} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  t.ok(await connection.until(() => answersOf(connection, ['POST']).length === 1, 4_000))
  t.ok(stable.received.get(nonce)![0]!.request.body === body)
  connection.socket.destroy()
})

t.test('whoever is not in the networks cannot tell who it is', async (t) => {
  for (const text of [line, header(0x21, 0x11, tcp4)]) {
    const nonce = nextNonce()
    const connection = await openClient(proxied!, stranger)
    connection.write(text + get(nonce))
    t.ok(await gone(connection))
    t.match(connection.text, /^HTTP\/1\.1 400 /, 'malformed, as anywhere')
    t.equal(stable.received.has(nonce), false)
  }
  const plain = nextNonce()
  const answer = await ask(proxied!, get(plain, 'X-Forwarded-For: 192.0.2.9\r\n'), 4_000, stranger)
  t.equal(statusOf(answer!), 200, 'comes as it is')
  t.equal(forwardedFor(plain), stranger)
  const elsewhere = await ask(edge.addresses[0]!, line + get(nextNonce()), 4_000)
  t.equal(statusOf(elsewhere!), 400, 'on a listener without the option nobody is believed')
})

t.test('X-Forwarded-* is judged by the told address, not by that of the load balancer', async (t) => {
  // 127.0.0.1 is a trusted proxy here.
  const cases = [
    { told: '192.0.2.1', gets: '192.0.2.1', isClient: '192.0.2.1' },
    { told: '203.0.113.5', gets: '192.0.2.99, 203.0.113.5', isClient: '192.0.2.99' },
  ]
  for (const { told, gets, isClient } of cases)
    for (const version of ['v1', 'v2'] as const) {
      const nonce = nextNonce()
      const connection = await openClient(proxied!)
      const came = { source: told, sourcePort: 1, destination: '198.51.100.7', destinationPort: 443 }
      connection.write(proxyHeader(version, told, came) + get(nonce, 'X-Forwarded-For: 192.0.2.99\r\n'))
      t.ok(await connection.until(() => answersOf(connection, ['GET']).length === 1, 4_000))
      t.equal(forwardedFor(nonce), gets)
      t.equal(await logged(nonce), isClient)
      connection.socket.destroy()
    }
})

t.test('behind a redirecting listener', async (t) => {
  const connection = await openClient(redirecting!)
  connection.write(header(0x21, 0x11, tcp4) + get(nextNonce()))
  t.ok(await connection.until(() => answersOf(connection, ['GET']).length === 1, 4_000))
  t.equal(statusOf(answersOf(connection, ['GET'])[0]!), 308)
  t.match(connection.text, /Location: https:\/\/a\//)
  connection.socket.destroy()
})

const bad = [
  ['a request', get('x')],
  ['a bad line', line.replace('TCP4', 'TCP5') + get('x')],
  ['a line that never ends', `PROXY UNKNOWN ${'x'.repeat(100)}`],
  ['a wrong checksum', header(0x21, 0x11, tcp4, field(3, 'abcd')) + get('x')],
  ['a length beyond the limit', header(0x21, 0x11, tcp4, field(4, 'x'.repeat(5_000)))],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01'],
  ['a zero', '\0'],
  ['a header, cut off', line.slice(0, 20), 'fin'],
] as const
for (const [name, text, end] of bad)
  t.test(`${name} from a trusted peer is closed without an answer`, async (t) => {
    stable.forget()
    const connection = await openClient(proxied!)
    const before = performance.now()
    connection.write(text)
    if (end === 'fin') connection.fin()
    t.ok(await gone(connection))
    t.ok(performance.now() - before < requestHeadMs, 'at once')
    t.equal(connection.text, '')
    t.equal(stable.bytes, 0)
  })

t.test('half a header, dripped, or none at all: closed when the time for a head is over', async (t) => {
  const [silent, half] = [await openClient(proxied!), await openClient(proxied!)]
  const before = performance.now()
  const dripping = setInterval(() => half.write('x'), 100)
  half.write('PROXY UNKNOWN ')
  t.ok((await gone(silent)) && (await gone(half)))
  clearInterval(dripping)
  const tookMs = performance.now() - before
  t.ok(tookMs >= requestHeadMs - 50 && tookMs < requestHeadMs + 1_500, `after ${Math.round(tookMs)} ms`)
  t.equal(silent.text + half.text, '')
})

t.test('a whole header, then nothing: as a connection without a request', async (t) => {
  const connection = await openClient(proxied!)
  connection.write(line)
  t.ok(await gone(connection))
  t.equal(connection.end, 'fin')
})

t.test('a load balancer that looks whether the port is open has done nothing wrong', async (t) => {
  const before = await limited(edge, 'proxy_header')
  const connection = await openClient(proxied!)
  connection.fin()
  t.ok(await gone(connection))
  t.equal(await limited(edge, 'proxy_header'), before)
})

t.test('each is counted, and the log tells of it now and then, and of whom', async (t) => {
  t.equal(await limited(edge, 'proxy_header'), headers.length + bad.length + 2)
  const told = edge.warnings.filter((warning) => warning.startsWith('a PROXY protocol header'))
  t.equal(told.length, 1, 'once in all of this')
  t.match(told[0], /"peer":"127\.0\.0\.1"/)
})

t.test('limits of connections', async (t) => {
  const small = await startHarness({
    listeners: [{ address: anyPort }, { address: anyPort, proxyProtocolFrom }],
    limits: { ...defaultLimits, connections: 6, connectionsPerAddress: 2 },
  })
  t.teardown(() => small.close())
  const address = small.edge.addresses[1]!
  const from = async (source: string): Promise<Client> => {
    const client = await openClient(address)
    client.write(`PROXY TCP4 ${source} 198.51.100.7 56324 443\r\n${get(nextNonce())}`)
    await client.until(() => client.end !== 'open' || answersOf(client, ['GET']).length === 1, 4_000)
    return client
  }
  const clients = [await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]
  t.same(
    clients.map(({ end }) => end),
    ['open', 'open', 'open'],
    'by the told address: the balancer itself may have more',
  )
  t.not((await from('192.0.2.1')).end, 'open', 'beyond it')
  t.equal(await limited(small.edge, 'connections_per_address'), 1)
  clients.shift()!.socket.destroy()
  await small.pulse.read()
  clients.push(await from('192.0.2.1'))
  t.equal(clients.at(-1)!.end, 'open', 'again, once one is gone')
  const waiting = [await openClient(address), await openClient(address)]
  await small.pulse.read()
  const beyond = await openClient(address)
  t.ok(await gone(beyond), 'those who have sent no header yet count for all connections')
  t.ok((await limited(small.edge, 'connections')) >= 1)
  for (const client of [...clients, ...waiting]) client.socket.destroy()
})

t.test('a drain ends those who wait with half a header', async (t) => {
  const draining = await startHarness({ listeners: [{ address: anyPort, proxyProtocolFrom: ['127.0.0.3'] }], timeouts: { drainMs: 20_000 } })
  const client = await openClient(draining.address, '127.0.0.3')
  client.write('PROXY TCP4 192')
  await draining.pulse.read()
  const before = performance.now()
  await draining.close()
  t.ok(performance.now() - before < 5_000)
  t.ok(await gone(client))
})
