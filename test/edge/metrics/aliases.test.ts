import { spawnSync } from 'node:child_process'
import t from 'tap'
import type { MetricAlias } from '../../../src/edge/config.ts'
import { at, codeIndex, codes, durationBounds, methods } from '../../../src/edge/counters.ts'
import { lacks } from '../../needs.ts'
import { configOf, type StubEdge, splitOf, startStubEdge } from '../admin/stubEdge.ts'

const shop = splitOf('shop', { stable: 95, canary: 5 })

async function withEdge(metricAliases: readonly MetricAlias[] | undefined, test: (edge: StubEdge) => Promise<void>): Promise<void> {
  const routing = { routes: [{ host: 'shop.example', path: '/cart', pathType: 'Prefix' as const, split: 'shop' }], splits: [shop] }
  const edge = await startStubEdge(configOf([shop], { routing, ...(metricAliases === undefined ? {} : { metricAliases }) }))
  try {
    await test(edge)
  } finally {
    await edge.end()
  }
}

async function scrape(edge: StubEdge): Promise<ReadonlyMap<string, number>> {
  const { body } = await edge.call('/metrics')
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

const cell = (method: (typeof methods)[number], code: number): number => at.requests + methods.indexOf(method) * codes.length + codeIndex[code]!
const count = (edge: StubEdge, backend: string, where: number, by: number): Promise<void> =>
  edge.count({ worker: 0, kind: 'count', split: 'shop', backend, cell: where, by })

t.test('http is on by default, the others by demand', async (t) => {
  await withEdge(undefined, async (edge) => {
    const { body } = await edge.call('/metrics')
    t.match(body, /^http_requests_total/m)
    t.notMatch(body, /nginx_|istio_/)
  })
  await withEdge([], async (edge) => void t.notMatch((await edge.call('/metrics')).body, /^http_requests_total|nginx_|istio_/m))
})

t.test('nginx: the canary by its label, all under the service beside which it stands', (t) =>
  withEdge(['nginx'], async (edge) => {
    const series = (canary: string, method: string, status: number): string =>
      `nginx_ingress_controller_requests{namespace="",ingress="shop",service="shop-stable",canary="${canary}",path="/cart",host="shop.example",method="${method}",status="${status}"}`
    for (const canary of ['', 'shop-canary']) for (const status of [200, 500]) t.equal((await scrape(edge)).get(series(canary, 'GET', status)), 0)
    await count(edge, 'stable', cell('GET', 200), 9)
    await count(edge, 'canary', cell('POST', 503), 2)
    const after = await scrape(edge)
    t.equal(after.get(series('', 'GET', 200)), 9)
    t.equal(after.get(series('shop-canary', 'POST', 503)), 2)
  }),
)

t.test('istio: requests by code, durations in milliseconds', (t) =>
  withEdge(['istio'], async (edge) => {
    const labels = 'reporter="source",destination_service="shop-canary",destination_workload="shop-canary"'
    t.equal((await scrape(edge)).get(`istio_requests_total{${labels},response_code="200"}`), 0)
    await count(edge, 'canary', cell('GET', 200), 3)
    await count(edge, 'canary', cell('POST', 200), 4)
    await count(edge, 'canary', at.duration + durationBounds.indexOf(0.025), 7)
    await count(edge, 'canary', at.duration + durationBounds.length + 1, 0.5)
    const after = await scrape(edge)
    t.equal(after.get(`istio_requests_total{${labels},response_code="200"}`), 7, 'over all methods')
    const name = 'istio_request_duration_milliseconds'
    t.strictSame(
      ['0.5', '10', '25', '10000', '+Inf'].map((le) => after.get(`${name}_bucket{${labels},le="${le}"}`)),
      [0, 0, 7, 7, 7],
    )
    t.equal(after.get(`${name}_sum{${labels}}`), 500)
    t.equal(after.get(`${name}_count{${labels}}`), 7)
  }),
)

t.test('promtool reads all of them, and objects only to names that others chose', { skip: lacks('promtool') }, (t) =>
  withEdge(['http', 'nginx', 'istio'], async (edge) => {
    await count(edge, 'canary', cell('_OTHER', 599), 3)
    const { body } = await edge.call('/metrics')
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8', timeout: 20_000 })
    const said = `${stdout}${stderr}`.split('\n').filter((line) => line !== '')
    t.strictSame(
      said.filter((line) => !/^(nginx_ingress_controller_requests|istio_request_duration_milliseconds) /.test(line)),
      [],
    )
    t.notMatch(said.join('\n'), /error while linting|parse/, 'it is valid')
  }),
)
