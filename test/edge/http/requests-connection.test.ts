// Fields of one hop, and what a connection does between and beside its requests: rows R66–R69, R72, R73, R79, R80.
import t from 'tap'
import { answersOf, openClient, responsesOf } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, fieldsOf, type Message, statusOf } from './message.ts'
import { inParallel, nextNonce, type Row, refusal, refuse, serve, testRows } from './rows.ts'
import { type Script, write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const get = 'GET /{n} HTTP/1.1\r\nHost: a\r\n'
const post = 'POST /{n} HTTP/1.1\r\nHost: a\r\n'

function fields(id: string, lines: string, how: Parameters<typeof serve>[0]): Row {
  return { id, name: lines.replaceAll('\r\n', ' | '), bytes: `${get}${lines}\r\n\r\n`, expect: serve(how) }
}

const noUpgrade = (forwarded: Message): string | undefined =>
  /upgrade/i.test(fieldOf(forwarded, 'connection') ?? '') ? 'Connection: upgrade was passed on' : undefined
const manyRanges = `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-`).join(',')}`

const rows: Row[] = [
  fields('R67', 'Connection: close, X-A\r\nX-A: 1\r\nX-B: 2', { keeps: false, lacks: ['X-A'], has: [['X-B', '2']] }),
  fields('R67', 'Connection: keep-alive, Foo\r\nFoo: 1', { lacks: ['Foo'] }),
  fields('R67', 'X-A: 1\r\nconnection: x-a', { lacks: ['X-A'] }),
  fields('R67', 'X-A: 1\r\nX-B: 2\r\nConnection: X-A\r\nConnection: X-B', { lacks: ['X-A', 'X-B'] }),
  fields('R67', 'Connection: , X-A ,\tX-B,,\r\nX-A: 1\r\nX-A: 2\r\nX-B: 3\r\nX-AB: 4', { lacks: ['X-A', 'X-B'], has: [['X-AB', '4']] }),
  fields('R67', 'Connection: CLOSE', { keeps: false }),
  fields('R67', 'Connection: X\r\nX: 1\r\nConnection: close', { keeps: false, lacks: ['X'] }),
  ...[
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Forwarded',
    'Cookie',
    'Authorization',
    'X-Canary',
    'host',
    'close, Host',
    'keep-alive , cookie',
    'X-A\r\nConnection: Via',
    'X-Request-ID',
  ].map(
    (tokens): Row => ({
      id: 'R68',
      name: `Connection: ${tokens.replaceAll('\r\n', ' | ')}`,
      bytes: `${post}Connection: ${tokens}\r\nContent-Length: 5\r\nCookie: a=b\r\nAuthorization: c\r\nX-Canary: always\r\n\r\nhello`,
      expect: refuse(),
    }),
  ),
  ...['foo bar', '"close"', 'a/b', 'close;x'].map(
    (tokens): Row => ({ id: 'R68', name: `Connection: ${tokens}`, bytes: `${get}Connection: ${tokens}\r\n\r\n`, expect: refuse() }),
  ),
  fields('R69', 'Proxy-Connection: keep-alive', { lacks: ['Proxy-Connection'] }),
  fields('R69', 'Proxy-Connection: close', { lacks: ['Proxy-Connection'] }),
  fields('R69', 'Keep-Alive: timeout=5, max=1000', { lacks: ['Keep-Alive'] }),
  fields('R69', 'Proxy-Authorization: Basic eA==', { lacks: ['Proxy-Authorization'] }),
  fields('R69', 'Trailer: X-A', { lacks: ['Trailer'] }),
  fields('R69', 'Upgrade: websocket\r\nSec-WebSocket-Version: 13', { lacks: ['Upgrade'], check: noUpgrade }),
  ...['trailers, gzip', 'gzip', 'trailers;q=0.5', 'trailers', 'gzip;q=1, trailers', ''].map((te) =>
    fields('R69', `Connection: TE\r\nTE: ${te}`, {
      check: (forwarded) => (['trailers', undefined].includes(fieldOf(forwarded, 'te')) ? undefined : `forwarded TE: ${fieldOf(forwarded, 'te')}`),
    }),
  ),
  fields('R80', `Range: ${manyRanges}`, { has: [['Range', manyRanges]] }),
  ...['bytes=', 'bytes=a-b', 'bytes=5-1', 'lines=1-2', ',', 'bytes=0-0,-1'].map((range) =>
    fields('R80', `Range: ${range}`, { has: [['Range', range]] }),
  ),
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, rows)

/** Runs one scenario with the bytes whole, then split at every offset. */
async function wholeAndSplit(
  bytes: string,
  scenario: (send: (client: Awaited<ReturnType<typeof openClient>>) => Promise<void>) => Promise<string | undefined>,
): Promise<string[]> {
  const problems: string[] = []
  const splits: (number | undefined)[] = [undefined, ...Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)]
  await inParallel(splits, 48, async (split) => {
    const problem = await scenario(async (client) => {
      if (split === undefined) return client.write(bytes)
      await harness.pulse.accepted()
      client.write(bytes.slice(0, split))
      await harness.pulse.read()
      client.write(bytes.slice(split))
    })
    if (problem !== undefined) problems.push(`${split === undefined ? 'whole' : `split at ${split}`}: ${problem}`)
  })
  return problems.slice(0, 5)
}

const slowly: Script = async ({ request, connection }) => {
  await harness.pulse.read()
  write(connection, `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Target: ${request.startLine.split(' ')[1]}\r\n\r\nok`)
}

void t.test('R72 three at once are answered in order, the first slowly', async (t) => {
  const bytes = ['/n9000001', '/n9000002', '/x/n9000003'].map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
  harness.stable.scripts.set('n9000001', { when: 'complete', run: slowly })
  const problems = await wholeAndSplit(bytes, async (send) => {
    const client = await openClient(harness.address)
    await send(client)
    await client.until(() => answersOf(client, ['GET', 'GET', 'GET']).length === 3 || client.end !== 'open', 4_000)
    const targets = answersOf(client, ['GET', 'GET', 'GET']).map((response) => fieldOf(response, 'x-target'))
    client.socket.destroy()
    return targets.join(' ') === '/n9000001 /n9000002 /x/n9000003' ? undefined : `answers to ${targets.join(' ')}`
  })
  t.same(problems, [])
})

void t.test('R72 ten thousand at once are answered in order', async (t) => {
  const client = await openClient(harness.address)
  const count = 10_000
  const answered: string[] = []
  client.write(Array.from({ length: count }, (_, index) => `GET /p${index} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  const all = await client.until(() => {
    const { responses, rest, problem } = responsesOf(client, new Array<string>(count).fill('GET'))
    if (problem !== undefined) return true
    const whole = responses.filter((response) => response.complete)
    answered.push(...whole.map((response) => fieldOf(response, 'x-target') ?? response.startLine))
    client.text = whole.length === responses.length ? rest : client.text.slice(whole.at(-1)?.end ?? 0)
    return answered.length >= count || client.end !== 'open'
  }, 20_000)
  t.ok(all)
  t.equal(answered.length, count)
  t.equal(
    answered.findIndex((target, index) => target !== `/p${index}`),
    -1,
    'in order',
  )
  client.socket.destroy()
})

void t.test('R72 behind an invalid request nothing is served, before it everything', async (t) => {
  for (const invalid of [
    'GET /n9100002 HTTP/1.1\r\nHost : a\r\n\r\n',
    'GET /n9100002 HTTP/1.1\r\n\r\n',
    'BAD\r\n\r\n',
    'POST /n9100002 HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
  ]) {
    harness.forget()
    harness.stable.scripts.set('n9100001', { when: 'complete', run: slowly })
    const bytes = `GET /n9100001 HTTP/1.1\r\nHost: a\r\n\r\n${invalid}GET /n9100003 HTTP/1.1\r\nHost: a\r\n\r\n`
    const problems = await wholeAndSplit(bytes, async (send) => {
      const client = await openClient(harness.address)
      await send(client)
      await client.until(() => client.end !== 'open', 4_000)
      const [first] = answersOf(client, ['GET', 'GET', 'GET'])
      client.socket.destroy()
      if (first === undefined || statusOf(first) !== 200) return `the first got ${JSON.stringify(client.text.slice(0, 100))}`
      client.text = client.text.slice(first.end)
      return refusal(client, [400], 'n9100002')
    })
    t.same(problems, [], JSON.stringify(invalid))
    t.notOk(harness.stable.received.has('n9100002') || harness.stable.received.has('n9100003'), 'only the first went upstream')
  }
})

void t.test('R73 bytes behind a request with Connection: close change nothing', async (t) => {
  for (const rest of ['garbage\r\n\r\n', '\x00\xff', 'GET /n9200002 HTTP/1.1\r\nHost: a\r\n\r\n', '\r\n']) {
    harness.forget()
    const problems = await wholeAndSplit(`GET /n9200001 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${rest}`, async (send) => {
      const client = await openClient(harness.address)
      await send(client)
      await client.until(() => client.end !== 'open', 4_000)
      const { responses, rest: left, problem } = responsesOf(client, ['GET'])
      client.socket.destroy()
      if (problem !== undefined || responses.length !== 1 || left !== '') return `got ${JSON.stringify(client.text.slice(0, 300))} (${client.end})`
      const [response] = responses
      if (statusOf(response!) !== 200 || response!.body !== 'stable') return `got ${response!.startLine}`
      return fieldsOf(response!, 'connection').join().toLowerCase() === 'close' && client.end !== 'open' ? undefined : 'did not close'
    })
    t.same(problems, [], JSON.stringify(rest))
    t.notOk(harness.stable.received.has('n9200002'), 'the second never went upstream')
  }
})

void t.test('R79 a client that leaves takes its upstream request with it', async (t) => {
  const begun = (nonce: string) => [...harness.stable.connections].filter(({ pending }) => pending.includes(nonce))
  for (const leave of ['fin', 'reset'] as const) {
    const nonce = nextNonce()
    const client = await openClient(harness.address)
    client.write(`${post.replace('{n}', nonce)}Content-Length: 5\r\n\r\nhe`)
    await harness.pulse.read()
    await harness.pulse.read()
    const connections = begun(nonce)
    client[leave]()
    t.ok(await client.until(() => client.end !== 'open', 2_000), `${leave} in a body: the connection ends`)
    t.equal(client.text, '', 'half a message gets no answer')
    t.ok(await harness.within(1_000, Promise.all(connections.map(({ closed }) => closed))), 'upstream aborted within a second')
    t.notOk(harness.stable.received.has(nonce))
  }
  const inHead = await openClient(harness.address)
  inHead.write('GET / HTTP/1.1\r\nHo')
  await harness.pulse.read()
  inHead.reset()
  const nonce = nextNonce()
  let streaming: Promise<void> | undefined
  harness.stable.scripts.set(nonce, {
    when: 'complete',
    run: ({ connection }) => {
      streaming = connection.closed
      write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome')
    },
  })
  const reader = await openClient(harness.address)
  reader.write(`${get.replace('{n}', nonce)}\r\n`)
  t.ok(await reader.until(() => reader.text.endsWith('some'), 2_000))
  reader.reset()
  t.ok(streaming !== undefined && (await harness.within(1_000, streaming)), 'reset while the answer streams: upstream aborted within a second')
})
