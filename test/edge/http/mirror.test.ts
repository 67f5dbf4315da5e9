// What mirrors get: which requests, how many of them, and the whole of each once.
import t from 'tap'
import type { Mirror } from '../../../src/core/routing/types.ts'
import { defaultLimits } from '../../../src/edge/config.ts'
import { until } from '../admin/stubEdge.ts'
import { answersOf, ask, openClient } from './client.ts'
import { fileDeadlineMs } from './harness.ts'
import { runLoad } from './load.ts'
import { fieldOf, fieldsOf, type Message, statusOf } from './message.ts'
import { type Mirrored, type MirroredStart, metricsOf, mirroredRouting, mirrorTo, requestsOf, startMirrored } from './mirrored.ts'
import { nextNonce } from './rows.ts'
import { type Received, write } from './upstream.ts'

t.setTimeout(fileDeadlineMs)

async function withMirrored(start: MirroredStart, test: (mirrored: Mirrored) => Promise<void>): Promise<void> {
  const mirrored = await startMirrored(start)
  try {
    await test(mirrored)
  } finally {
    await mirrored.close()
  }
}

async function load({ address }: Mirrored, requests: number, request: (index: number) => string): Promise<void> {
  const failed = await runLoad({ address, connections: 4, requests, deadlineMs: 5_000, request, onAnswer: () => undefined })
  if (failed.length > 0) throw new Error(failed.slice(0, 3).join('; '))
}

const get = (): string => `GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`
const named = (name: string, change: Partial<Mirror>): Mirror => mirrorTo('shadow', { name, ...change })
const mirrorOf = (copy: Message): string | undefined => fieldOf(copy, 'X-Spillway-Mirror')

t.test('of all requests, each mirror gets its share to within one', async (t) => {
  const shares = [0, 0.4, 12.5, 25, 66.6, 100]
  await withMirrored({ split: { mirrors: shares.map((percentage, i) => named(`m${i}`, { percentage })) } }, async (mirrored) => {
    await load(mirrored, 1_000, get)
    await until(() => requestsOf(mirrored.shadow).filter((copy) => mirrorOf(copy) === 'm5').length === 1_000, 'all copies')
    const copies = requestsOf(mirrored.shadow).map(mirrorOf)
    for (const [i, share] of shares.entries()) {
      const got = copies.filter((name) => name === `m${i}`).length
      t.ok(Math.abs(got - 10 * share) <= 1, `${got} of 1,000 for ${share} %`)
    }
  })
})

t.test('a share is kept to over changes of the table', (t) =>
  withMirrored({ split: { mirrors: [named('half', { percentage: 50 })] } }, async (mirrored) => {
    const { edge, stable, shadow } = mirrored
    for (let i = 0; i < 20; i++) {
      await load(mirrored, 1, get)
      const version = i + 2
      edge.apply({ routing: mirroredRouting(stable, shadow, { mirrors: [named('half', { percentage: 50 })] }) })
      await until(async () => (await metricsOf(edge.admin)).includes(`\nspillway_edge_config_generation ${version}\n`), 'the next table')
    }
    await mirrored.settled(10)
    t.equal(requestsOf(shadow).length, 10, '10 of 20')
  }),
)

t.test('conditions are those of routes, and several mirrors may want the same request', (t) => {
  const mirrors = [
    named('posts', { match: [{ method: 'POST', headers: [], cookies: [], query: [] }] }),
    named('marked', { match: [{ headers: [{ name: 'X-Mark', value: { kind: 'exact', value: 'yes' } }], cookies: [], query: [] }] }),
    named('below', { match: [{ path: { kind: 'prefix', value: '/below' }, headers: [], cookies: [], query: [] }] }),
  ]
  return withMirrored({ split: { mirrors } }, async ({ address, shadow, settled }) => {
    const rows: readonly [method: string, prefix: string, fields: string, names: readonly string[]][] = [
      ['GET', '/', '', []],
      ['POST', '/', '', ['posts']],
      ['GET', '/', 'X-Mark: yes\r\n', ['marked']],
      ['GET', '/', 'X-Mark: yes\r\nX-Mark: yes\r\n', []],
      ['GET', '/below/', '', ['below']],
      ['POST', '/below/', 'X-Mark: yes\r\n', ['posts', 'marked', 'below']],
    ]
    const sent = []
    for (const [method, prefix, fields, names] of rows) {
      const nonce = nextNonce()
      await ask(address, `${method} ${prefix}${nonce} HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: 0\r\n\r\n`)
      sent.push({ nonce, names })
    }
    await settled(6)
    for (const { nonce, names } of sent) {
      const copies = (shadow.received.get(nonce) ?? []).map(({ request }) => mirrorOf(request))
      t.same(copies.sort(), [...names].sort(), names.join(' and ') || 'nobody')
    }
  })
})

t.test('a copy is the request as it was sent on, and says of which mirror it is', (t) =>
  withMirrored({}, async ({ address, stable, shadow, settled }) => {
    const head = 'X-Own: 1\r\nCookie: a=b\r\nX-Forwarded-For: 192.0.2.1\r\nX-Spillway-Mirror: feigned\r\nConnection: close\r\n'
    await ask(address, `POST /n0000000?q=1 HTTP/1.1\r\nHost: a\r\n${head}Content-Length: 5\r\n\r\nhello`)
    await settled(1)
    const [original, copy] = [requestsOf(stable)[0]!, requestsOf(shadow)[0]!]
    t.same(fieldsOf(original, 'X-Spillway-Mirror'), [], 'a client cannot feign one')
    t.same(fieldsOf(copy, 'X-Spillway-Mirror'), ['copies'])
    t.same(
      { ...copy, end: 0, fields: copy.fields.filter(([name]) => name !== 'X-Spillway-Mirror') },
      { ...original, end: 0 },
      'the same but for that',
    )
    t.ok(fieldOf(copy, 'X-Request-ID') !== undefined, 'the two can be found together')
  }),
)

t.test('a client cannot feign a copy through a trusted proxy that passes on what it was sent', (t) =>
  withMirrored({ trustedProxies: ['127.0.0.0/8'] }, async ({ address, stable, shadow, settled }) => {
    const fields = 'X-Forwarded-For: 192.0.2.1\r\nX-Spillway-Mirror: feigned\r\nx-spillway-mirror: twice\r\n'
    await ask(address, `GET /n0000000 HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    await settled(1)
    const [original, copy] = [requestsOf(stable)[0]!, requestsOf(shadow)[0]!]
    t.same(fieldsOf(original, 'X-Forwarded-For'), ['192.0.2.1, 127.0.0.1'], 'the proxy is believed')
    t.same(fieldsOf(original, 'X-Spillway-Mirror'), [])
    t.same(fieldsOf(copy, 'X-Spillway-Mirror'), ['copies'])
  }),
)

const bytesOf = (length: number): string => Array.from({ length }, (_, i) => String.fromCharCode((i * 7 + (i >> 8)) & 255)).join('')
const chunkOf = (data: string): string => `${data.length.toString(16)};ext=1\r\n${data}\r\n`

t.test('bodies arrive whole and once, however they come', (t) =>
  withMirrored({}, async ({ address, stable, shadow, settled, outcomes }) => {
    let copies = 0
    for (const length of [1, 4_096, 15_999, 16_000, 40_000, 65_000, 65_536]) {
      for (const chunked of [false, true]) {
        if (chunked && length === 65_536) continue
        for (const pieces of [1, 2, 7]) {
          const nonce = nextNonce()
          const body = bytesOf(length)
          const client = await openClient(address)
          client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\n${chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n\r\n`)
          const size = Math.ceil(length / pieces)
          for (let at = 0, got = 0; at < length; at += size) {
            const piece = body.slice(at, at + size)
            const framed = chunked ? chunkOf(piece) + (at + size >= length ? '0\r\nX-Trailer: 1\r\n\r\n' : '') : piece
            if (pieces === 1) await until(() => stable.bytes > 0, 'the head sent on')
            client.write(framed)
            got += piece.length
            if (pieces > 1) await until(() => stable.bytes > got, 'a piece sent on')
          }
          t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 5_000), `${length} bytes, chunked: ${chunked}, ${pieces} pieces`)
          client.socket.destroy()
          await settled(++copies)
          const received = shadow.received.get(nonce) ?? []
          t.equal(received.length, 1, 'once')
          t.ok(received[0]?.request.body === body, 'whole')
          shadow.forget()
          stable.forget()
        }
      }
    }
    t.same(await outcomes(), { '2xx': copies })
  }),
)

t.test('a body that is too large, or never ends, drops the copy and nothing else', (t) =>
  withMirrored({}, async ({ address, stable, shadow, settled, outcomes }) => {
    const large = bytesOf(65_537)
    const byLength = `POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: ${large.length}\r\n\r\n${large}`
    const inChunks = `POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkOf(large)}0\r\n\r\n`
    for (const request of [byLength, inChunks]) {
      t.equal(statusOf((await ask(address, request))!), 200)
      t.ok([...stable.received.values()].at(-1)![0]!.request.body === large, 'the request itself went on')
    }
    await settled(2)
    for (const framing of ['Content-Length: 10', 'Transfer-Encoding: chunked']) {
      for (const end of ['fin', 'reset'] as const) {
        const seen = stable.bytes
        const client = await openClient(address)
        client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n3`)
        await until(() => stable.bytes > seen, 'the head sent on')
        client[end]()
      }
    }
    await settled(6)
    const client = await openClient(address)
    client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)
    const seen = stable.bytes
    await until(() => stable.bytes > seen, 'the head sent on')
    client.write('nonsense')
    await client.until(() => client.end !== 'open', 5_000)
    await settled(7)
    t.same(await outcomes(), { dropped: 7 })
    t.equal(shadow.bytes, 0, 'the mirror has heard of none of them')
  }),
)

t.test('HEAD, and a client that waits for 100', (t) =>
  withMirrored({}, async ({ address, stable, shadow, settled, outcomes }) => {
    for (let copies = 1; copies <= 3; copies++) {
      t.equal(statusOf((await ask(address, `HEAD /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`))!), 200)
      await settled(copies)
    }
    const nonce = nextNonce()
    stable.scripts.set(nonce, { when: 'head', run: ({ connection }) => write(connection, 'HTTP/1.1 100 Continue\r\n\r\n') })
    const client = await openClient(address)
    client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`)
    t.ok(await client.until(() => client.text.startsWith('HTTP/1.1 100 '), 5_000), 'the 100 comes')
    t.equal(requestsOf(shadow).filter(({ startLine }) => startLine.includes(nonce)).length, 0, 'and no copy yet')
    stable.scripts.delete(nonce)
    client.write('hello')
    await settled(4)
    t.equal(shadow.received.get(nonce)?.[0]?.request.body, 'hello')
    client.socket.destroy()
    t.same(await outcomes(), { '2xx': 4 })
    t.equal(shadow.connections.size, 1, 'one connection has served them all')
  }),
)

t.test('upgrades, and what the edge answers itself, are not copied', (t) =>
  withMirrored({ limits: { ...defaultLimits, bodyBytes: 10 } }, async (mirrored) => {
    const { address, edge, stable, shadow, settled, outcomes } = mirrored
    const upgrade = await ask(address, `GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    t.equal(statusOf(upgrade!), 200)
    t.equal(statusOf((await ask(address, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'))!), 204)
    t.equal(statusOf((await ask(address, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n${'x'.repeat(11)}`))!), 413)
    t.equal(statusOf((await ask(address, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'))!), 400)
    await ask(address, get())
    await settled(1)
    t.same(await outcomes(), { '2xx': 1 })
    t.equal(requestsOf(shadow).length, 1)
    const empty = { name: 'stable', weight: 100, endpoints: [] }
    edge.apply({ routing: mirroredRouting(stable, shadow, { backends: [empty, { name: 'shadow', weight: 0, endpoints: [] }] }) })
    await until(async () => statusOf((await ask(address, get()))!) === 503, 'no endpoints')
    t.ok(requestsOf(shadow).length >= 1)
    t.notOk((await outcomes())['failed'], '503 of the edge are not copied')
  }),
)

t.test('a request that waits in the queue is not copied: it may never be sent itself', (t) =>
  withMirrored({ limits: { ...defaultLimits, upstreamConnections: 1 }, timeouts: { queueMs: 10_000 } }, async (mirrored) => {
    const { address, edge, stable, settled, outcomes } = mirrored
    const first = Promise.withResolvers<Received>()
    const nonce = nextNonce()
    stable.scripts.set(nonce, { when: 'complete', run: first.resolve })
    const clients = [await openClient(address), await openClient(address)]
    clients[0]!.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const received = await first.promise
    clients[1]!.write(get())
    await until(async () => /^spillway_edge_requests_queued\{.*role="stable".*\} 1$/m.test(await metricsOf(edge.admin)), 'a queue')
    write(received.connection, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    for (const client of clients) t.ok(await client.until(() => answersOf(client, ['GET']).length === 1, 5_000), 'an answer')
    await settled(2)
    t.same(await outcomes(), { '2xx': 1, dropped: 1 })
    t.match(await metricsOf(edge.admin), /^spillway_edge_limited_total\{limit="mirror_load"\} 1$/m)
    for (const client of clients) client.socket.destroy()
  }),
)

t.test('copies count for nobody: neither as requests of their backend, nor as its decisions, failures or bytes', (t) =>
  withMirrored({}, async (mirrored) => {
    const { edge, shadow, settled } = mirrored
    const zero = await metricsOf(edge.admin)
    t.match(zero, /^spillway_edge_mirrored_requests_total\{.*role="shadow".*outcome="2xx"\} 0$/m, 'at 0 from the start')
    t.notMatch(zero, /^spillway_edge_mirrored_.*role="stable"/m, 'and not for who is no mirror')
    await load(mirrored, 50, get)
    await settled(50)
    const counted = (await metricsOf(edge.admin)).split('\n').filter((line) => line.includes('role="shadow"') && !line.endsWith(' 0'))
    const names = new Set(counted.map((line) => line.slice(0, line.indexOf('{'))))
    t.same([...names].sort(), [
      'spillway_edge_mirrored_duration_seconds_bucket',
      'spillway_edge_mirrored_duration_seconds_count',
      'spillway_edge_mirrored_duration_seconds_sum',
      'spillway_edge_mirrored_requests_total',
    ])
    t.match(counted.join('\n'), /mirrored_duration_seconds_count\{.*\} 50$/m)
    const view = await fetch(`http://${edge.admin.host}:${edge.admin.port}/v1/splits/main`)
    const { backends } = (await view.json()) as { readonly backends: readonly { readonly name: string }[] }
    t.match(
      backends.find(({ name }) => name === 'shadow'),
      { requests: 0, successRate: null, inFlight: 0, actual: { picks: 0, share: 0 } },
    )
    t.ok(shadow.connections.size < 25, `${shadow.connections.size} connections for 50 copies`)
  }),
)
