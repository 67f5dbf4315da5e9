// Upstreams that fail all the time: users see what the version answers, retries stay few, and stable never hides what a canary does.
import t, { type Test } from 'tap'
import type { Fallback, Routing } from '../../../src/core/routing/types.ts'
import { defaultResilience, type Resilience } from '../../../src/edge/config.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { type Script, startUpstream, type Upstream, write } from '../http/upstream.ts'
import { limited, metric } from '../pressure/scrape.ts'
import { figure } from './full.ts'

t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))
const stormMs = figure(60_000, 1_500)
/** What a backend may spend on retries before its requests have earned any. */
const reserve = 10

const answering =
  (status: number, text: string): Script =>
  ({ connection }) =>
    write(connection, `HTTP/1.1 ${status} X\r\nContent-Length: ${text.length}\r\n\r\n${text}`)

function routingTo(
  weights: readonly [stable: number, canary: number],
  stable: readonly Upstream[],
  canary: readonly Upstream[],
  fallback: Fallback,
): Routing {
  const backends = [backend('stable', weights[0], ...stable), backend('canary', weights[1], ...canary)]
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: weights[0] + weights[1], backends, routes: [], fallback }],
  }
}

type Storm = { readonly edge: Edge; readonly canaries: readonly Upstream[]; requests: number; readonly answers: Map<string, number>; mostOut: number }

/** All of the traffic of the time against a canary of four endpoints, half of all by weight. */
async function storm(t: Test, script: Script, change: Partial<Resilience> = {}): Promise<Storm> {
  const stable = await startUpstream('stable')
  const canaries = await Promise.all(Array.from({ length: 4 }, () => startUpstream('canary', { script })))
  const edge = await startEdge({
    resilience: { ...defaultResilience, ejectMs: 300, ...change },
    routing: routingTo([1, 1], [stable], canaries, { kind: 'backend', backend: 'stable' }),
  })
  t.teardown(async () => {
    await edge.close()
    await Promise.all([stable, ...canaries].map((each) => each.close()))
  })
  const result: Storm = { edge, canaries, requests: 0, answers: new Map(), mostOut: 0 }
  const stop = new AbortController()
  const load = runLoad({
    address: edge.addresses[0]!,
    connections: 8,
    stop: stop.signal,
    deadlineMs: 10_000,
    request: (index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`,
    onAnswer(_, { status, body }) {
      result.requests++
      const key = `${status} ${body.split(' ')[0]!.trim()}`
      result.answers.set(key, (result.answers.get(key) ?? 0) + 1)
    },
  })
  for (const endMs = performance.now() + stormMs; performance.now() < endMs; ) {
    result.mostOut = Math.max(result.mostOut, await metric(edge, `spillway_edge_endpoints_ejected${canaryLabels}`))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  stop.abort()
  t.same(await load, [])
  return result
}

const canaryLabels = '{namespace="",split="main",service="main-canary",role="canary",revision=""}'

function attempts({ canaries }: Storm): number {
  return canaries.reduce((sum, { received }) => sum + [...received.values()].reduce((of, each) => of + each.length, 0), 0)
}

t.test('E20 5xx storm: a canary that answers 500 is passed through, each request once, and nothing of it is out', async (t) => {
  const result = await storm(t, answering(500, 'broken'))
  const { answers, requests, edge } = result
  t.same([...answers.keys()].sort(), ['200 stable', '500 broken'])
  t.ok(Math.abs(answers.get('500 broken')! - requests / 2) <= 1, `${answers.get('500 broken')} of ${requests}`)
  t.equal(attempts(result), answers.get('500 broken'))
  t.equal(result.mostOut, 0)
  t.equal(await metric(edge, `spillway_edge_retries_total${canaryLabels}`), 0)
})

t.test('E20 5xx storm: a canary that answers 503 is never served by stable, and never more than half of it is out', async (t) => {
  const result = await storm(t, answering(503, 'busy'))
  const { answers, requests } = result
  t.same([...answers.keys()].sort(), ['200 stable', '503 busy'])
  t.ok(Math.abs(answers.get('503 busy')! - requests / 2) <= 1, `${answers.get('503 busy')} of ${requests}`)
  t.equal(attempts(result), answers.get('503 busy'))
  t.equal(result.mostOut, 2)
})

t.test('E20 5xx storm: where connections break under requests, attempts are at most 1.2 times the requests and a reserve', async (t) => {
  const result = await storm(t, ({ connection }) => void connection.socket.destroy())
  const { answers, requests, edge } = result
  t.same([...answers.keys()].sort(), ['200 stable', '502 502'])
  const ofCanary = answers.get('502 502')!
  t.ok(Math.abs(ofCanary - requests / 2) <= 1, 'what failed is not served by stable')
  t.ok(attempts(result) <= 1.2 * ofCanary + reserve, `${attempts(result)} attempts for ${ofCanary} requests`)
  t.ok(attempts(result) >= 1.15 * ofCanary, 'the budget is used')
  t.ok((await limited(edge, 'retry_budget')) > 0)
  t.equal(result.mostOut, 2)
})
