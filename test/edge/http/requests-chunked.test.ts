// Chunked bodies: rows R20–R29. A head may have gone upstream before its body proves wrong; then that request is broken off.
import t from 'tap'
import { answersOf, openClient } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { statusOf } from './message.ts'
import { breakOff, nextNonce, type Row, refusal, serve, testRows } from './rows.ts'
import { write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const post = 'POST /{n} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const last = '0\r\n\r\n'

function broken(id: string, name: string, body: string, statuses: number[] = [400]): Row {
  return { id, name, bytes: post + body, expect: breakOff(...statuses) }
}

const sizeRows: Row[] = [
  ...['10000000000000000', 'ffffffffffffffff', '7fffffffffffffff', '8000000000000005', '100000000000000005'].map((size) =>
    broken('R20', `size ${size}`, `${size}\r\nhello\r\n${last}`),
  ),
  ...['0x5', '+5', '-5', '5_0', ' 5', '5 ', '5 ;a', '', 'Z', '5\t', '5\x00', '\xb5', 'hello', '5,5'].map((size) =>
    broken('R21', `size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n${last}`),
  ),
  ...['\n', '\r', '\rX', '\r\r', '\n\r', '\r\r\n'].map((end) => broken('R22', `size ended by ${JSON.stringify(end)}`, `5${end}hello\r\n${last}`)),
  ...['\n', '\r', '\rX', '\r\r', '\r\r\n'].map((end) => broken('R22', `last chunk ended by ${JSON.stringify(end)}`, `5\r\nhello\r\n0${end}\r\n`)),
  ...['\nxx', '\rxx', 'a="\n"', 'a="\r"', 'a=\x00', 'a=\x7f', 'a\nb'].map((extension) =>
    broken('R23', `extension ${JSON.stringify(extension)}`, `5;${extension}\r\nhello\r\n${last}`),
  ),
  broken('R24', 'an extension of 64 KiB', `5;${'a'.repeat(65_536)}\r\nhello\r\n${last}`),
  broken('R24', 'an extension of 5 KiB', `5;${'a'.repeat(5 * 1024)}\r\nhello\r\n${last}`),
  { ...broken('R24', '1 MiB of extensions over 10,000 chunks', `1;${'b'.repeat(100)}\r\nx\r\n`.repeat(10_000) + last), splits: 12 },
  { ...broken('R24', '17 KiB of extensions over 17 chunks', `1;${'b'.repeat(1022)}\r\nx\r\n`.repeat(17) + last) },
]

const extensionRows: Row[] = [
  ...['a="b;c"', 'a', 'a=b', 'a=b;c=d', 'a="\\""', 'a="b,c d"'].map(
    (extension): Row => ({
      id: 'R25',
      name: extension,
      bytes: `${post}5;${extension}\r\nhello\r\n0;${extension}\r\n\r\n`,
      expect: serve({ body: 'hello' }),
    }),
  ),
  {
    id: 'R25',
    name: 'sizes in both cases with leading zeros',
    bytes: `${post}0A\r\n0123456789\r\n0a\r\n0123456789\r\n00\r\n\r\n`,
    expect: serve({ body: '01234567890123456789' }),
  },
  {
    id: 'R25',
    name: 'data that looks like the end and a request',
    bytes: `${post}24\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n\r\n${last}`,
    expect: serve({ body: '0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n' }),
  },
]

const dataRows: Row[] = [
  broken('R26', 'more data than its size', `5\r\nhelloXX\r\n${last}`),
  broken('R26', 'less data than its size', `5\r\nhel\r\n${last}`),
  broken('R26', 'data ended by LF', `5\r\nhello\n${last}`),
  broken('R26', 'data ended by CR', `5\r\nhello\r${last}`),
  broken('R26', 'data without an end', `5\r\nhello${last}`),
  broken('R26', 'data ended by CR and another byte', `5\r\nhello\rX${last}`),
]

const forbiddenTrailers = [
  'Authorization: Basic eA==',
  'Content-Type: text/evil',
  'Cookie: a=b',
  'X-Other: 1',
  'X-Forwarded-For: 192.0.2.1',
  'X-Canary: always',
]
const trailerRows: Row[] = [
  ...['Content-Length: 5', 'Transfer-Encoding: chunked', 'content-length: 0', 'TRANSFER-ENCODING: gzip', 'Host: b'].map((field) =>
    broken('R28', `${field} as a trailer`, `5\r\nhello\r\n0\r\n${field}\r\n\r\n`),
  ),
  ...forbiddenTrailers.map(
    (field): Row => ({
      id: 'R28',
      name: `${field} as a trailer is neither merged nor passed`,
      bytes: `${post}5\r\nhello\r\n0\r\n${field}\r\n\r\n`,
      expect: serve({
        body: 'hello',
        has: [
          ['Host', 'a'],
          ['X-Forwarded-For', '127.0.0.1'],
        ],
        lacks: ['Authorization', 'Content-Type', 'Cookie', 'X-Other', 'X-Canary'],
      }),
    }),
  ),
  broken('R29', 'a trailer line ended by LF', `5\r\nhello\r\n0\r\nX-A: b\n\r\n`),
  broken('R29', 'a bare CR in a trailer', `5\r\nhello\r\n0\r\nX-A: b\rc\r\n\r\n`),
  broken('R29', 'a folded trailer', `5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n`),
  broken('R29', 'a space before the colon of a trailer', `5\r\nhello\r\n0\r\nX-A : b\r\n\r\n`),
  broken('R29', 'a trailer without a colon', `5\r\nhello\r\n0\r\nX-A\r\n\r\n`),
  broken('R29', 'trailers ended by LF', `5\r\nhello\r\n0\r\nX-A: b\r\n\n`),
  broken('R29', '64 KiB of trailers', `5\r\nhello\r\n0\r\n${`X-A: ${'b'.repeat(1_000)}\r\n`.repeat(64)}\r\n`, [431]),
  broken('R29', 'a trailer of 64 KiB', `5\r\nhello\r\n0\r\nX-A: ${'b'.repeat(65_536)}\r\n\r\n`, [431]),
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [...sizeRows, ...extensionRows, ...dataRows, ...trailerRows])

void t.test('R26 a wrong chunk after the answer began closes both sides', async (t) => {
  const nonce = nextNonce()
  harness.stable.scripts.set(nonce, { when: 'head', run: ({ connection }) => write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel') })
  const client = await openClient(harness.address)
  client.write(`${post.replace('{n}', nonce)}5\r\nhello\r\n`)
  t.ok(await client.until(() => client.text.endsWith('hel'), 2_000), 'the answer has begun')
  client.write('Z\r\n')
  t.ok(await client.until(() => client.end !== 'open', 2_000), 'the client connection ends')
  t.same(answersOf(client, ['POST']), [], 'no complete answer')
  const begun = [...harness.stable.connections].filter(({ pending }) => pending.includes(nonce))
  t.ok(await harness.within(1_000, Promise.all(begun.map(({ closed }) => closed))), 'the upstream connection ends')
})

void t.test('R27 FIN before the last chunk never makes a complete request', async (t) => {
  const whole = `${post}5\r\nhello\r\n${last}`
  for (let cut = post.length; cut < whole.length; cut++) {
    harness.forget()
    const nonce = nextNonce()
    const client = await openClient(harness.address)
    client.write(whole.slice(0, cut).replace('{n}', nonce))
    client.fin()
    const ended = await client.until(() => client.end !== 'open', 2_000)
    const answers = answersOf(client, ['POST'])
    t.ok(
      ended && answers.every((answer) => statusOf(answer) === 400) && (client.text === '' || refusal(client, [400], nonce) === undefined),
      `cut at ${cut}`,
    )
    t.equal(harness.stable.received.size, 0, `cut at ${cut}: nothing complete upstream`)
    client.socket.destroy()
    const begun = [...harness.stable.connections].filter(({ pending }) => pending !== '')
    t.ok(await harness.within(1_000, Promise.all(begun.map(({ closed }) => closed))), `cut at ${cut}: the upstream connection ends`)
  }
})
