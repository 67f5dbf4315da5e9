// Upstreams that speak garbage, and answers that must never reach the wrong request (promise E18).
import t from 'tap'
import { figure } from '../promises/full.ts'
import { answersOf, ask, openClient, responsesOf } from './client.ts'
import { backend, fileDeadlineMs, startHarness } from './harness.ts'
import { runLoad } from './load.ts'
import { statusOf } from './message.ts'
import { inParallel, nextNonce } from './rows.ts'
import { startUpstream, type UpstreamConnection, write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))
t.teardown(() => harness.close())
t.comment(`seed ${harness.seed}`)
const { random } = harness

const seedAnswers = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
]
const corpus = [
  '\0',
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  'HTTP',
  'HTTP/1.1',
  'HTTP/1.1 \r\n\r\n',
  'HTTP/1.1 200\r\n\r\n',
  '{"error":"no"}',
  '<!doctype html>\r\n\r\n',
  '\x15\x03\x01\0\x02\x02\x46',
  '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '+OK\r\n',
  '-ERR unknown command\r\n',
  '\xff\xfe',
  'HTTP/1.1 200 OK\r\n\0: \0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\r\n\r\n',
  `HTTP/1.1 200 ${'x'.repeat(20_000)}\r\n\r\n`,
  `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)}`,
]

/** A seed answer with one to four bytes changed, removed, doubled or inserted. */
function mutated(): string {
  let text = seedAnswers[random(seedAnswers.length)]!
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(text.length)
    const byte = String.fromCharCode([random(256), 10, 13, 32, 58, 0, 48][random(7)]!)
    text = text.slice(0, at) + ['', byte, byte + text[at], `${text[at]}${text[at]}`][random(4)] + text.slice(at + 1)
  }
  return text
}

void t.test('E18 garbage ends in a readable answer, or in the end of the connection', async (t) => {
  const problems: string[] = []
  const garbage = [...corpus, ...Array.from({ length: 2_000 }, mutated)]
  await inParallel(garbage, 32, async (text) => {
    const nonce = nextNonce()
    const after = random(3)
    harness.stable.scripts.set(nonce, { when: 'complete', run: ({ connection }) => sayGarbage(connection, text, after) })
    const client = await openClient(harness.address)
    client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await client.until(() => client.end !== 'open' || answersOf(client, ['GET']).length > 0, 3_000)
    const { problem, rest, responses } = responsesOf(client, ['GET'])
    const unread = client.end === 'open' && !responses.some((response) => statusOf(response) >= 200)
    if (problem !== undefined || rest !== '' || unread)
      problems.push(`${JSON.stringify(text.slice(0, 200))}: ${problem ?? (unread ? 'no answer' : `${rest.length} bytes more`)}`)
    harness.stable.scripts.delete(nonce)
    client.socket.destroy()
  })
  t.same(problems.slice(0, 5), [])
})

function sayGarbage(connection: UpstreamConnection, text: string, after: number): void {
  write(connection, text)
  if (after === 0) connection.socket.end()
  else if (after === 1) connection.socket.destroySoon()
}

const exchanges = figure(1_000_000, 20_000)
void t.test(`E18 no answer reaches another request in ${exchanges} over shared connections`, async (t) => {
  const upstream = await startUpstream('unruly', { script: ({ request, connection }) => unruly(connection, request.startLine.split(' ')[1] ?? '') })
  harness.edge.apply({
    routing: {
      routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
      splits: [{ name: 'main', totalWeight: 1, backends: [backend('unruly', 1, upstream)], routes: [], fallback: { kind: 'none' } }],
    },
  })
  while ((await ask(harness.address, `GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`))?.body !== 'good') await harness.pulse.read()
  let mixed = 0
  let good = 0
  const failed = await runLoad({
    address: harness.address,
    connections: 64,
    requests: exchanges,
    deadlineMs: 10_000,
    request: (index) => `GET /m${index} HTTP/1.1\r\nHost: a\r\n\r\n`,
    onAnswer(index, { status, head, body }) {
      if (status === 200) good++
      if (status === 200 && !head.includes(`X-Target: /m${index}\r\n`) && !head.endsWith(`X-Target: /m${index}`)) mixed++
      if (body.includes('evil')) mixed++
    },
    mayBreak: () => true,
  })
  t.same(failed, [])
  t.equal(mixed, 0, 'mix-ups')
  t.ok(good > exchanges * 0.9, `${good} answered 200`)
  t.same(upstream.malformed, [])
  upstream.received.clear()
  await upstream.close()
})

const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Target: evil\r\n\r\nevil'
/** Answers rightly most of the time; else says too much, too late, or too little. */
function unruly(connection: UpstreamConnection, target: string): void {
  const right = `HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Target: ${target}\r\n\r\ngood`
  switch (random(100)) {
    case 0:
      return write(connection, right + evil)
    case 1:
      // The first byte too many comes with the answer: bytes that come after the next request was sent are beyond anyone's judgement.
      write(connection, right + evil.slice(0, 1))
      setImmediate(() => connection.socket.writable && write(connection, evil.slice(1)))
      return
    case 2:
      connection.socket.end(right, 'latin1')
      return
    case 3:
      write(connection, right.slice(0, 40))
      setImmediate(() => connection.socket.writable && write(connection, right.slice(40)))
      return
    case 4:
      return write(connection, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Target: ${target}\r\n\r\n4\r\ngood\r\n0\r\n\r\n`)
    case 5:
      connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort')
      return
    case 6:
      connection.socket.destroy()
      return
    default:
      return write(connection, right)
  }
}
