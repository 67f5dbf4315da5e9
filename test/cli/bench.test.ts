import t from 'tap'
import { run, startShop } from './benchShop.ts'

t.test('the right version is named slower, and the right one failing', async (t) => {
  const shop = await startShop({ stable: 100, slow: 0, flaky: 0 })
  t.teardown(() => shop.close())
  const load = ['--split', 'shop', '--rate', '400', '--duration', '3s', '--warmup', '300ms', ...shop.args]

  const table = await run(...load)
  t.match(table, { code: 0, stderr: '' })
  t.match(table.stdout, /slow is worse than stable: it is slower \(p50 \+\d+\.\d ms/)
  t.match(table.stdout.replaceAll('\n', ' '), /flaky is worse than stable: it fails more often \(95\.0 % succeed, of stable 100\.0 %\)/)
  t.match(table.stdout, /reached by +weight +to-slow\n/)
  t.ok(
    table.stdout.split('\n').every((line) => line.length <= 80),
    'within 80 columns',
  )

  const { code, stdout } = await run(...load, '--json', '--poisson')
  t.equal(code, 0)
  const report = JSON.parse(stdout) as Report
  t.match(report, {
    split: 'shop',
    rate: 400,
    durationMs: 3_000,
    ranMs: 3_000,
    isInterrupted: false,
    confidence: 0.95,
    verdict: String,
    notes: Array,
  })
  t.same(
    report.versions.map(({ version }) => version),
    ['stable', 'slow', 'flaky'],
  )
  const [stable, slow, flaky] = report.versions
  const estimate = { value: Number, low: Number, high: Number }
  t.match(stable, {
    requestsPerSecond: Number,
    success: estimate,
    latencyMs: { p50: estimate, p90: estimate, p95: Object, p99: Object, 'p99.9': Object, max: Number },
  })
  const requests = report.versions.map((version) => version.requests)
  t.ok(Math.max(...requests) - Math.min(...requests) <= 1, 'each was sent as many', { requests })
  t.equal(requests[0]! + requests[1]! + requests[2]!, report.schedule.due, 'and all that was due')
  t.ok(slow!.latencyMs.p50.value - stable!.latencyMs.p50.value > 15, 'p50 of the slow one')
  t.ok(Math.abs(flaky!.success.value - 0.95) < 0.02, 'success of the flaky one')
  t.ok(report.differences[0]!.latencyMs.p50.low > 0 && report.differences[1]!.success.high < 0, 'both are sure')
  for (const { histogram, requests } of report.versions)
    t.equal(
      histogram.reduce((sum, { count }) => sum + count, 0),
      requests,
      'the histogram holds all',
    )
})

type Estimate = { readonly value: number; readonly low: number; readonly high: number }
type Report = {
  readonly versions: readonly {
    readonly version: string
    readonly requests: number
    readonly success: Estimate
    readonly latencyMs: { readonly p50: Estimate }
    readonly histogram: readonly { readonly count: number }[]
  }[]
  readonly differences: readonly { readonly success: Estimate; readonly latencyMs: { readonly p50: Estimate } }[]
  readonly schedule: { readonly due: number }
  readonly attributedBy: string
}

t.test('versions that share the weight are told apart by the counters, or by a header of the answer', async (t) => {
  const shop = await startShop({ stable: 80, slow: 20, flaky: 0 })
  t.teardown(() => shop.close())
  const load = ['--split', 'shop', '--rate', '300', '--duration', '2s', '--warmup', '0s', '--json', ...shop.args]
  const counters = await run(...load)
  const report = JSON.parse(counters.stdout) as Report
  t.match(report, { attributedBy: "the edge's counters", versions: [{ version: 'stable' }, { version: 'slow' }, { version: 'flaky' }] })
  // A third by weight, a third each by the routes to slow and flaky.
  const [stable, slow, flaky] = report.versions.map(({ requests }) => requests)
  t.ok(Math.abs(stable! - 160) <= 3 && Math.abs(slow! - 240) <= 3 && Math.abs(flaky! - 200) <= 3, 'counts', { stable, slow, flaky })
  t.ok(report.differences[0]!.latencyMs.p50.low > 0, 'the slow one is slower for sure')

  const byHeader = JSON.parse((await run(...load, '--by-header', 'X-Version')).stdout) as Report
  t.same(byHeader.versions.map(({ version }) => version).sort(), ['v1', 'v2', 'v3'])
  t.equal(
    byHeader.versions.reduce((sum, { requests }) => sum + requests, 0),
    byHeader.schedule.due,
  )
})
