// Clients that are slow on purpose, in the four ways of slowhttptest, all at once: everybody else is served, and none of them stays.
import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { lacks } from '../../needs.ts'
import { type Client, openClient } from '../http/client.ts'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { startUpstream, write } from '../http/upstream.ts'
import { figure } from './full.ts'
import { runOpenLoop } from './openLoop.ts'

const connections = figure(2_000, 100)
const seconds = figure(60, 6)
/** Of each kind: a flood of new connections is another matter. */
const perSecond = figure(200, 50)
const probesPerSecond = 40
const headMs = 2_000
const graceMs = 2_000
/** A probe that takes longer was not served, for whoever waits for it. */
const probeMs = 10_000
const big = 'x'.repeat(262_144)
t.setTimeout(fileDeadlineMs)

const modes = [
  { name: 'slow heads', flags: ['-H', '-i', '1', '-x', '8'], path: '/' },
  { name: 'slow bodies', flags: ['-B', '-i', '1', '-s', '8192', '-x', '8'], path: '/' },
  { name: 'overlapping ranges', flags: ['-R', '-a', '1', '-b', '500'], path: '/' },
  { name: 'slow reads', flags: ['-X', '-n', '1', '-w', '64', '-y', '512', '-z', '32', '-k', '3'], path: '/big' },
]

/** Resolves to what the program said of itself. */
function attack(url: string, flags: readonly string[]): Promise<string> {
  const common = ['-c', String(connections), '-r', String(Math.min(connections, perSecond)), '-l', String(seconds), '-p', '5', '-v', '1', '-u', url]
  const child = spawn('slowhttptest', [...flags, ...common], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const late = setTimeout(() => child.kill('SIGKILL'), (seconds + 30) * 1_000)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(late)
      resolve(said)
    })
  })
}

/** A head that comes byte by byte; how long it was let. */
async function dribble(client: Client, until: number): Promise<number> {
  const startedAt = performance.now()
  client.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  while (client.end === 'open' && performance.now() < until) {
    client.write('x')
    await client.until(() => client.end !== 'open', 300)
  }
  return performance.now() - startedAt
}

t.test('E13 slow clients', { skip: lacks('slowhttptest') }, async (t) => {
  const upstream = await startUpstream('here', {
    script({ request, connection }) {
      const body = request.startLine.includes(' /big ') ? big : 'here'
      write(connection, `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      upstream.forget()
    },
  })
  const edge = await startEdgeProcess(`listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
limits: {upstreamConnections: 10000}
timeouts: {requestHead: ${headMs}ms, bodyIdle: 2s, keepAlive: 3s, drain: 500ms}
routes: [{path: /, split: main}]
splits: {main: {backends: {here: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`)
  t.teardown(async () => {
    await edge.close()
    await upstream.close()
  })
  const address = edge.addresses[0]!

  async function probe(during: () => Promise<unknown>): Promise<{ p99Ms: number; sent: number; failed: readonly string[] }> {
    const stop = new AbortController()
    const startedAt = new Map<number, number>()
    const took: number[] = []
    const wrong: string[] = []
    const load = runOpenLoop({
      address,
      perSecond: probesPerSecond,
      stop: stop.signal,
      deadlineMs: probeMs,
      request(index) {
        startedAt.set(index, performance.now())
        return `GET / HTTP/1.1\r\nHost: a\r\n${index % 2 === 0 ? 'Connection: close\r\n' : ''}\r\n`
      },
      onAnswer(index, { status }) {
        took.push(performance.now() - startedAt.get(index)!)
        if (status !== 200) wrong.push(`${status} to probe ${index}`)
      },
    })
    await during()
    stop.abort()
    const { sent, failed } = await load
    took.sort((a, b) => a - b)
    return { p99Ms: took[Math.floor(took.length * 0.99)] ?? Number.POSITIVE_INFINITY, sent, failed: [...failed, ...wrong] }
  }

  const before = await probe(() => delay(1_000))
  const letMs: number[] = []
  const said: string[] = []
  const under = await probe(async () => {
    const attacks = modes.map(async ({ flags, path }) => said.push(await attack(`http://${address.host}:${address.port}${path}`, flags)))
    const clients = await Promise.all(Array.from({ length: 20 }, () => openClient(address)))
    letMs.push(...(await Promise.all(clients.map((client) => dribble(client, performance.now() + 3 * headMs)))))
    await Promise.all(attacks)
  })
  t.equal(said.length, modes.length)
  for (const text of said) t.match(text, /Exit status/i)
  t.same(under.failed.slice(0, 5), [], `${under.sent} probes among ${modes.length} × ${connections} slow connections were answered`)
  t.ok(Math.max(...letMs) <= headMs + graceMs, `a head was let ${Math.round(Math.max(...letMs))} ms at most`)
  t.comment(`p99 of probes ${before.p99Ms.toFixed(1)} ms before, ${under.p99Ms.toFixed(1)} ms among them`)

  const open = async (): Promise<number> => {
    const page = await (await fetch(`http://${edge.admin.host}:${edge.admin.port}/metrics`)).text()
    return Number(/^spillway_edge_connections_open(?:\{[^}]*\})? (\d+)/m.exec(page)?.[1])
  }
  let left = await open()
  for (const until = performance.now() + 10_000; left > 0 && performance.now() < until; left = await open()) await delay(200)
  t.equal(left, 0, 'none of them is left')
})
