// Heads of an upstream's answers, and answers before the final one: rows S06, S07, S09–S11, S15–S17, S19.

import t from 'tap'
import { type AnswerRow, bad, relay, testAnswers } from './answers.ts'
import { answersOf, ask, openClient, responsesOf } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { type Field, fieldOf, statusOf } from './message.ts'
import { reset } from './reset.ts'
import { nextNonce } from './rows.ts'
import { write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const ok = 'HTTP/1.1 200 OK\r\n'
const length = 'Content-Length: 5\r\n'
const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'

function withLine(id: string, name: string, line: string): AnswerRow {
  return { id, name, bytes: `${ok}${length}${line}\r\nY: z\r\n\r\nhello`, outcome: bad }
}

function asked(name: string, trailers: string, relayed: readonly Field[]): AnswerRow {
  return {
    id: 'S19',
    name,
    request: 'GET /{n} HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n${trailers}\r\n\r\n`,
    outcome: relay(200, { body: 'hello', lacks: ['Set-Cookie', 'X-Sum'], trailers: relayed }),
  }
}

function withStart(line: string, outcome: AnswerRow['outcome'] = bad, id = 'S10'): AnswerRow {
  return { id, name: JSON.stringify(line), bytes: `${line}\r\n${length}\r\nhello`, outcome }
}

const syntaxRows: AnswerRow[] = [
  { id: 'S06', name: 'LF everywhere', bytes: 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', after: 'fin', outcome: bad },
  { id: 'S06', name: 'status line ended by LF', bytes: `HTTP/1.1 200 OK\n${length}\r\nhello`, outcome: bad },
  { id: 'S06', name: 'field line ended by LF', bytes: `${ok}X: y\n${length}\r\nhello`, outcome: bad },
  { id: 'S06', name: 'head ended by CRLF LF', bytes: `${ok}${length}\nhello`, after: 'fin', outcome: bad },
  withLine('S06', 'obs-fold', 'X: y\r\n z'),
  withLine('S06', 'obs-fold of a tab', 'X: y\r\n\tz'),
  withLine('S06', 'space before the colon', 'X : y'),
  withLine('S06', 'tab before the colon', 'X\t: y'),
  withLine('S06', 'space before the first name', ' X: y'),
  withLine('S06', 'NUL in a value', 'X: \0'),
  withLine('S06', 'NUL in a name', 'X\0: y'),
  withLine('S06', 'bare CR in a value', 'X: a\rb'),
  withLine('S06', 'a control byte in a value', 'X: \x01'),
  withLine('S06', 'DEL in a value', 'X: \x7f'),
  withLine('S06', 'no colon', 'X'),
  withLine('S06', 'no name', ': y'),
  withLine('S06', 'a name that is no token', 'X(: y'),
  {
    id: 'S06',
    name: 'obs-text goes through',
    bytes: `${ok}${length}X: \xe9\xff\r\n\r\nhello`,
    outcome: relay(200, { body: 'hello', has: [['X', '\xe9\xff']] }),
  },
  { id: 'S07', name: '101 unasked', bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', outcome: bad },
  { id: 'S07', name: '101 without Upgrade', bytes: 'HTTP/1.1 101 Switching Protocols\r\n\r\nhello', outcome: bad },
]

const interimRows: AnswerRow[] = [
  {
    id: 'S09',
    name: 'three 103',
    bytes: `${hints.repeat(3)}${ok}${length}\r\nhello`,
    outcome: relay(200, { body: 'hello', interim: [103, 103, 103], reused: true }),
  },
  {
    id: 'S09',
    name: 'ten interim answers',
    bytes: `${hints.repeat(10)}${ok}${length}\r\nhello`,
    outcome: relay(200, { body: 'hello', interim: Array<number>(10).fill(103) }),
    splits: 60,
  },
  {
    id: 'S09',
    name: 'three 103 to an HTTP/1.0 client',
    request: 'GET /{n} HTTP/1.0\r\nHost: a\r\n\r\n',
    bytes: `${hints.repeat(3)}${ok}${length}\r\nhello`,
    outcome: relay(200, { body: 'hello', ends: true }),
  },
  { id: 'S09', name: 'an interim answer, then FIN', bytes: hints, after: 'fin', outcome: bad },
]

const statusRows: AnswerRow[] = [
  ...[
    '99 x',
    '999 x',
    '2000 x',
    '600 x',
    '099 x',
    '000 x',
    '1x0 x',
    '+20 x',
    '-20 x',
    '20 x',
    '2 00',
    ' 200 OK',
    '\t200 OK',
    '200\tOK',
    '200 O\0K',
    '200 O\rK',
    '200 O\x01K',
  ].map((rest) => withStart(`HTTP/1.1 ${rest}`)),
  ...[
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/2 200',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1200 OK',
    'HTTP/01.1 200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
    '\r\nHTTP/1.1 200 OK',
  ].map((line) => withStart(line)),
  withStart('HTTP/1.1 200 ', relay(200, { body: 'hello' })),
  withStart('HTTP/1.1 299 Something of our own', relay(299, { body: 'hello' })),
  withStart('HTTP/1.1 500 Internal Server Error', relay(500, { body: 'hello' })),
  withStart('HTTP/1.1 599 x', relay(599, { body: 'hello' })),
  withStart('HTTP/1.1 200 \xe9t\xe9', relay(200, { body: 'hello' })),
  { id: 'S11', name: 'a field of 20 KiB', bytes: `${ok}${length}X: ${'y'.repeat(20 * 1024)}\r\n\r\nhello`, outcome: bad, splits: 60 },
  { id: 'S11', name: '10,000 fields', bytes: `${ok}${length}${'X: y\r\n'.repeat(10_000)}\r\nhello`, outcome: bad, splits: 30 },
  { id: 'S11', name: 'a head of 1 MiB that never ends', bytes: `${ok}${length}X: ${'y'.repeat(1024 * 1024)}`, outcome: bad, splits: 10 },
  { id: 'S15', name: 'a banner', bytes: 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', outcome: bad },
  { id: 'S15', name: 'a banner, then FIN', bytes: '220 mail.example ESMTP\r\n', after: 'fin', outcome: bad },
  { id: 'S15', name: 'half a head, then FIN', bytes: `${ok}Content-Le`, after: 'fin', outcome: bad },
  { id: 'S15', name: 'half a head, then RST', bytes: `${ok}Content-Le`, after: 'reset', outcome: bad },
  ...['a\nSet-Cookie: evil', 'a\rSet-Cookie: evil', 'a\n\nHTTP/1.1 200 OK'].map((value) =>
    withLine('S16', JSON.stringify(value), `Location: ${value}`),
  ),
  {
    id: 'S16',
    name: 'encoded line ends stay encoded',
    bytes: `HTTP/1.1 302 Found\r\n${length}Location: /%0d%0aX:y\r\n\r\nhello`,
    outcome: relay(302, { body: 'hello', has: [['Location', '/%0d%0aX:y']] }),
  },
]

const hopRows: AnswerRow[] = [
  {
    id: 'S17',
    name: 'fields that Connection names',
    bytes: `${ok}${length}Connection: X-Secret\r\nX-Secret: s\r\nX: y\r\n\r\nhello`,
    outcome: relay(200, { body: 'hello', lacks: ['X-Secret'], has: [['X', 'y']] }),
  },
  {
    id: 'S17',
    name: 'fields of one hop',
    bytes: `${ok}${length}Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nTrailer: X\r\nTE: trailers\r\n\r\nhello`,
    outcome: relay(200, { body: 'hello', lacks: ['Keep-Alive', 'Proxy-Connection', 'Upgrade', 'Trailer', 'TE'] }),
  },
  {
    id: 'S17',
    name: 'Connection: close is of the upstream connection alone',
    bytes: `${ok}${length}Connection: close\r\n\r\nhello`,
    outcome: relay(200, {
      body: 'hello',
      reused: false,
      check: (response) => (/close/i.test(fieldOf(response, 'connection') ?? '') ? 'relayed' : undefined),
    }),
  },
  {
    id: 'S17',
    name: 'fields that occur twice stay apart and in order',
    bytes: `${ok}Set-Cookie: a=b\r\nServer: mine\r\nSet-Cookie: c=d\r\n${length}\r\nhello`,
    outcome: relay(200, {
      body: 'hello',
      has: [
        ['Set-Cookie', 'a=b & c=d'],
        ['Server', 'mine'],
      ],
    }),
  },
  {
    id: 'S19',
    name: 'trailers are dropped',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSet-Cookie: a=b\r\nX-Sum: 1\r\n\r\n`,
    outcome: relay(200, { body: 'hello', lacks: ['Set-Cookie', 'X-Sum'] }),
  },
  asked('a client that asked for trailers gets them', 'X-Sum: 1', [['X-Sum', '1']]),
  asked('but no field that belongs into a head', 'Set-Cookie: a=b\r\nX-Sum: 1\r\nCache-Control: no-store\r\nLocation: /', [['X-Sum', '1']]),
  ...['Content-Length: 5', 'Transfer-Encoding: chunked', 'Host: a'].map((field) => asked(`nor one that frames: ${field}`, field, [])),
]

t.comment(`seed ${harness.seed}`)
testAnswers(t, harness, [...syntaxRows, ...interimRows, ...statusRows, ...hopRows])

void t.test('S09 a thousand interim answers end in 502 after ten', async (t) => {
  for (const [name, interim] of [
    ['100', goOn],
    ['103', hints],
  ] as const) {
    const nonce = nextNonce()
    harness.stable.scripts.set(nonce, {
      when: 'complete',
      run: ({ connection }) => write(connection, `${interim.repeat(1_000)}${ok}${length}\r\nhello`),
    })
    const client = await openClient(harness.address)
    client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 3_000)
    const statuses = responsesOf(client, ['GET']).responses.map(statusOf)
    t.equal(statuses.at(-1), 502, name)
    t.ok(statuses.length <= 11, `${statuses.length - 1} relayed`)
    client.socket.destroy()
  }
})

void t.test('S15 a kept connection that dies unused costs an idempotent request nothing, and repeats no other', async (t) => {
  const cases = [
    { request: 'GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n', retried: true },
    { request: 'DELETE /{n} HTTP/1.1\r\nHost: a\r\n\r\n', retried: true },
    { request: 'POST /{n} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', retried: false },
    { request: 'PATCH /{n} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', retried: false },
  ]
  for (const { request, retried } of cases) {
    for (const end of ['fin', 'reset'] as const) {
      await ask(harness.address, `GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`)
      const nonce = nextNonce()
      let tries = 0
      harness.stable.scripts.set(nonce, {
        when: 'complete',
        run({ connection }) {
          tries++
          if (connection.requests > 1) {
            if (end === 'fin') connection.socket.end()
            else reset(connection.socket)
          } else write(connection, `${ok}${length}\r\nhello`)
        },
      })
      const response = await ask(harness.address, request.replace('{n}', nonce))
      const name = `${request.slice(0, 6)} ${end}`
      t.equal(response === undefined ? 0 : statusOf(response), retried ? 200 : 502, name)
      t.equal(tries, retried ? 2 : 1, `${name}: tries`)
    }
  }
  const nonce = nextNonce()
  let tries = 0
  harness.stable.scripts.set(nonce, {
    when: 'complete',
    run({ connection }) {
      tries++
      connection.socket.end()
    },
  })
  const response = await ask(harness.address, `GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
  t.equal(statusOf(response!), 502, 'an upstream that always closes')
  t.ok(tries <= 2, `${tries} tries`)
})

void t.test('a status line in two reads is judged by its own bytes alone', async (t) => {
  // A buffer that all sockets share holds, behind the twelve bytes of the first read, whatever the read before it left there.
  const leftBehind = `${'x'.repeat(12)}\n`
  const other = await openClient(harness.address)
  other.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n`)
  const statuses: number[] = []
  for (let round = 0; round < 30; round++) {
    const nonce = nextNonce()
    harness.stable.scripts.set(nonce, {
      when: 'complete',
      async run({ connection }) {
        other.write(leftBehind)
        write(connection, 'HTTP/1.1 200')
        await harness.pulse.read()
        write(connection, ` OK\r\n${length}\r\nhello`)
      },
    })
    const response = await ask(harness.address, `GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
    statuses.push(response === undefined ? 0 : statusOf(response))
  }
  other.socket.destroy()
  t.same(new Set(statuses), new Set([200]))
})
