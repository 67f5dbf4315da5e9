// `timeouts.total`: from the end of a request's head to the last byte of its answer, whatever goes on meanwhile.
import t from 'tap'
import { answersOf, type Client } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { nextNonce } from '../http/rows.ts'
import { type Script, type UpstreamConnection, write } from '../http/upstream.ts'
import { startTwoSplits, timed } from './twoSplits.ts'

t.setTimeout(fileDeadlineMs)
const totalMs = 600
/** The sweep looks every 25 ms here; the rest is for a busy machine. */
const lateMs = 700
const patience = { responseHeadMs: 8_000, bodyIdleMs: 8_000, tunnelIdleMs: 8_000, connectMs: 2_000, queueMs: 8_000 }
const setup = await startTwoSplits({
  one: { ...patience, totalMs, upstreamConnections: 8 },
  two: { ...patience },
})
t.teardown(() => setup.close())
const { script, open } = setup

const get = (nonce: string, host = 'one', fields = ''): string => `GET /${nonce} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`
const answered = (client: Client, method = 'GET', count = 1): Promise<boolean> =>
  client.until(
    () =>
      client.end !== 'open' ||
      answersOf(
        client,
        Array.from({ length: count }, () => method),
      ).length === count,
    6_000,
  )
const gone = (client: Client): Promise<boolean> => client.until(() => client.end !== 'open', 6_000)
const inTime = (t: { ok(value: boolean, message: string): unknown }, tookMs: number, what: string): void =>
  void t.ok(tookMs > totalMs - 30 && tookMs < totalMs + lateMs, `${what} after ${Math.round(tookMs)} ms`)
const limited = (): Promise<number> => setup.metric('spillway_edge_limited_total', 'limit="total_time"')
const failures = (): Promise<number> => setup.metric('spillway_edge_upstream_failures_total', 'split="one".*,kind="timeout"')

/** Says more of it every 50 ms, as long as somebody listens. */
function drip({ socket }: UpstreamConnection, text: string): void {
  const timer = setInterval(() => socket.write(text, 'latin1'), 50)
  socket.once('close', () => clearInterval(timer))
}

const unanswered: readonly (readonly [name: string, run: Script])[] = [
  ['no answer', () => undefined],
  ['half a head', ({ connection }) => write(connection, 'HTTP/1.1 200 OK\r\nContent-Le')],
  ['one interim answer', ({ connection }) => write(connection, 'HTTP/1.1 103 Early Hints\r\n\r\n')],
]
for (const [name, run] of unanswered)
  t.test(`${name}: 504, and the connection goes on`, async (t) => {
    const [limitedBefore, failuresBefore] = [await limited(), await failures()]
    const client = await open()
    inTime(t, await timed(client, get(script(run)), answered), '504')
    t.equal(statusOf(answersOf(client, ['GET'])[0]!), 504)
    client.write(get(nextNonce()))
    t.ok(await answered(client, 'GET', 2))
    t.equal(statusOf(answersOf(client, ['GET', 'GET'])[1]!), 200, 'the next request has a time of its own')
    t.equal((await limited()) - limitedBefore, 1)
    t.equal((await failures()) - failuresBefore, 1)
    client.socket.destroy()
  })

const begun: readonly (readonly [name: string, head: string, piece: string])[] = [
  ['with a length', 'Content-Length: 100000\r\n', 'x'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n', '1\r\nx\r\n'],
  ['until the end of the connection', '', 'x'],
]
for (const [name, head, piece] of begun)
  t.test(`an answer ${name} that goes on and on is broken off`, async (t) => {
    const before = await limited()
    const client = await open()
    const nonce = script(({ connection }) => {
      write(connection, `HTTP/1.1 200 OK\r\n${head}\r\n`)
      drip(connection, piece)
    })
    inTime(t, await timed(client, get(nonce), gone), 'the end')
    t.equal(client.end, 'reset', 'nobody takes it for whole')
    t.match(client.text, /^HTTP\/1\.1 200 /)
    t.equal(await limited(), before + 1)
  })

t.test('a client that does not read is cut off too', async (t) => {
  const client = await open()
  const piece = 'x'.repeat(65_536)
  const closed = Promise.withResolvers<void>()
  const nonce = script(({ connection: { socket } }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n')
    for (let i = 0; i < 400; i++) socket.write(piece)
    socket.once('close', () => closed.resolve())
  })
  client.socket.pause()
  inTime(t, await timed(client, get(nonce), () => closed.promise), 'the end')
  client.socket.destroy()
})

t.test('a request that drips in: 504, then the end', async (t) => {
  const client = await open()
  const nonce = script(() => undefined)
  const timer = setInterval(() => client.write('1\r\nx\r\n'), 50)
  const post = `POST /${nonce} HTTP/1.1\r\nHost: one\r\nTransfer-Encoding: chunked\r\n\r\n`
  inTime(t, await timed(client, post, (client) => answered(client, 'POST')), '504')
  clearInterval(timer)
  t.equal(statusOf(answersOf(client, ['POST'])[0]!), 504)
  t.ok(await gone(client))
})

t.test('a tunnel, however busy, is broken off on both sides', async (t) => {
  const before = await limited()
  const client = await open()
  const closed = Promise.withResolvers<void>()
  const nonce = script(({ connection }) => {
    write(connection, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    drip(connection, 'from the service ')
    connection.socket.once('close', () => closed.resolve())
  }, 'complete')
  inTime(t, await timed(client, get(nonce, 'one', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), gone), 'the end')
  t.equal(client.end, 'reset')
  t.match(client.text, /from the service/)
  await closed.promise
  t.equal(await setup.metric('spillway_edge_tunnels_open', 'split="one".*'), 0)
  t.equal(await limited(), before + 1)
})

t.test('the wait for a connection is part of it', async (t) => {
  const clients = await Promise.all(Array.from({ length: 9 }, open))
  const took = await Promise.all(clients.map((client) => timed(client, get(script(() => undefined)), answered)))
  for (const [i, client] of clients.entries()) {
    inTime(t, took[i]!, `${i + 1} of 9 with 8 connections`)
    t.equal(statusOf(answersOf(client, ['GET'])[0]!), 504)
    client.socket.destroy()
  }
  t.equal(await setup.metric('spillway_edge_requests_in_flight', 'split="one".*'), 0)
})

t.test('a second try is part of it', async (t) => {
  const client = await open()
  let tries = 0
  const nonce = script(({ connection: { socket } }) => {
    if (tries++ === 0) setTimeout(() => socket.resetAndDestroy(), 300)
  })
  inTime(t, await timed(client, get(nonce), answered), '504')
  t.equal(tries, 2)
  client.socket.destroy()
})

t.test('another split has its own time, here none', async (t) => {
  const client = await open()
  const nonce = script(({ connection }) => {
    setTimeout(() => write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'), totalMs)
    setTimeout(() => write(connection, 'ok'), 2 * totalMs)
  })
  client.write(get(nonce, 'two'))
  t.ok(await answered(client))
  t.equal(answersOf(client, ['GET'])[0]!.body, 'ok')
  client.socket.destroy()
})
