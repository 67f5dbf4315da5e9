// Kept connections that one side gives up just when the other takes them: nobody hears of it.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { answersOf, type Client, openClient } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs, randomFrom } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { metric } from '../pressure/scrape.ts'
import { type Seen, startChurningUpstream } from './churningUpstream.ts'
import { figure } from './full.ts'

const bursts = figure(250, 4)
const clientCount = figure(200, 150)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))

for (const { upstreamIdleMs, poolIdleMs } of [
  { upstreamIdleMs: 1_000, poolIdleMs: 4_000 },
  { upstreamIdleMs: 4_000, poolIdleMs: 1_000 },
])
  void t.test(`E6 stale pooled sockets: an upstream's ${upstreamIdleMs} ms against the pool's ${poolIdleMs} ms`, async (t) => {
    t.comment(`seed ${seed}`)
    const seen: Seen = new Map()
    const upstream = await startChurningUpstream({ seen, random, idleMs: upstreamIdleMs, answerMs: 60 })
    const edge = await startEdge({
      timeouts: { upstreamIdleMs: poolIdleMs },
      routing: {
        routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
        splits: [{ name: 'main', totalWeight: 1, backends: [backend('all', 1, upstream)], routes: [], fallback: { kind: 'none' } }],
      },
    })
    const clients = await Promise.all(Array.from({ length: clientCount }, () => openClient(edge.addresses[0]!)))
    const wrong: string[] = []
    let numbers = 0
    const ask = async (client: Client): Promise<void> => {
      // Around the moment at which the shorter of the two gives a connection up.
      await delay(970 + random(40))
      const method = random(2) === 0 ? 'GET' : 'POST'
      client.text = ''
      client.write(`${method} /${numbers++} HTTP/1.1\r\nHost: a\r\n${method === 'POST' ? 'Content-Length: 4\r\n\r\nbody' : '\r\n'}`)
      await client.until(() => answersOf(client, [method]).length > 0 || client.end !== 'open', 10_000)
      const status = answersOf(client, [method]).map(statusOf)[0]
      if (status !== 200) wrong.push(`${status ?? client.end} to ${method}`)
    }
    for (let burst = 0; burst < bursts; burst++) await Promise.all(clients.map(ask))
    t.same(wrong.slice(0, 5), [], `0 of ${numbers} surfaced`)
    const retries = await metric(edge, 'spillway_edge_retries_total{namespace="",split="main",service="main-all",role="all",revision=""}')
    t.equal([...seen.values()].filter((times) => times > 1).length, 0, 'nothing arrived twice')
    t.comment(`${retries} requests met a connection that had ended`)
    for (const { socket } of clients) socket.destroy()
    await edge.close()
    await upstream.end()
  })
