// docs/grafana-dashboard.json against a real Prometheus that scrapes a real edge: every query of every panel returns data.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { lacks, whereIs } from '../../needs.ts'
import { lowPort } from '../../ports.ts'
import { call, until } from '../admin/stubEdge.ts'
import { addresses, startDnsServer } from '../names/dnsServer.ts'
import { type Edge, startEdge } from './edge.ts'
import { backend, fileDeadlineMs } from './harness.ts'
import { runLoad } from './load.ts'
import { type Origin, startOrigin } from './origin.ts'

t.setTimeout(fileDeadlineMs)

type Panel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}
const dashboard = JSON.parse(readFileSync(new URL('../../../docs/grafana-dashboard.json', import.meta.url), 'utf8')) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}
const panels = dashboard.panels.filter((panel) => panel.type !== 'row')
/** Long enough for rates over scrapes one second apart. A series that is 0 under a sound load is data too. */
const windowSeconds = 6

t.test('the dashboard is whole', async (t) => {
  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length, 'ids differ')
  t.strictSame(
    dashboard.templating.list.map(({ name }) => name),
    ['datasource', 'split'],
  )
  for (const { title, description, targets, gridPos, fieldConfig } of panels) {
    t.ok(description !== undefined && description !== '', `${title} says what it shows`)
    t.ok(fieldConfig?.defaults.unit !== undefined, `${title} has a unit`)
    t.ok((targets ?? []).length > 0, `${title} asks for something`)
    t.ok(gridPos.x + gridPos.w <= 24, `${title} has room`)
  }
  const taken = new Map<string, string>()
  for (const { title, gridPos } of dashboard.panels)
    for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        const other = taken.get(`${x} ${y}`)
        if (other !== undefined) t.fail(`${title} lies on ${other}`)
        taken.set(`${x} ${y}`, title)
      }
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
  t.equal(taken.size, 24 * bottom, 'no gaps')
  for (const wanted of ['Requests', 'Success rate', 'Latency, p50', 'Latency, p99', 'Share: configured and actual', 'In flight', 'Connections'])
    t.ok(
      panels.some(({ title }) => title === wanted),
      wanted,
    )
})

t.test('every query returns data in Prometheus', { skip: lacks('prometheus') }, async (t) => {
  const [stable, canary] = [await startOrigin('stable'), await startOrigin('canary')]
  // A name with an address that nothing may be sent to, beside one that is allowed.
  const dns = await startDnsServer(() => addresses('127.0.0.1', '127.0.0.2'))
  const edge = await startShop(stable, canary, dns.address)
  const prometheus = await startPrometheus(`${edge.admin.host}:${edge.admin.port}`)
  const stop = new AbortController()
  const load = runLoad({
    address: edge.addresses[0]!,
    connections: 1,
    stop: stop.signal,
    request: (index) => {
      const path = index % 50 === 0 ? '/nowhere' : index % 50 === 25 ? `/shop/${'x'.repeat(longestTarget)}` : '/shop'
      return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`
    },
    onAnswer: () => undefined,
    deadlineMs: 5_000,
  })
  t.teardown(async () => {
    stop.abort()
    await load
    await prometheus.close()
    await edge.close()
    await Promise.all([stable.close(), canary.close(), dns.close()])
  })
  const scraped = async (): Promise<number> => Number((await prometheus.ask('sum(count_over_time(spillway_edge_config_generation[1m]))'))[0]?.value)
  for (let looks = 0; !((await scraped()) >= 4); looks++) {
    if (looks > 300) throw new Error('no four scrapes within 30 s')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  for (const { title, targets = [] } of panels) {
    for (const { expr, legendFormat } of targets) {
      const query = expr.replaceAll('$__rate_interval', `${windowSeconds}s`).replaceAll('$split', '.*')
      t.notMatch(query, /\$/, `${title}: no other variable`)
      const result = await prometheus.ask(query)
      t.ok(result.length > 0, `${title}: ${result.length} series`)
      t.strictSame(
        result.filter(({ value }) => !Number.isFinite(value)),
        [],
        `${title}: numbers`,
      )
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        t.ok(
          result.every(({ metric }) => metric[label!] !== undefined && metric[label!] !== ''),
          `${title}: every series has its ${label}`,
        )
    }
  }
  const shown = async (title: string, label: string, value: string, legend = ''): Promise<number> => {
    const target = panels.find((panel) => panel.title === title)!.targets!.find(({ legendFormat }) => legendFormat.endsWith(legend))!
    const result = await prometheus.ask(target.expr.replaceAll('$__rate_interval', `${windowSeconds}s`).replaceAll('$split', '.*'))
    return result.find(({ metric }) => metric[label] === value)!.value
  }
  t.equal(await shown('Share: configured and actual', 'role', 'canary', 'configured'), 0.2)
  const actual = await shown('Share: configured and actual', 'role', 'canary', 'actual')
  t.ok(Math.abs(actual - 0.2) < 0.01, `the actual share is ${actual}`)
  t.equal(await shown('Endpoints out of use', 'role', 'canary'), 1)
  t.ok((await shown('Limits met, by kind', 'limit', 'target_bytes')) > 0)
  t.ok((await shown('Copies by outcome', 'outcome', '2xx')) > 0)
  t.equal(await shown('Addresses', 'name', 'shop.test'), 2)
  t.equal(await shown('Targets left out', 'endpoint', 'shop.test'), 1)
})

const longestTarget = 500

/** Has something of everything: an endpoint that accepts nothing, one by name, a mirror, and a limit that the load meets. */
async function startShop(stable: Origin, canary: Origin, dnsServer: string): Promise<Edge> {
  const nobody = { port: await lowPort() }
  return startEdge({
    limits: { ...defaultLimits, targetBytes: longestTarget },
    dns: { servers: [dnsServer], maxStaleMs: 600_000 },
    allowedTargets: ['127.0.0.1/32'],
    routing: {
      routes: [{ path: '/shop', pathType: 'Prefix', split: 'shop' }],
      splits: [
        {
          name: 'shop',
          totalWeight: 100,
          backends: [{ name: 'stable', weight: 80, endpoints: [{ host: 'shop.test', port: stable.port }] }, backend('canary', 20, canary, nobody)],
          routes: [],
          mirrors: [{ name: 'some', match: [], backend: 'canary', percentage: 10 }],
          fallback: { kind: 'none' },
        },
      ],
    },
  })
}

type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: number }

async function startPrometheus(target: string): Promise<{ ask(query: string): Promise<Sample[]>; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const config = `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: edge, static_configs: [{targets: ['${target}']}]}]\n`
  await writeFile(join(folder, 'prometheus.yml'), config)
  const port = await lowPort()
  const child: ChildProcess = spawn(
    whereIs('prometheus')!,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const base = `http://127.0.0.1:${port}`
  await until(
    () =>
      call(base, '/-/ready').then(
        ({ status }) => status === 200,
        () => false,
      ),
    'Prometheus',
  )
  return {
    async ask(query) {
      const { body } = await call(base, `/api/v1/query?query=${encodeURIComponent(query)}`)
      const answer = JSON.parse(body) as {
        status: string
        error?: string
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`)
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
    async close() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(hard)
      await rm(folder, { recursive: true })
    },
  }
}
