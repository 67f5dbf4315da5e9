// Ordinary exchanges: connections kept and shared, bodies that flow while they come, deadlines of upstreams.
import t from 'tap'
import { answersOf, ask, openClient, responsesOf } from './client.ts'
import { fileDeadlineMs, shortTimeouts, startHarness } from './harness.ts'
import { fieldOf, statusOf } from './message.ts'
import { nextNonce, refusal } from './rows.ts'
import { type UpstreamConnection, write } from './upstream.ts'

const harness = await startHarness()
const hasty = await startHarness({ timeouts: shortTimeouts })
t.setTimeout(fileDeadlineMs)
t.teardown(() => Promise.all([harness.close(), hasty.close()]))
const host = 'Host: a\r\n'

void t.test('a hundred requests in a row, on one client connection or on many, use one upstream connection', async (t) => {
  const used = new Set<UpstreamConnection>()
  const client = await openClient(harness.address)
  for (let round = 0; round < 100; round++) {
    const nonce = nextNonce()
    client.text = ''
    client.write(`GET /${nonce} HTTP/1.1\r\n${host}\r\n`)
    if (!(await client.until(() => answersOf(client, ['GET']).length === 1, 2_000))) t.fail(`no answer in round ${round}`)
    used.add(harness.stable.received.get(nonce)![0]!.connection)
  }
  client.socket.destroy()
  for (let round = 0; round < 20; round++) {
    const nonce = nextNonce()
    await ask(harness.address, `GET /${nonce} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
    used.add(harness.stable.received.get(nonce)![0]!.connection)
  }
  t.equal(used.size, 1)
})

void t.test('a response body flows while it comes', async (t) => {
  for (const head of ['Content-Length: 10', 'Transfer-Encoding: chunked', 'X: until-close']) {
    const nonce = nextNonce()
    const piece = (text: string): string => (head.startsWith('Transfer') ? `${text.length}\r\n${text}\r\n` : text)
    let go = (): void => undefined
    harness.stable.scripts.set(nonce, {
      when: 'complete',
      run({ connection }) {
        write(connection, `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${piece('first')}`)
        go = () => {
          write(connection, piece('after') + (head.startsWith('Transfer') ? '0\r\n\r\n' : ''))
          if (head.startsWith('X')) connection.socket.end()
        }
      },
    })
    const client = await openClient(harness.address)
    client.write(`GET /${nonce} HTTP/1.1\r\n${host}\r\n`)
    t.ok(await client.until(() => client.text.includes('first'), 2_000), `${head}: the first half comes before the second is sent`)
    go()
    t.ok(await client.until(() => answersOf(client, ['GET']).length === 1, 2_000), 'then the rest')
    t.equal(answersOf(client, ['GET'])[0]?.body, 'firstafter')
    client.socket.destroy()
  }
})

void t.test('a request body flows while it comes', async (t) => {
  for (const [head, first, rest] of [
    ['Content-Length: 10', 'first', 'after'],
    ['Transfer-Encoding: chunked', '5\r\nfirst\r\n', '5\r\nafter\r\n0\r\n\r\n'],
  ] as const) {
    const nonce = nextNonce()
    const client = await openClient(harness.address)
    client.write(`POST /${nonce} HTTP/1.1\r\n${host}${head}\r\n\r\n${first}`)
    const half = (): boolean => [...harness.stable.connections].some(({ pending }) => pending.includes(nonce) && pending.includes('first'))
    for (let tries = 0; tries < 200 && !half(); tries++) await harness.pulse.read()
    t.ok(half(), `${head}: the first half is upstream before the second is sent`)
    client.write(rest)
    t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 2_000))
    t.equal(harness.stable.received.get(nonce)?.[0]?.request.body, 'firstafter')
    client.socket.destroy()
  }
})

void t.test('interim answers come as they come', async (t) => {
  const nonce = nextNonce()
  let go = (): void => undefined
  harness.stable.scripts.set(nonce, {
    when: 'complete',
    run({ connection }) {
      write(connection, 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n')
      go = () => write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    },
  })
  const client = await openClient(harness.address)
  client.write(`GET /${nonce} HTTP/1.1\r\n${host}\r\n`)
  t.ok(await client.until(() => responsesOf(client, ['GET']).responses.length === 1, 2_000), '103 before the answer')
  t.equal(fieldOf(responsesOf(client, ['GET']).responses[0]!, 'link'), '</a.css>; rel=preload')
  go()
  t.ok(await client.until(() => answersOf(client, ['GET']).length === 1, 2_000))
  client.socket.destroy()
})

void t.test('an upstream that does not answer in time is a 504', async (t) => {
  for (const said of ['', 'HTTP/1.1 200 OK\r\nContent-Le', 'HTTP/1.1 103 Early Hints\r\n\r\n']) {
    const nonce = nextNonce()
    let used: Promise<void> | undefined
    hasty.stable.scripts.set(nonce, {
      when: 'complete',
      run({ connection }) {
        used = connection.closed
        write(connection, said)
      },
    })
    const startedAt = performance.now()
    const client = await openClient(hasty.address)
    client.write(`GET /${nonce} HTTP/1.1\r\n${host}\r\n`)
    await client.until(() => client.text.includes(' 504 ') || client.end !== 'open', 4_000)
    const took = performance.now() - startedAt
    t.match(client.text, /HTTP\/1\.1 504 /, JSON.stringify(said))
    t.ok(took > 400 && took < 2_000, `after ${Math.round(took)} ms`)
    t.ok(used !== undefined && (await hasty.within(1_000, used)), 'the upstream connection ends')
    client.socket.destroy()
  }
})

void t.test('a response body that stops coming is broken off on both sides', async (t) => {
  for (const head of ['Content-Length: 10', 'Transfer-Encoding: chunked', 'X: until-close']) {
    const nonce = nextNonce()
    let used: Promise<void> | undefined
    hasty.stable.scripts.set(nonce, {
      when: 'complete',
      run({ connection }) {
        used = connection.closed
        write(connection, `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.startsWith('Transfer') ? '5\r\nfirst\r\n' : 'first'}`)
      },
    })
    const client = await openClient(hasty.address)
    client.write(`GET /${nonce} HTTP/1.1\r\n${host}\r\n`)
    t.ok(await client.until(() => client.end !== 'open', 4_000), head)
    t.same(answersOf(client, ['GET']), [], 'never complete')
    t.ok(used !== undefined && (await hasty.within(1_000, used)), 'the upstream connection ends')
    client.socket.destroy()
  }
})

void t.test('a path that no route has is a 404 of the edge, and the connection goes on', async (t) => {
  const shop = { path: '/shop', pathType: 'Prefix' as const, split: 'main' }
  const main = {
    name: 'main',
    totalWeight: 1,
    backends: [{ name: 'stable', weight: 1, endpoints: [{ host: '127.0.0.1', port: harness.stable.port }] }],
    routes: [],
    fallback: { kind: 'none' } as const,
  }
  harness.edge.apply({ routing: { routes: [shop], splits: [main] } })
  for (let tries = 0; tries < 500; tries++) {
    const response = await ask(harness.address, `GET /${nextNonce()} HTTP/1.1\r\n${host}\r\n`)
    if (response !== undefined && statusOf(response) === 404) break
  }
  const client = await openClient(harness.address)
  client.write(`GET /nowhere HTTP/1.1\r\n${host}\r\nGET /shop/${nextNonce()} HTTP/1.1\r\n${host}\r\n`)
  t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === 2, 2_000))
  t.same(answersOf(client, ['GET', 'GET']).map(statusOf), [404, 200])
  client.text = ''
  client.write(`POST /shopping HTTP/1.1\r\n${host}Content-Length: 1000000\r\n\r\nx`)
  await client.until(() => client.end !== 'open', 3_000)
  t.equal(refusal(client, [404], 'shopping'), undefined, 'with a body unread: 404, then the end')
})
