// A version none of whose endpoints can serve: its share is refused at once, or goes to the fallback; either way it is told as its failure.
import t from 'tap'
import type { Fallback, Routing } from '../../../src/core/routing/types.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { startUpstream } from '../http/upstream.ts'
import { metric } from '../pressure/scrape.ts'
import { figure } from './full.ts'

t.setTimeout(fileDeadlineMs)
const requests = figure(50_000, 2_000)
const stable = await startUpstream('stable')
const gone = await startUpstream('gone')
await gone.close()
t.teardown(() => stable.close())

const labels = (role: string, more = '') => `{namespace="",split="main",service="main-${role}",role="${role}",revision=""${more}}`
const failures = (kind: string): string => `spillway_edge_upstream_failures_total${labels('canary', `,kind="${kind}"`)}`
const fallbacks = `spillway_edge_split_decisions_total${labels('stable', ',reason="fallback"')}`

function routingTo(canary: readonly { readonly port: number }[], fallback: Fallback): Routing {
  const backends = [backend('stable', 80, stable), backend('canary', 20, ...canary)]
  return { routes: [{ path: '/', pathType: 'Prefix', split: 'main' }], splits: [{ name: 'main', totalWeight: 100, backends, routes: [], fallback }] }
}

async function ask(routing: Routing, read: readonly string[]): Promise<{ answers: Record<string, number>; slowestMs: number; values: number[] }> {
  const edge = await startEdge({ routing })
  const answers: Record<string, number> = {}
  let askedMs = 0
  let slowestMs = 0
  const failed = await runLoad({
    address: edge.addresses[0]!,
    connections: 1,
    requests,
    deadlineMs: 5_000,
    request(index) {
      askedMs = performance.now()
      return `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`
    },
    onAnswer(_, { status }) {
      answers[status] = (answers[status] ?? 0) + 1
      if (status === 503) slowestMs = Math.max(slowestMs, performance.now() - askedMs)
    },
  })
  t.same(failed, [])
  const values: number[] = []
  for (const series of read) values.push(await metric(edge, series))
  await edge.close()
  stable.forget()
  return { answers, slowestMs, values }
}

const share = requests / 5

t.test('E21 no ready endpoints: without any, the share is answered with 503 at once', async (t) => {
  const { answers, slowestMs, values } = await ask(routingTo([], { kind: 'none' }), [failures('no_endpoints')])
  t.ok(Math.abs(answers[503]! - share) <= 1, `${answers[503]} of ${requests}`)
  t.equal(answers[200], requests - answers[503]!)
  t.equal(values[0], answers[503])
  t.ok(slowestMs < 200, `${slowestMs.toFixed(1)} ms at most`)
})

t.test('E21 no ready endpoints: with a fallback, stable serves the share, told as failures of the canary', async (t) => {
  const { answers, values } = await ask(routingTo([], { kind: 'backend', backend: 'stable' }), [failures('no_endpoints'), fallbacks])
  t.same(answers, { 200: requests })
  t.ok(Math.abs(values[0]! - share) <= 1)
  t.equal(values[1], values[0])
})

t.test('E21 no ready endpoints: one that accepts no connection is found out by one request, and is no different then', async (t) => {
  const { answers, values } = await ask(routingTo([gone], { kind: 'backend', backend: 'stable' }), [
    failures('no_endpoints'),
    fallbacks,
    `spillway_edge_endpoints_ejected${labels('canary')}`,
    `spillway_edge_retries_total${labels('stable')}`,
  ])
  t.same(answers, { 200: requests })
  t.ok(Math.abs(values[0]! - share) <= 1)
  t.same(values.slice(1), [values[0], 1, 1])
})

t.test('E21 no ready endpoints: without a fallback, one that accepts no connection is asked all the same', async (t) => {
  const { answers, values } = await ask(routingTo([gone], { kind: 'none' }), [failures('connect')])
  t.ok(Math.abs(answers[502]! - share) <= 1)
  t.equal(values[0], answers[502])
})
