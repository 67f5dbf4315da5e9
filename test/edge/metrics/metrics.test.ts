import { spawnSync } from 'node:child_process'
import t from 'tap'
import { at, codeIndex, codes, durationBounds, failureKinds, methods, pickReasons, workerAt } from '../../../src/edge/counters.ts'
import { configOf, patch, type StubEdge, splitOf, startStubEdge, until } from '../admin/stubEdge.ts'

const shop = splitOf('shop', { stable: 95, canary: 5 })
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined

async function withEdge(test: (edge: StubEdge) => Promise<void>): Promise<void> {
  const edge = await startStubEdge(configOf([shop]))
  try {
    await test(edge)
  } finally {
    await edge.end()
  }
}

/** By the whole name of a series, labels as exported; a series that occurs twice is an error. */
async function scrape(edge: StubEdge): Promise<Map<string, number>> {
  const { body } = await edge.call('/metrics')
  const series = new Map<string, number>()
  for (const line of body.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name, value] = /^(.+) (\S+)$/.exec(line)!
    if (series.has(name!)) throw new Error(`twice: ${name}`)
    series.set(name!, Number(value))
  }
  return series
}

function named(name: string, backend: string, more = ''): string {
  return `${name}{namespace="",split="shop",service="shop-${backend}",role="${backend}",revision=""${more}}`
}

function requestCell(method: (typeof methods)[number], code: number): number {
  return at.requests + methods.indexOf(method) * codes.length + codeIndex[code]!
}

function count(edge: StubEdge, worker: number, cell: number, by: number, backend = 'canary'): Promise<void> {
  return edge.count({ worker, kind: 'count', split: 'shop', backend, cell, by })
}

t.test('the series that queries need are there at 0 before the first request', (t) =>
  withEdge(async (edge) => {
    const series = await scrape(edge)
    for (const backend of ['stable', 'canary']) {
      for (const code of [200, 500]) {
        t.equal(series.get(named('spillway_edge_requests_total', backend, `,method="GET",code="${code}"`)), 0)
        t.equal(series.get(`http_requests_total{app="shop-${backend}",status="${code}"}`), 0)
      }
      for (const reason of pickReasons) t.equal(series.get(named('spillway_edge_split_decisions_total', backend, `,reason="${reason}"`)), 0)
      for (const kind of failureKinds) t.equal(series.get(named('spillway_edge_upstream_failures_total', backend, `,kind="${kind}"`)), 0)
      t.equal(series.get(named('spillway_edge_request_duration_seconds_count', backend)), 0)
      t.equal(series.get(named('spillway_edge_upstream_duration_seconds_bucket', backend, ',le="+Inf"')), 0)
    }
    t.equal(series.get(named('spillway_edge_weight_configured', 'canary')), 5)
    t.equal(series.get('spillway_edge_config_generation'), 1)
    t.equal(series.get('spillway_edge_workers_serving'), 2)
    t.equal(series.get(`spillway_edge_build_info{version="1.2.3",node="${process.version}"}`), 1)
    const applied = series.get('spillway_edge_config_applied_timestamp_seconds')!
    t.ok(Math.abs(applied - Date.now() / 1000) < 60, 'applied now, in seconds')
  }),
)

t.test('what workers count is summed, under both names', (t) =>
  withEdge(async (edge) => {
    await count(edge, 0, requestCell('GET', 200), 3)
    await count(edge, 1, requestCell('GET', 200), 4)
    await count(edge, 1, requestCell('POST', 503), 2)
    await count(edge, 0, requestCell('HEAD', 277), 1)
    await count(edge, 0, at.inFlight, 5)
    await edge.count({ worker: 1, kind: 'countOwn', cell: workerAt.answered + codeIndex[404]!, by: 6 })
    const series = await scrape(edge)
    t.equal(series.get(named('spillway_edge_requests_total', 'canary', ',method="GET",code="200"')), 7)
    t.equal(series.get(named('spillway_edge_requests_total', 'canary', ',method="POST",code="503"')), 2)
    t.equal(series.get(named('spillway_edge_requests_total', 'canary', ',method="HEAD",code="299"')), 1, 'a code without a series of its own')
    t.equal(series.get('http_requests_total{app="shop-canary",status="200"}'), 7)
    t.equal(series.get('http_requests_total{app="shop-canary",status="503"}'), 2)
    t.equal(series.get(named('spillway_edge_requests_total', 'stable', ',method="GET",code="200"')), 0, 'not at the other backend')
    t.equal(series.get(named('spillway_edge_requests_in_flight', 'canary')), 5)
    t.equal(series.get('spillway_edge_answered_total{code="404"}'), 6)
    const view = JSON.parse((await edge.call('/v1/splits/shop')).body) as { backends: object[] }
    t.match(view.backends[1], { requests: 10, successRate: 0.8, inFlight: 5 })
  }),
)

t.test('histograms are cumulative, and their count is that of all buckets', (t) =>
  withEdge(async (edge) => {
    const bucket = (bound: number): number => at.duration + durationBounds.indexOf(bound as 0.1)
    await count(edge, 0, bucket(0.001), 2)
    await count(edge, 1, bucket(0.1), 3)
    await count(edge, 1, at.duration + durationBounds.length, 1)
    await count(edge, 0, at.duration + durationBounds.length + 1, 12.5)
    const series = await scrape(edge)
    const name = 'spillway_edge_request_duration_seconds'
    const upTo = (le: string): number | undefined => series.get(named(`${name}_bucket`, 'canary', `,le="${le}"`))
    t.same([upTo('0.0005'), upTo('0.001'), upTo('0.075'), upTo('0.1'), upTo('10'), upTo('+Inf')], [0, 2, 2, 5, 5, 6])
    t.equal(series.get(named(`${name}_count`, 'canary')), 6)
    t.equal(series.get(named(`${name}_sum`, 'canary')), 12.5)
  }),
)

t.test('no counter goes down, whatever happens to workers and tables', (t) =>
  withEdge(async (edge) => {
    let before = await scrape(edge)
    const step = async (name: string, change: () => Promise<unknown>): Promise<void> => {
      await change()
      const after = await scrape(edge)
      const lower = [...before].filter(([series, value]) => /_(total|count|bucket|sum)(\{|$)/.test(series) && !((after.get(series) ?? -1) >= value))
      t.same(lower, [], name)
      before = after
    }
    await step('requests', async () => {
      for (const worker of [0, 1]) await count(edge, worker, requestCell('GET', 200), 10)
      await edge.count({ worker: 0, kind: 'countOwn', cell: workerAt.connections, by: 9 })
      await count(edge, 0, at.inFlight, 1)
    })
    await step('the death of a worker', async () => {
      edge.command({ worker: 0, kind: 'die' })
      await until(() => edge.log.some((line) => line.includes('a worker serves again')), 'a replacement')
    })
    t.equal(before.get(named('spillway_edge_requests_in_flight', 'canary')), 0, 'but what was in flight there is gone')
    t.equal(before.get('spillway_edge_workers_replaced_total'), 1)
    await step('more requests, with the new one', () => count(edge, 0, requestCell('GET', 200), 5))
    t.equal(before.get(named('spillway_edge_requests_total', 'canary', ',method="GET",code="200"')), 25)
    await step('weights by admin', () => edge.call('/v1/splits/shop', patch({ stable: 50, canary: 50 }, '*')))
    await step('an edit without the backend', () => edge.edit(configOf([splitOf('shop', { stable: 1 })])))
    t.notOk(before.has(named('spillway_edge_weight_configured', 'canary')), 'its weight is gone')
    await step('an edit that is refused', () => edge.edit(configOf([shop], { listeners: [{ address: { host: '127.0.0.1', port: 6 } }] })))
    t.equal(before.get('spillway_edge_config_rejected_total'), 1)
    await step('an edit that brings it back', () => edge.edit(configOf([shop])))
    await step('requests to it', () => count(edge, 1, requestCell('GET', 200), 1))
    t.equal(before.get(named('spillway_edge_requests_total', 'canary', ',method="GET",code="200"')), 26)
  }),
)

t.test('two backends of one app are one series of the alias', async (t) => {
  const edge = await startStubEdge(configOf([splitOf('a-b', { c: 1 }), splitOf('a', { 'b-c': 1 })]))
  t.teardown(() => edge.end())
  for (const [split, backend] of [
    ['a-b', 'c'],
    ['a', 'b-c'],
  ] as const)
    await edge.count({ worker: 0, kind: 'count', split, backend, cell: requestCell('GET', 200), by: 1 })
  t.equal((await scrape(edge)).get('http_requests_total{app="a-b-c",status="200"}'), 2)
})

t.test('the number of series per backend is bounded', (t) =>
  withEdge(async (edge) => {
    const others = (await scrape(edge)).size
    for (let cell = 0; cell < methods.length * codes.length; cell++)
      edge.command({ worker: 0, kind: 'count', split: 'shop', backend: 'canary', cell, by: 1 })
    await count(edge, 0, at.retries, 1)
    const size = (await scrape(edge)).size
    t.ok(size - others <= methods.length * codes.length + codes.length, `${size} series when every method met every code, ${others} before`)
  }),
)

t.test('promtool finds nothing to complain about', { skip: hasPromtool ? false : 'promtool is not installed (Debian: prometheus)' }, (t) =>
  withEdge(async (edge) => {
    await count(edge, 0, requestCell('_OTHER', 599), 3)
    await count(edge, 0, at.duration + 3, 1)
    const { body, headers } = await edge.call('/metrics')
    t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8', timeout: 20_000 })
    t.equal(`${stdout}${stderr}`, '', 'output')
    t.equal(status, 0, 'exit code')
  }),
)
