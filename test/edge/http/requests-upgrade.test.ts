// Upgrade and Expect: rows R61–R65, R70, R71. What flows in a tunnel is in tunnel.test.ts.
import t from 'tap'
import { answersOf, openClient, responsesOf } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, type Message, statusOf } from './message.ts'
import { nextNonce, type Row, refuse, serve, testRows } from './rows.ts'
import { type Script, write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const get = 'GET /{n} HTTP/1.1\r\nHost: a\r\n'
const post = 'POST /{n} HTTP/1.1\r\nHost: a\r\n'
const webSocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

function asksUpgradeTo(protocol: string): (forwarded: Message) => string | undefined {
  return (forwarded) => {
    if (fieldOf(forwarded, 'upgrade') !== protocol) return `forwarded Upgrade: ${fieldOf(forwarded, 'upgrade')}`
    return /\bupgrade\b/i.test(fieldOf(forwarded, 'connection') ?? '') ? undefined : 'forwarded Upgrade without Connection: upgrade'
  }
}

const rows: Row[] = [
  {
    id: 'R61',
    name: 'no tunnel before a 101: the second request is routed',
    bytes: `${get}Connection: Upgrade\r\nUpgrade: foo\r\n\r\n`,
    expect: serve({ check: asksUpgradeTo('foo') }),
  },
  { id: 'R61', name: 'no tunnel before a 101 for websocket', bytes: `${get}${webSocket}\r\n`, expect: serve({ check: asksUpgradeTo('websocket') }) },
  ...[
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ].map(
    (rest): Row => ({
      id: 'R63',
      name: `Upgrade with a body: ${JSON.stringify(rest.slice(0, 20))}`,
      bytes: `${get}${webSocket}${rest}`,
      expect: refuse(),
    }),
  ),
  ...['h2c', 'H2C', 'h2c, foo'].map(
    (protocol): Row => ({
      id: 'R64',
      name: `Upgrade: ${protocol}`,
      bytes: `${get}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      expect: serve({
        lacks: ['HTTP2-Settings'],
        check: (forwarded) => (/h2c/i.test(fieldOf(forwarded, 'upgrade') ?? '') ? 'forwarded Upgrade: h2c' : undefined),
      }),
    }),
  ),
  {
    id: 'R64',
    name: 'h2c with a body',
    bytes: `${post}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello`,
    expect: refuse(),
  },
  {
    id: 'R70',
    name: 'the expectation is passed on',
    bytes: `${post}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
    expect: serve({ body: 'hello', has: [['Expect', '100-continue']] }),
  },
  {
    id: 'R70',
    name: 'the expectation is passed on with a chunked body',
    bytes: `${post}Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expect: serve({
      body: 'hello',
      check: (forwarded) => (fieldOf(forwarded, 'expect')?.toLowerCase() === '100-continue' ? undefined : 'Expect is gone'),
    }),
  },
  {
    id: 'R71',
    name: 'ignored in HTTP/1.0',
    bytes: 'POST /{n} HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
    expect: serve({ body: 'hello', keeps: false, lacks: ['Expect'] }),
  },
  { id: 'R71', name: 'ignored without a body', bytes: `${get}Expect: 100-continue\r\n\r\n`, expect: serve({ lacks: ['Expect'] }) },
  {
    id: 'R71',
    name: 'ignored with an empty body',
    bytes: `${post}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`,
    expect: serve({ lacks: ['Expect'] }),
  },
  ...[
    'foo',
    'x 100-continue',
    '100-continue, 100-continue',
    '100-continue;q=1',
    '100-continue\r\nExpect: 100-continue',
    '100-continuex',
    '',
    '"100-continue"',
    'y 100-continue\r\nExpect: 100-continue',
  ].map(
    (expectation): Row => ({
      id: 'R71',
      name: `Expect: ${JSON.stringify(expectation)}`,
      bytes: `${post}Expect: ${expectation}\r\nContent-Length: 5\r\n\r\nhello`,
      expect: refuse(417),
    }),
  ),
]

testRows(t, harness, rows)

void t.test('R65 an unsolicited 101 is a 502, and its connection ends', async (t) => {
  for (const request of [
    `${get}\r\n`,
    `${post}Content-Length: 5\r\n\r\nhello`,
    `${get}Connection: Upgrade\r\nUpgrade: foo\r\n\r\n`,
    `${get}Upgrade: websocket\r\n\r\n`,
  ]) {
    const nonce = nextNonce()
    let used: Promise<void> | undefined
    harness.stable.scripts.set(nonce, {
      when: 'complete',
      run: ({ connection }) => {
        used = connection.closed
        write(connection, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02hi')
      },
    })
    const client = await openClient(harness.address)
    client.write(request.replace('{n}', nonce))
    await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 3_000)
    const { responses } = responsesOf(client, ['GET'])
    t.same(responses.map(statusOf), [502], JSON.stringify(request))
    t.notMatch(client.text, /hi/)
    t.ok(used !== undefined && (await harness.within(1_000, used)), 'the upstream connection ends')
    client.socket.destroy()
  }
})

const waits = `${post}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`
async function expecting(nonce: string, script: Script) {
  harness.stable.scripts.set(nonce, { when: 'head', run: script })
  const client = await openClient(harness.address)
  client.write(waits.replace('{n}', nonce))
  return client
}

void t.test('R70 a client that waits gets the 100 of the upstream, then sends', async (t) => {
  const nonce = nextNonce()
  const client = await expecting(nonce, async ({ connection }) => {
    write(connection, 'HTTP/1.1 100 Continue\r\n\r\n')
    const came = (): boolean => connection.pending === '' || connection.pending.endsWith('hello')
    while (!came()) await new Promise<void>((resolve) => setImmediate(resolve))
    write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  t.ok(await client.until(() => client.text === 'HTTP/1.1 100 Continue\r\n\r\n', 3_000), 'exactly one 100')
  client.write('hello')
  t.ok(await client.until(() => answersOf(client, ['POST']).length > 0, 3_000))
  t.same(responsesOf(client, ['POST']).responses.map(statusOf), [100, 200])
  client.socket.destroy()
})

for (const status of [401, 413, 417]) {
  void t.test(`R70 a final ${status} comes without the body, and the body cannot become a request`, async (t) => {
    const nonce = nextNonce()
    let used: Promise<void> | undefined
    const client = await expecting(nonce, ({ connection }) => {
      used = connection.closed
      write(connection, `HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`)
    })
    t.ok(await client.until(() => answersOf(client, ['POST']).length > 0, 3_000), 'the answer comes')
    t.same(responsesOf(client, ['POST']).responses.map(statusOf), [status])
    t.ok(used !== undefined && (await harness.within(1_000, used)), 'the upstream connection is not kept')
    // Whether the client now sends its body or not, the bytes behind the head are body.
    const evil = nextNonce()
    client.write(`GET /${evil} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await client.until(() => client.end !== 'open' || answersOf(client, ['POST', 'GET']).length > 1, 700)
    t.notOk(harness.stable.received.has(evil), 'no request out of a body')
    client.socket.destroy()
  })
}
