// Methods and versions: rows R53–R57, R59, R60.
import t from 'tap'
import { answersOf, openClient } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, statusOf } from './message.ts'
import { type Expect, nextNonce, type Row, refuse, serve, testRows } from './rows.ts'
import { write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const host = 'Host: a\r\n'
const smuggled = 'GET /evil HTTP/1.1\r\nHost: a\r\n\r\n'

function method(id: string, name: string, expect: Expect, rest = `${host}\r\n`): Row {
  return { id, name: JSON.stringify(name.slice(0, 40)), bytes: `${name} /{n} HTTP/1.1\r\n${rest}`, expect }
}

const oldVersionRows: Row[] = [
  { id: 'R53', name: 'HTTP/1.0 without Host', bytes: 'GET /{n} HTTP/1.0\r\n\r\n', expect: refuse() },
  { id: 'R53', name: 'HTTP/1.0 without Host, keep-alive', bytes: 'GET /{n} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', expect: refuse() },
  { id: 'R53', name: 'HTTP/1.0 closes', bytes: `GET /{n} HTTP/1.0\r\n${host}\r\n`, expect: serve({ keeps: false, startLine: 'GET /{n} HTTP/1.1' }) },
  { id: 'R53', name: 'HTTP/1.0 keeps when asked', bytes: `GET /{n} HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`, expect: serve() },
  {
    id: 'R53',
    name: 'HTTP/1.0 keeps when asked, in another case',
    bytes: `GET /{n} HTTP/1.0\r\n${host}connection: Keep-Alive\r\n\r\n`,
    expect: serve(),
  },
  {
    id: 'R53',
    name: 'HTTP/1.0 with close and keep-alive closes',
    bytes: `GET /{n} HTTP/1.0\r\n${host}Connection: keep-alive, close\r\n\r\n`,
    expect: serve({ keeps: false }),
  },
  { id: 'R54', name: 'POST without a length', bytes: `POST /{n} HTTP/1.0\r\n${host}\r\nhello`, expect: refuse(400, 411) },
  {
    id: 'R54',
    name: 'PUT without a length, keep-alive',
    bytes: `PUT /{n} HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n${smuggled}`,
    expect: refuse(400, 411),
  },
  {
    id: 'R54',
    name: 'POST with a length is served',
    bytes: `POST /{n} HTTP/1.0\r\n${host}Content-Length: 5\r\n\r\nhello`,
    expect: serve({ keeps: false, body: 'hello' }),
  },
]

const methodRows: Row[] = [
  ...['get', 'Get', 'FOO', 'PROPFIND', 'GETT', 'GE', 'M-SEARCH', 'PRI', 'TRACK', '!#$%&'].map((name) => method('R55', name, refuse(501))),
  ...['G(ET', 'GET,', 'G\x80T', '"GET"', 'G@T', 'GET/', ''].map((name) => method('R55', name, refuse())),
  method('R55', 'G'.repeat(65_536), refuse(400, 501)),
  method('R55', 'G'.repeat(200), refuse(400, 501)),
  ...['GET', 'DELETE', 'OPTIONS', 'QUERY'].map((name) => method('R55', name, serve({ startLine: `${name} /{n} HTTP/1.1` }))),
  ...['POST', 'PUT', 'PATCH', 'QUERY', 'DELETE', 'OPTIONS', 'GET'].map((name) =>
    method('R55', name, serve({ startLine: `${name} /{n} HTTP/1.1`, body: 'hello' }), `${host}Content-Length: 5\r\n\r\nhello`),
  ),
  method('R55', 'POST', serve({ startLine: 'POST /{n} HTTP/1.1' })),
  method('R56', 'TRACE', refuse(405), `${host}Cookie: {n}\r\nAuthorization: {n}\r\n\r\n`),
  method('R56', 'TRACE', refuse(405), `${host}Content-Length: 5\r\n\r\nhello`),
  method('R56', 'TRACE', refuse(405), `${host}Max-Forwards: 0\r\n\r\n`),
  method('R56', 'TRACE', refuse(405), `${host}Max-Forwards: 1\r\n\r\n`),
  method('R57', 'OPTIONS', { kind: 'answer', statuses: [200, 204] }, `${host}Max-Forwards: 0\r\n\r\n`),
  method('R57', 'OPTIONS', { kind: 'answer', statuses: [200, 204] }, `${host}Max-Forwards: 000\r\n\r\n`),
  ...[
    ['1', '0'],
    ['10', '9'],
    ['007', '6'],
  ].map(([came, went]) => method('R57', 'OPTIONS', serve({ has: [['Max-Forwards', went!]] }), `${host}Max-Forwards: ${came}\r\n\r\n`)),
  ...['x', '-1', '1.5', '', '1 1', '1, 2', '99999999999999999999'].map((value) =>
    method('R57', 'OPTIONS', refuse(), `${host}Max-Forwards: ${value}\r\n\r\n`),
  ),
  method('R57', 'OPTIONS', refuse(), `${host}Max-Forwards: 1\r\nMax-Forwards: 2\r\n\r\n`),
]

const bodyRows: Row[] = [
  ...['GET', 'HEAD', 'DELETE', 'OPTIONS'].flatMap((name) => [
    method('R59', name, serve({ body: 'hello' }), `${host}Content-Length: 5\r\n\r\nhello`),
    method('R59', name, serve({ body: smuggled }), `${host}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`),
    method('R59', name, serve(), `${host}Content-Length: 0\r\n\r\n`),
    method('R60', name, serve({ body: 'hello' }), `${host}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
    method(
      'R60',
      name,
      serve({ body: smuggled }),
      `${host}Transfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ),
    method('R60', name, serve(), `${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  ]),
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [...oldVersionRows, ...methodRows, ...bodyRows])

const answersToOld = [
  { name: 'a chunked answer', answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' },
  {
    name: 'interim answers',
    answer: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  },
]
for (const { name, answer } of answersToOld) {
  for (const keepAlive of [false, true]) {
    void t.test(`R53 ${name} to an HTTP/1.0 client${keepAlive ? ' that would keep the connection' : ''}`, async (t) => {
      const nonce = nextNonce()
      harness.stable.scripts.set(nonce, { when: 'complete', run: ({ connection }) => write(connection, answer) })
      const client = await openClient(harness.address)
      client.write(`GET /${nonce} HTTP/1.0\r\n${host}${keepAlive ? 'Connection: keep-alive\r\n' : ''}\r\n`)
      await client.until(() => client.end !== 'open' || (keepAlive && answersOf(client, ['GET']).length > 0), 3_000)
      const [response] = answersOf(client, ['GET'])
      t.match(client.text, /^HTTP\/1\.[01] 200 /, 'no interim answer')
      t.equal(response?.body, 'hello')
      t.not(response?.framing, 'chunked')
      const kept = keepAlive && response?.framing === 'length'
      t.equal(fieldOf(response!, 'connection')?.toLowerCase(), kept ? 'keep-alive' : 'close')
      t.equal(client.end, kept ? 'open' : 'fin')
      client.socket.destroy()
    })
  }
}

void t.test('R53 keep-alive is confirmed to an HTTP/1.0 client', async (t) => {
  const client = await openClient(harness.address)
  for (const round of [1, 2]) {
    client.text = ''
    client.write(`GET /${nextNonce()} HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`)
    t.ok(await client.until(() => answersOf(client, ['GET']).length > 0, 3_000), `answer ${round}`)
    t.equal(fieldOf(answersOf(client, ['GET'])[0]!, 'connection')?.toLowerCase(), 'keep-alive')
  }
  client.socket.destroy()
})

void t.test('R56 TRACE reflects nothing', async (t) => {
  const client = await openClient(harness.address)
  client.write(`TRACE /secret-path HTTP/1.1\r\n${host}Cookie: secret-cookie\r\n\r\n`)
  await client.until(() => client.end !== 'open', 3_000)
  t.equal(statusOf(answersOf(client, ['TRACE'])[0]!), 405)
  t.notMatch(client.text, /secret/)
})
