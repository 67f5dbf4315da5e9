// Settings that differ from split to split: each request goes by those of its own.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { until } from '../admin/stubEdge.ts'
import { answersOf, type Client } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { nextNonce } from '../http/rows.ts'
import { type UpstreamConnection, write } from '../http/upstream.ts'
import { startTwoSplits, timed } from './twoSplits.ts'

t.setTimeout(fileDeadlineMs)
const shortMs = 300
const longMs = 1_000
/** The sweep looks every 30 ms here; the rest is for a busy machine. */
const lateMs = 600
const hosts = [
  ['one', shortMs],
  ['two', longMs],
] as const

const get = (host: string, nonce: string, fields = ''): string => `GET /${nonce} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`
const post = (host: string, nonce: string, framing: string): string => `POST /${nonce} HTTP/1.1\r\nHost: ${host}\r\n${framing}\r\n\r\n`
const answered = (client: Client): Promise<boolean> =>
  client.until(() => client.end !== 'open' || answersOf(client, ['GET', 'GET']).length > 0, 6_000)
const gone = (client: Client): Promise<boolean> => client.until(() => client.end !== 'open', 6_000)
const status = (client: Client, method = 'GET'): number => statusOf(answersOf(client, [method])[0]!)
const after = (t: { ok(value: boolean, message: string): unknown }, tookMs: number, ms: number, what: string): void =>
  void t.ok(tookMs > ms - 30 && tookMs < ms + lateMs, `${what} after ${Math.round(tookMs)} of ${ms} ms`)

t.test('responseHead', async (t) => {
  const setup = await startTwoSplits({ one: { responseHeadMs: shortMs }, two: { responseHeadMs: longMs } })
  t.teardown(() => setup.close())
  await Promise.all(
    hosts.map(async ([host, ms]) => {
      const client = await setup.open()
      after(
        t,
        await timed(
          client,
          get(
            host,
            setup.script(() => undefined),
          ),
          answered,
        ),
        ms,
        `504 by ${host}`,
      )
      t.equal(status(client), 504)
      client.socket.destroy()
    }),
  )
})

t.test('bodyIdle, of requests and of answers', async (t) => {
  const setup = await startTwoSplits({ one: { bodyIdleMs: shortMs }, two: { bodyIdleMs: longMs } })
  t.teardown(() => setup.close())
  await Promise.all(
    hosts.flatMap(([host, ms]) => [
      (async () => {
        const client = await setup.open()
        after(t, await timed(client, post(host, nextNonce(), 'Content-Length: 10'), gone), ms, `408 by ${host}`)
        t.equal(status(client, 'POST'), 408)
      })(),
      (async () => {
        const client = await setup.open()
        const nonce = setup.script(({ connection }) => write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx'))
        after(t, await timed(client, get(host, nonce), gone), ms, `a broken-off answer by ${host}`)
        t.equal(client.end, 'reset')
      })(),
    ]),
  )
})

t.test('tunnelIdle', async (t) => {
  const setup = await startTwoSplits({ one: { tunnelIdleMs: shortMs }, two: { tunnelIdleMs: longMs } })
  t.teardown(() => setup.close())
  await Promise.all(
    hosts.map(async ([host, ms]) => {
      const client = await setup.open()
      const nonce = setup.script(({ connection }) => {
        write(connection, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      }, 'complete')
      after(t, await timed(client, get(host, nonce, 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), gone), ms, `the end by ${host}`)
      t.match(client.text, /^HTTP\/1\.1 101 /)
    }),
  )
})

t.test('upstreamIdle, also of a connection that another split has made', async (t) => {
  const setup = await startTwoSplits({ one: { upstreamIdleMs: shortMs }, two: { upstreamIdleMs: longMs } })
  t.teardown(() => setup.close())
  const only = (): UpstreamConnection => [...setup.upstream.connections][0]!
  const idleAfter = async (...requested: readonly string[]): Promise<number> => {
    const client = await setup.open()
    for (const [i, host] of requested.entries()) {
      client.write(get(host, nextNonce()))
      t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === i + 1, 4_000))
    }
    t.equal(setup.upstream.connections.size, 1)
    const { closed } = only()
    const startedMs = performance.now()
    await closed
    client.socket.destroy()
    await until(() => setup.upstream.connections.size === 0, 'the end of the connection')
    return performance.now() - startedMs
  }
  after(t, await idleAfter('one'), shortMs, 'one')
  after(t, await idleAfter('two'), longMs, 'two')
  after(t, await idleAfter('two', 'one'), shortMs, 'made for two, used by one')
})

t.test('bodyBytes, of what comes with the head and of what comes later, announced or in chunks', async (t) => {
  const setup = await startTwoSplits({ one: { bodyBytes: 10 }, two: { bodyBytes: 20 } })
  t.teardown(() => setup.close())
  const chunks = (text: string, size: number): string =>
    `${(text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`
  const bodies = [10, 11, 20, 21].map((length) => 'x'.repeat(length))
  const limits = [
    ['one', 10],
    ['two', 20],
  ] as const
  const cases = limits.flatMap(([host, limit]) =>
    bodies.flatMap((body) =>
      (['announced', 'chunked', 'a chunk each'] as const).flatMap((form) => [true, false].map((together) => ({ host, limit, body, form, together }))),
    ),
  )
  const run = async ({ host, limit, body, form, together }: (typeof cases)[number]): Promise<void> => {
    const framing = form === 'announced' ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked'
    const content = form === 'announced' ? body : chunks(body, form === 'chunked' ? 100 : 1)
    const nonce = nextNonce()
    const client = await setup.open()
    client.write(post(host, nonce, framing) + (together ? content : ''))
    if (!together) {
      // An announced body beyond the limit is refused before it comes.
      const refused = form === 'announced' && body.length > limit
      await until(() => refused || [...setup.upstream.connections].some(({ pending }) => pending.includes(nonce)), 'the head')
      client.write(content)
    }
    t.ok(await client.until(() => answersOf(client, ['POST']).length > 0, 4_000))
    const what = `${host}: ${body.length} bytes, ${form}, ${together ? 'with' : 'behind'} the head`
    t.equal(status(client, 'POST'), body.length > limit ? 413 : 200, what)
    t.equal(setup.upstream.received.has(nonce), body.length <= limit, `${what}: a whole request reaches the service only within the limit`)
    client.socket.destroy()
  }
  await Promise.all(cases.map(run))
  t.equal(await setup.metric('spillway_edge_limited_total', 'limit="body_bytes"'), (3 + 1) * 3 * 2)
})

/** A port where nobody accepts: its listener's thread stands still, and its queue is full. */
async function deafPort(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`,
    { eval: true },
  )
  const [port] = (await once(worker, 'message')) as [number]
  const fillers: Socket[] = []
  for (let full = false; !full; ) {
    const socket = connect(port, '127.0.0.1')
    fillers.push(socket)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const late = setTimeout(() => resolve(true), 200)
    socket.once('connect', () => resolve(false))
    socket.on('error', () => resolve(true))
    full = await promise
    clearTimeout(late)
  }
  return {
    port,
    async close() {
      for (const socket of fillers) socket.destroy()
      await worker.terminate()
    },
  }
}

t.test('connect', async (t) => {
  const deaf = await deafPort()
  const setup = await startTwoSplits({ one: { connectMs: shortMs }, two: { connectMs: longMs } }, { endpoints: [deaf] })
  t.teardown(async () => {
    await setup.close()
    await deaf.close()
  })
  await Promise.all(
    hosts.map(async ([host, ms]) => {
      const client = await setup.open()
      after(t, await timed(client, get(host, nextNonce()), answered), ms, `504 by ${host}`)
      t.equal(status(client), 504)
      client.socket.destroy()
    }),
  )
})
