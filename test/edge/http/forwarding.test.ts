// What is said of the client to upstreams, by whom it may be said (promise E31), and loops (promise E30).
import { createServer, connect as dial, type Socket } from 'node:net'
import t from 'tap'
import { type Address, ask } from './client.ts'
import { startEdge } from './edge.ts'
import { backend, fileDeadlineMs, shortTimeouts } from './harness.ts'
import { type Field, fieldOf, fieldsOf, statusOf } from './message.ts'
import { nextNonce } from './rows.ts'
import { startUpstream } from './upstream.ts'

const upstream = await startUpstream('stable')
const routing = {
  routes: [{ path: '/', pathType: 'Prefix', split: 'main' } as const],
  splits: [{ name: 'main', totalWeight: 1, backends: [backend('stable', 1, upstream)], routes: [], fallback: { kind: 'none' } as const }],
}
const listeners = ['127.0.0.1', '::1', '::'].map((host) => ({ address: { host, port: 0 } }))
/** Trusts 127.0.0.2 and ::1; the other trusts neither, but 127.0.1.0/24 by its mapped form. */
const edge = await startEdge({ timeouts: shortTimeouts, routing, listeners, trustedProxies: ['127.0.0.2/32', '::1/128', '10.0.0.0/8'] })
const strict = await startEdge({ timeouts: shortTimeouts, routing, listeners, trustedProxies: ['127.0.1.0/24', '2001:db8::/32'] })
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await Promise.all([edge.close(), strict.close()])
  await upstream.close()
})

/** Where a request comes from, and at which listener it arrives. */
const peers = {
  untrusted: { to: edge.addresses[0]!, from: '127.0.0.1' },
  trusted: { to: edge.addresses[0]!, from: '127.0.0.2' },
  'trusted IPv6': { to: edge.addresses[1]!, from: '::1' },
  'untrusted IPv6': { to: strict.addresses[1]!, from: '::1' },
  'untrusted mapped': { to: { host: '127.0.0.1', port: edge.addresses[2]!.port }, from: '127.0.0.3' },
  'trusted mapped': { to: { host: '127.0.0.1', port: edge.addresses[2]!.port }, from: '127.0.0.2' },
  'trusted range': { to: strict.addresses[0]!, from: '127.0.1.77' },
  'outside the range': { to: strict.addresses[0]!, from: '127.0.2.1' },
} satisfies Record<string, { to: Address; from: string }>

type ChainRow = { readonly peer: keyof typeof peers; readonly sent: string; readonly host?: string; readonly seen: readonly Field[] }

const element = (node: string, host = 'a'): string => `for=${node};host="${host}";proto=http`
const plain = (address: string, node = address): Field[] => [
  ['X-Forwarded-For', address],
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-Host', 'a'],
  ['Forwarded', element(node)],
]

const rows: ChainRow[] = [
  { peer: 'untrusted', sent: '', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'X-Forwarded-For: 192.0.2.1', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'X-Forwarded-For: 192.0.2.1, 127.0.0.2', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'x-forwarded-for: 192.0.2.1\r\nX-FORWARDED-FOR: 192.0.2.2', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'X-Forwarded-Proto: https', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'X-Forwarded-Host: evil.example', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'Forwarded: for=192.0.2.1;proto=https;host=evil', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'Forwarded: for=192.0.2.1\r\nForwarded: for=192.0.2.2', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'X-Forwarded-For: "><script>', seen: plain('127.0.0.1') },
  { peer: 'untrusted', sent: 'Via: 1.0 fred', seen: [...plain('127.0.0.1')] },
  {
    peer: 'untrusted',
    sent: '',
    host: 'Shop.Example:8080',
    seen: [
      ['X-Forwarded-Host', 'Shop.Example:8080'],
      ['Forwarded', element('127.0.0.1', 'Shop.Example:8080')],
    ],
  },
  {
    peer: 'untrusted',
    sent: '',
    host: '[2001:db8::1]:8080',
    seen: [
      ['X-Forwarded-Host', '[2001:db8::1]:8080'],
      ['Forwarded', element('127.0.0.1', '[2001:db8::1]:8080')],
    ],
  },
  { peer: 'trusted', sent: '', seen: plain('127.0.0.2') },
  {
    peer: 'trusted',
    sent: 'X-Forwarded-For: 192.0.2.1',
    seen: [
      ['X-Forwarded-For', '192.0.2.1, 127.0.0.2'],
      ['X-Forwarded-Proto', 'http'],
      ['X-Forwarded-Host', 'a'],
    ],
  },
  { peer: 'trusted', sent: 'X-Forwarded-For: 192.0.2.1, 198.51.100.7', seen: [['X-Forwarded-For', '192.0.2.1, 198.51.100.7, 127.0.0.2']] },
  {
    peer: 'trusted',
    sent: 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.7',
    seen: [['X-Forwarded-For', '192.0.2.1, 198.51.100.7, 127.0.0.2']],
  },
  { peer: 'trusted', sent: 'X-Forwarded-For: 2001:db8::7', seen: [['X-Forwarded-For', '2001:db8::7, 127.0.0.2']] },
  {
    peer: 'trusted',
    sent: 'X-Forwarded-Proto: https',
    seen: [
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-For', '127.0.0.2'],
    ],
  },
  {
    peer: 'trusted',
    sent: 'X-Forwarded-Host: shop.example',
    seen: [
      ['X-Forwarded-Host', 'shop.example'],
      ['Host', 'a'],
    ],
  },
  { peer: 'trusted', sent: 'Forwarded: for=192.0.2.1;proto=https', seen: [['Forwarded', `for=192.0.2.1;proto=https, ${element('127.0.0.2')}`]] },
  { peer: 'trusted', sent: 'Forwarded: for="[2001:db8::7]:47"', seen: [['Forwarded', `for="[2001:db8::7]:47", ${element('127.0.0.2')}`]] },
  { peer: 'trusted', sent: 'Forwarded: for=a\r\nForwarded: for=b', seen: [['Forwarded', `for=a, for=b, ${element('127.0.0.2')}`]] },
  {
    peer: 'trusted',
    sent: 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example',
    seen: [
      ['X-Forwarded-For', '192.0.2.1, 127.0.0.2'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'shop.example'],
    ],
  },
  { peer: 'trusted IPv6', sent: '', seen: plain('::1', '"[::1]"') },
  { peer: 'trusted IPv6', sent: 'X-Forwarded-For: 192.0.2.1', seen: [['X-Forwarded-For', '192.0.2.1, ::1']] },
  { peer: 'trusted IPv6', sent: 'Forwarded: for=192.0.2.1', seen: [['Forwarded', `for=192.0.2.1, ${element('"[::1]"')}`]] },
  { peer: 'untrusted IPv6', sent: 'X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1', seen: plain('::1', '"[::1]"') },
  { peer: 'untrusted mapped', sent: 'X-Forwarded-For: 192.0.2.1', seen: plain('127.0.0.3') },
  { peer: 'trusted mapped', sent: 'X-Forwarded-For: 192.0.2.1', seen: [['X-Forwarded-For', '192.0.2.1, 127.0.0.2']] },
  { peer: 'trusted mapped', sent: '', seen: plain('127.0.0.2') },
  { peer: 'trusted range', sent: 'X-Forwarded-For: 192.0.2.1', seen: [['X-Forwarded-For', '192.0.2.1, 127.0.1.77']] },
  { peer: 'outside the range', sent: 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https', seen: plain('127.0.2.1') },
]

async function forwardedOf(peer: keyof typeof peers, fields: string, host = 'a') {
  const nonce = nextNonce()
  const lines = fields === '' ? '' : `${fields}\r\n`
  await ask(peers[peer].to, `GET /${nonce} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`, 3_000, peers[peer].from)
  return upstream.received.get(nonce)?.[0]?.request
}

void t.test('E31 the chain of forwarding is believed and extended from trusted peers alone', async (t) => {
  for (const { peer, sent, host, seen } of rows) {
    const forwarded = await forwardedOf(peer, sent, host)
    const got = seen.map(([name]): Field => [name, forwarded === undefined ? 'nothing came' : (fieldOf(forwarded, name) ?? 'none')])
    t.same(got, seen, `${peer}: ${sent.replaceAll('\r\n', ' | ')}${host === undefined ? '' : ` (Host: ${host})`}`)
  }
})

void t.test('E31 Via is added on a line of its own, and what came stays', async (t) => {
  const alone = await forwardedOf('untrusted', '')
  t.match(fieldsOf(alone!, 'via'), [/^1\.1 spillway-[0-9a-z]+$/])
  const after = await forwardedOf('untrusted', 'Via: 1.0 fred, 1.1 p.example.net')
  t.match(fieldsOf(after!, 'via'), ['1.0 fred, 1.1 p.example.net', /^1\.1 spillway-[0-9a-z]+$/])
})

void t.test('X-Request-ID is kept when it is one, else made', async (t) => {
  for (const id of ['abc', '7b0f3a0e-6f7e-4b1c-9f55-5d3cb7f4c9aa', 'x'.repeat(128), '!~']) {
    t.same(fieldsOf((await forwardedOf('untrusted', `X-Request-ID: ${id}`))!, 'x-request-id'), [id], `kept: ${id.slice(0, 40)}`)
  }
  const made = new Set<string>()
  for (const sent of ['', 'X-Request-ID: ', 'X-Request-ID: a b', `X-Request-ID: ${'x'.repeat(129)}`, 'X-Request-ID: \xe9', 'X-Request-ID: a\tb']) {
    const [id, ...others] = fieldsOf((await forwardedOf('untrusted', sent))!, 'x-request-id')
    t.match(id, /^[!-~]{8,128}$/, `made for ${JSON.stringify(sent.slice(0, 40))}`)
    t.same(others, [])
    made.add(id!)
  }
  t.equal(made.size, 6, 'no two alike')
  t.equal(fieldsOf((await forwardedOf('untrusted', 'X-Request-ID: a\r\nX-Request-ID: b'))!, 'x-request-id').length, 1, 'one of two')
})

void t.test('traceparent and tracestate pass', async (t) => {
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const forwarded = await forwardedOf('untrusted', `traceparent: ${parent}\r\ntracestate: a=b,c=d`)
  t.equal(fieldOf(forwarded!, 'traceparent'), parent)
  t.equal(fieldOf(forwarded!, 'tracestate'), 'a=b,c=d')
})

/** Passes bytes on to an address given later, and counts the requests among them. */
async function startCounter(): Promise<{ port: number; requests: () => number; leadTo(address: Address): void; close(): void }> {
  let target: Address | undefined
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const onward = dial(target!)
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
    socket.on('data', (data: Buffer) => {
      requests += data.toString('latin1').split('GET /').length - 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    requests: () => requests,
    leadTo: (address) => (target = address),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

for (const hops of [1, 2]) {
  void t.test(`E30 a route back to itself${hops === 2 ? ' by way of another edge' : ''} is a 508`, async (t) => {
    const counters = await Promise.all(Array.from({ length: hops }, startCounter))
    const edges = await Promise.all(
      counters.map((counter) =>
        startEdge({ timeouts: shortTimeouts, routing: { ...routing, splits: [{ ...routing.splits[0]!, backends: [backend('self', 1, counter)] }] } }),
      ),
    )
    // The counter behind each edge leads to the next one; the last to the first.
    for (const [index, counter] of counters.entries()) counter.leadTo(edges[(index + 1) % hops]!.addresses[0]!)
    const response = await ask(edges[0]!.addresses[0]!, 'GET /loop HTTP/1.1\r\nHost: a\r\n\r\n')
    t.equal(statusOf(response!), 508)
    t.equal(
      counters.reduce((sum, counter) => sum + counter.requests(), 0),
      hops,
      'no amplification',
    )
    await Promise.all(edges.map((one) => one.close()))
    for (const counter of counters) counter.close()
  })
}

void t.test('E30 a Via of others, even one that looks like ours, is no loop', async (t) => {
  for (const via of ['1.1 spillway-0123456789ab', '1.1 spillway', '1.0 fred (spillway), HTTP/1.1 x'])
    t.ok(await forwardedOf('untrusted', `Via: ${via}`), via)
})
