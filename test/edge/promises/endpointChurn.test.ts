// Endpoints that are restarted, killed, replaced and taken away under load: whoever can be served is, and nothing is done twice.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs, randomFrom } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { metric } from '../pressure/scrape.ts'
import { type ChurningUpstream, closesWithinMs, type Seen, startChurningUpstream } from './churningUpstream.ts'
import { figure } from './full.ts'

/** Of 1,000 answers. */
const closes = 20
const rounds = figure(20, 2)
const upstreamCount = 10
const requests = figure(110_000, 4_000)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const labels = '{namespace="",split="main",service="main-all",role="all",revision=""}'
t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))

function routingTo(upstreams: readonly ChurningUpstream[]): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('all', 1, ...upstreams)], routes: [], fallback: { kind: 'none' } }],
  }
}

t.test(
  `E5 endpoint churn: ${rounds} rolling restarts of ${upstreamCount} upstreams cost no idempotent request, and no POST is doubled`,
  async (t) => {
    t.comment(`seed ${seed}`)
    const seen: Seen = new Map()
    const churn = { seen, random, closes, answerMs: 2 }
    const upstreams = await Promise.all(Array.from({ length: upstreamCount }, () => startChurningUpstream(churn)))
    const edge = await startEdge({ routing: routingTo(upstreams) })
    t.teardown(async () => {
      await edge.close()
      await Promise.all(upstreams.map((each) => each.end()))
    })

    const failed: string[] = []
    let posts = 0
    let postsFailed = 0
    const stop = new AbortController()
    let answered = 0
    const load = runLoad({
      address: edge.addresses[0]!,
      connections: 16,
      stop: stop.signal,
      deadlineMs: 20_000,
      request: (index) =>
        index % 10 === 0 ? `POST /p${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody` : `GET /g${index} HTTP/1.1\r\nHost: a\r\n\r\n`,
      onAnswer(index, { status, body }) {
        answered++
        const isPost = index % 10 === 0
        if (isPost) posts++
        if (status === 200 && body === 'ok') return
        if (isPost && status === 502) postsFailed++
        else failed.push(`${status} to request ${index}`)
      },
    })

    let restarts = 0
    const ways = {
      restart: (index: number) => upstreams[index]!.restart(),
      // A request whose kept connection ends has one more try, and none if that one is killed too: the two do not come together.
      async kill(index: number) {
        churn.closes = 0
        await delay(2 * closesWithinMs)
        await upstreams[index]!.kill()
        await delay(closesWithinMs)
        churn.closes = closes
      },
      async replace(index: number) {
        const old = upstreams[index]!
        upstreams[index] = await startChurningUpstream(churn)
        edge.apply({ routing: routingTo(upstreams) })
        // As a pod does that is told to end before everybody has heard of it.
        await delay(random(20))
        await old.end()
      },
      async remove(index: number) {
        edge.apply({ routing: routingTo(upstreams.filter((_, other) => other !== index)) })
        await upstreams[index]!.restart()
        edge.apply({ routing: routingTo(upstreams) })
      },
    }
    const names = Object.keys(ways) as (keyof typeof ways)[]
    for (let round = 0; round < rounds || answered < requests; round++)
      for (let index = 0; index < upstreamCount; index++) {
        await ways[names[random(names.length)]!](index)
        restarts++
        await delay(20 + random(100))
      }
    stop.abort()
    t.same([...(await load), ...failed].slice(0, 5), [], `0 of ${answered - posts} idempotent requests failed`)
    const arrivals = [...seen]
    t.same(
      arrivals.filter(([target, times]) => target.startsWith('/p') && times > 1),
      [],
      `none of ${posts} POSTs arrived twice`,
    )
    t.same(
      arrivals.filter(([, times]) => times > 2),
      [],
      'no request was tried more than twice',
    )
    const retries = await metric(edge, `spillway_edge_retries_total${labels}`)
    t.comment(`${restarts} restarts, ${retries} retries, ${postsFailed} POSTs without an answer`)
  },
)
