// Three edges behind a layer-4 balancer, restarted one after the other: clients notice nothing, and whoever stays for long is bounded.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { answersOf, type Client, openClient } from '../http/client.ts'
import { type EdgeProcess, startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { type Received, startUpstream, write } from '../http/upstream.ts'
import { startBalancer, type Target } from './balancer.ts'
import { figure } from './full.ts'
import { runOpenLoop } from './openLoop.ts'

const edges = 3
const rounds = figure(20, 2)
const perSecond = figure(750, 400)
/** Longer than the balancer takes to notice. */
const drainDelayMs = 400
const drainMs = 2_000
/** Whoever asks again within this time of the drain gets an answer, and learns from it. */
const askAgainMs = 1_000
t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))

const upstream = await startUpstream('here')
const configuration = `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
limits: {upstreamConnections: 10000}
timeouts: {drainDelay: ${drainDelayMs}ms, drain: ${drainMs}ms}
routes: [{path: /, split: main}]
splits: {main: {backends: {here: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`
type Running = { readonly process: EdgeProcess; readonly target: Target }

async function startOne(): Promise<Running> {
  const process = await startEdgeProcess(configuration, 2)
  return { process, target: { address: process.addresses[0]!, admin: process.admin } }
}

t.test(`E12 rolling restart: ${rounds} rounds over ${edges} edges behind a balancer cost no request`, async (t) => {
  const balancer = await startBalancer()
  const running: Running[] = []
  while (running.length < edges) running.push(await startOne())
  await Promise.all(running.map(({ target }) => balancer.add(target)))
  const wrong: string[] = []
  const stop = new AbortController()
  const load = runOpenLoop({
    address: balancer.address,
    perSecond,
    stop: stop.signal,
    deadlineMs: 10_000,
    request(index) {
      if (index % 10_000 === 0) upstream.forget()
      const fields = `Host: a\r\n${index % 8 === 0 ? 'Connection: close\r\n' : ''}`
      return index % 3 === 0 ? `POST /${index} HTTP/1.1\r\n${fields}Content-Length: 4\r\n\r\nbody` : `GET /${index} HTTP/1.1\r\n${fields}\r\n`
    },
    onAnswer(index, { status, body }) {
      if (status !== 200 || body !== 'here') wrong.push(`${status} ${body} to request ${index}`)
    },
  })
  const codes: (number | null)[] = []
  for (let round = 0; round < rounds; round++)
    for (const [index, { process, target }] of running.entries()) {
      await delay(200)
      process.signal('SIGTERM')
      await balancer.untilUnready(target)
      codes.push(await process.ended)
      balancer.remove(target)
      const next = await startOne()
      await balancer.add(next.target)
      running[index] = next
      await process.close()
    }
  stop.abort()
  const { sent, failed, mostInFlight } = await load
  t.same([...failed, ...wrong].slice(0, 5), [], `0 of ${sent} failed`)
  t.same([...new Set(codes)], [0], `${codes.length} restarts, each with exit code 0`)
  t.comment(`${sent} requests, at most ${mostInFlight} at a time`)
  await balancer.close()
  await Promise.all(running.map(({ process }) => process.close()))
})

async function opened(edge: EdgeProcess, request: string, shows: string): Promise<Client> {
  const client = await openClient(edge.addresses[0]!)
  client.write(request)
  if (!(await client.until(() => client.text.includes(shows), 5_000))) throw new Error(`no ${shows} in ${client.text}`)
  return client
}

t.test('E12 rolling restart: streams and tunnels that fit in the drain time end well, longer ones are broken off at its end', async (t) => {
  const { process: edge } = await startOne()
  t.teardown(() => edge.close())
  const release = Promise.withResolvers<void>()
  for (const [nonce, text] of [
    ['n0000001', 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf'],
    ['n0000002', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlong\r\n'],
    ['n0000003', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello'],
  ] as const) {
    const run = async ({ connection }: Received): Promise<void> => {
      connection.holdsOpen = true
      write(connection, text)
      if (nonce !== 'n0000001') return
      await release.promise
      write(connection, 'rest')
    }
    upstream.scripts.set(nonce, { when: 'complete', run })
  }
  const short = await opened(edge, 'GET /n0000001 HTTP/1.1\r\nHost: a\r\n\r\n', 'half')
  const long = await opened(edge, 'GET /n0000002 HTTP/1.1\r\nHost: a\r\n\r\n', 'long')
  const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const tunnel = await opened(edge, `GET /n0000003 HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`, 'hello')
  const idle = await opened(edge, 'GET /idle HTTP/1.1\r\nHost: a\r\n\r\n', 'here')

  const startedAt = performance.now()
  edge.signal('SIGTERM')
  await idle.until(() => idle.end !== 'open', drainDelayMs + drainMs)
  t.equal(idle.end, 'fin', 'a kept connection is ended')
  t.ok(performance.now() - startedAt >= drainDelayMs + askAgainMs - 50, 'not before its client had time to ask again, and be told')
  t.equal(short.end, 'open', 'while a response is under way')
  release.resolve()
  await short.until(() => short.end !== 'open', drainMs)
  t.equal(answersOf(short, ['GET'])[0]?.body, 'halfrest', 'which comes whole')
  t.equal(await edge.ended, 0)
  const tookMs = performance.now() - startedAt
  t.ok(tookMs >= drainDelayMs + drainMs - 100 && tookMs < drainDelayMs + drainMs + 2_000, `gone after ${Math.round(tookMs)} ms`)
  await long.until(() => long.end !== 'open', 2_000)
  t.equal(long.end, 'reset', 'a stream that goes on is broken off, visibly')
  await tunnel.until(() => tunnel.end !== 'open', 2_000)
  t.not(tunnel.end, 'open', 'and so is a tunnel')
})

t.teardown(() => upstream.close())
