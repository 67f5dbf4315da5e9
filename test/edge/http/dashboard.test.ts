// docs/grafana-dashboard.json against a real Prometheus that scrapes a real edge: every query of every panel returns data.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { lacks, whereIs } from '../../needs.ts'
import { lowPort } from '../../ports.ts'
import { call, until } from '../admin/stubEdge.ts'
import { startEdge } from './edge.ts'
import { backend, fileDeadlineMs } from './harness.ts'
import { runLoad } from './load.ts'
import { startOrigin } from './origin.ts'

t.setTimeout(fileDeadlineMs)

type Panel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
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
  for (const { title, description, targets, gridPos } of panels) {
    t.ok(description !== undefined && description !== '', `${title} says what it shows`)
    t.ok((targets ?? []).length > 0, `${title} asks for something`)
    t.ok(gridPos.x + gridPos.w <= 24, `${title} has room`)
  }
  for (const wanted of ['Requests', 'Success rate', 'Latency, p50', 'Latency, p99', 'Share: configured and actual', 'In flight', 'Connections'])
    t.ok(
      panels.some(({ title }) => title === wanted),
      wanted,
    )
})

t.test('every query returns data in Prometheus', { skip: lacks('prometheus') }, async (t) => {
  const [stable, canary] = [await startOrigin('stable'), await startOrigin('canary')]
  const edge = await startEdge({
    routing: {
      routes: [{ path: '/shop', pathType: 'Prefix', split: 'shop' }],
      splits: [
        {
          name: 'shop',
          totalWeight: 100,
          backends: [backend('stable', 80, stable), backend('canary', 20, canary)],
          routes: [],
          fallback: { kind: 'none' },
        },
      ],
    },
  })
  const prometheus = await startPrometheus(`${edge.admin.host}:${edge.admin.port}`)
  const stop = new AbortController()
  const load = runLoad({
    address: edge.addresses[0]!,
    connections: 1,
    stop: stop.signal,
    request: (index) => {
      const path = index % 50 === 0 ? '/nowhere' : '/shop'
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
    await Promise.all([stable.close(), canary.close()])
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
  const share = async (reason: 'configured' | 'actual'): Promise<number> => {
    const target = panels.find(({ title }) => title.startsWith('Share'))!.targets!.find(({ legendFormat }) => legendFormat.endsWith(reason))!
    const result = await prometheus.ask(target.expr.replaceAll('$__rate_interval', `${windowSeconds}s`).replaceAll('$split', '.*'))
    return result.find(({ metric }) => metric['role'] === 'canary')!.value
  }
  t.equal(await share('configured'), 0.2)
  const actual = await share('actual')
  t.ok(Math.abs(actual - 0.2) < 0.01, `the actual share is ${actual}`)
})

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
