// GET /v1/reports of a real edge, as a controller reads it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type ClientRequest, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseReport, type SplitReport, type TrafficReport, withReport } from '../../../src/core/routing/report.ts'
import type { Routing } from '../../../src/core/routing/types.ts'
import { call, patch, until } from '../admin/stubEdge.ts'
import { ask } from './client.ts'
import { type Edge, type EdgeStart, startEdge } from './edge.ts'
import { backend, fileDeadlineMs } from './harness.ts'
import { startOrigin } from './origin.ts'

t.setTimeout(fileDeadlineMs)

const [stable, canary] = [await startOrigin('stable'), await startOrigin('canary')]
t.teardown(() => Promise.all([stable.close(), canary.close()]))

function routing(splits: Readonly<Record<string, readonly [number, number]>>, routed = Object.keys(splits)): Routing {
  return {
    routes: routed.map((split) => ({ path: `/${split}`, pathType: 'Prefix', split })),
    splits: Object.entries(splits).map(([name, [a, b]]) => ({
      name,
      totalWeight: a + b,
      backends: [backend('stable', a, stable), backend('canary', b, canary)],
      routes: [],
      fallback: { kind: 'none' },
    })),
  }
}

type Stream = { readonly status: number; readonly reports: TrafficReport[]; readonly ended: () => boolean; close(): void }

const urlOf = (edge: Edge): string => `http://${edge.admin.host}:${edge.admin.port}`
const opened = new Set<ClientRequest>()

function open(edge: Edge, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const asked = request(`${urlOf(edge)}/v1/reports${query}`, { agent: false, headers }, (response) => {
      const reports: TrafficReport[] = []
      let text = ''
      let over = false
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop()!
        for (const line of response.statusCode === 200 ? lines : []) {
          const parsed = parseReport(line)
          if (parsed.ok) reports.push(parsed.report)
          else t.fail(parsed.mistake)
        }
      })
      response.on('close', () => {
        over = true
      })
      response.on('error', () => undefined)
      resolve({ status: response.statusCode ?? 0, reports, ended: () => over, close: () => asked.destroy() })
    })
    opened.add(asked)
    asked.on('error', reject)
    asked.end()
  })
}

async function withEdge(start: Partial<EdgeStart>, test: (edge: Edge) => Promise<void>, workers = 1): Promise<void> {
  const edge = await startEdge({ routing: routing({ shop: [95, 5], other: [1, 0] }), ...start }, workers)
  try {
    await test(edge)
  } finally {
    for (const asked of opened) asked.destroy()
    opened.clear()
    await edge.close()
  }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const sum = (counts: Readonly<Record<string, number>> | readonly number[]): number => Object.values(counts).reduce((a, b) => a + b, 0)
const known = (stream: Stream): ReadonlyMap<string, SplitReport> =>
  stream.reports.reduce<ReadonlyMap<string, SplitReport>>(withReport, new Map<string, SplitReport>())

t.test('the first line tells everything, the next ones what has changed, one a second', (t) =>
  withEdge(
    { routing: routing({ shop: [95, 5], other: [1, 0] }, ['shop']) },
    async (edge) => {
      for (let i = 0; i < 40; i++) await ask(edge.addresses[0]!, get('/shop'))
      const startMs = performance.now()
      const stream = await open(edge)
      await until(() => stream.reports.length > 0, 'a line')
      const first = stream.reports[0]!
      t.equal(first.complete, true)
      t.match(first, { draining: false, scope: { namespaces: null, class: null }, removed: [] })
      t.strictSame(
        first.splits.map(({ name, routed }) => [name, routed]),
        [
          ['shop', true],
          ['other', false],
        ],
      )
      const shop = first.splits[0]!
      t.strictSame(
        shop.backends.map(({ name, weight, readyEndpoints, requests, inFlight }) => ({ name, weight, readyEndpoints, requests, inFlight })),
        [
          { name: 'stable', weight: 95, readyEndpoints: 1, requests: { '200': 38 }, inFlight: 0 },
          { name: 'canary', weight: 5, readyEndpoints: 1, requests: { '200': 2 }, inFlight: 0 },
        ],
        'exact, by version, summed over the workers',
      )
      for (const { duration, upstreamDuration, requests } of shop.backends) {
        t.equal(sum(duration.buckets), sum(requests))
        t.equal(sum(upstreamDuration.buckets), sum(requests))
        t.ok(duration.sumSeconds > 0)
      }
      await until(() => stream.reports.length >= 3, 'two more lines')
      const elapsed = performance.now() - startMs
      t.ok(elapsed > 1_500 && elapsed < 6_000, `three lines in ${Math.round(elapsed)} ms`)
      t.strictSame(
        stream.reports.slice(1).map(({ complete, splits, cursor }) => ({ complete, splits, cursor })),
        Array(stream.reports.length - 1).fill({ complete: false, splits: [], cursor: first.cursor }),
        'nothing happened, and it says so',
      )
      await ask(edge.addresses[0]!, get('/shop'))
      await until(() => stream.reports.at(-1)!.cursor !== first.cursor, 'the change')
      t.strictSame(
        stream.reports.at(-1)!.splits.map(({ name }) => name),
        ['shop'],
        'only the split that changed',
      )
    },
    1,
  ),
)

t.test('a change of weights or splits is told at once, with its version', (t) =>
  withEdge({}, async (edge) => {
    const stream = await open(edge)
    await until(() => stream.reports.length > 0, 'a line')
    const before = known(stream).get('/shop')!.applied
    const atMs = performance.now()
    const reply = await call(urlOf(edge), '/v1/splits/shop', patch({ stable: 50, canary: 50 }, '*'))
    t.equal(reply.status, 200)
    await until(() => known(stream).get('/shop')!.applied.generation > before.generation, 'the new version')
    t.comment(`told after ${Math.round(performance.now() - atMs)} ms`)
    const after = known(stream).get('/shop')!
    t.equal(after.applied.etag, reply.headers['etag'])
    t.equal(after.applied.uid, before.uid)
    t.strictSame(
      after.backends.map(({ weight }) => weight),
      [50, 50],
    )
    edge.apply({ routing: routing({ shop: [95, 5], third: [1, 0] }) })
    await until(() => known(stream).has('/third') && !known(stream).has('/other'), 'the edit')
    t.ok(stream.reports.some((report) => report.removed.includes('/other')))
  }),
)

t.test('a reader that comes back is told what it missed; one from another edge, everything', (t) =>
  withEdge({}, async (edge) => {
    const stream = await open(edge)
    await until(() => stream.reports.length > 0, 'a line')
    stream.close()
    const { cursor } = stream.reports.at(-1)!
    await ask(edge.addresses[0]!, get('/other'))
    edge.apply({ routing: routing({ other: [1, 0] }) })
    await until(async () => (await call(urlOf(edge), '/v1/splits/shop')).status === 404, 'the edit')
    const again = await open(edge, `?since=${cursor}`)
    await until(() => again.reports.length > 0, 'a line')
    t.match(again.reports[0], { complete: false, removed: ['/shop'] })
    t.strictSame(
      again.reports[0]!.splits.map(({ name }) => name),
      ['other'],
    )
    for (const foreign of ['abc.1', `${cursor}9999`, 'x', cursor.replace(/\d+$/, '-1'), '']) {
      const stranger = await open(edge, `?since=${encodeURIComponent(foreign)}`)
      await until(() => stranger.reports.length > 0, 'a line')
      t.equal(stranger.reports[0]!.complete, true, `since=${foreign}`)
      stranger.close()
    }
  }),
)

t.test('a reader that does not read is told the latest when it does, and costs bounded memory until then', (t) => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i): [string, [number, number]] => [`s${i}`, [95, 5]]))
  return withEdge({ routing: routing(many) }, async (edge) => {
    const socket = connect({ ...edge.admin })
    socket.setEncoding('latin1')
    socket.write(`GET /v1/reports HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    socket.pause()
    const witness = await open(edge)
    await until(() => witness.reports.length > 0, 'a line')
    const lineBytes = JSON.stringify(witness.reports[0]).length
    const heapBefore = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
    // Each of these is a line in which all splits are new.
    let changes = 0
    for (; changes < 120; changes++) {
      const seen = witness.reports.length
      const weight = changes % 2 === 0 ? 90 : 95
      edge.apply({ routing: routing(Object.fromEntries(Object.keys(many).map((name) => [name, [weight, 100 - weight]]))) })
      await until(() => witness.reports.length > seen, 'the change')
      witness.reports.splice(0, witness.reports.length - 1)
    }
    const produced = changes * lineBytes
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - heapBefore
    t.comment(`${Math.round(produced / 1e6)} MB of lines were made for others, memory grew by ${Math.round(grown / 1e6)} MB`)
    let got = 0
    let tail = ''
    socket.on('data', (chunk: string) => {
      got += chunk.length
      tail = (tail + chunk).slice(-4 * lineBytes)
    })
    socket.resume()
    const latest = (): boolean => tail.includes(`"cursor":"${witness.reports.at(-1)!.cursor}"`)
    await until(latest, 'the latest state')
    t.ok(got < produced / 2, `${Math.round(got / 1e6)} MB came of the ${Math.round(produced / 1e6)} MB that a queue would have held`)
    socket.destroy()
  })
})

t.test('readers are counted and let go', (t) =>
  withEdge({}, async (edge) => {
    const streams = await Promise.all(Array.from({ length: 32 }, () => open(edge)))
    t.ok(streams.every(({ status }) => status === 200))
    t.equal((await open(edge)).status, 503, 'one too many')
    for (const stream of streams) stream.close()
    await until(async () => {
      const next = await open(edge)
      next.close()
      return next.status === 200
    }, 'room again after they have gone')
  }),
)

t.test('the end of the edge is told, then the stream ends', (t) =>
  withEdge({ timeouts: { drainDelayMs: 300 } }, async (edge) => {
    const stream = await open(edge)
    await until(() => stream.reports.length > 0, 'a line')
    await edge.close()
    await until(() => stream.ended(), 'the end')
    t.equal(stream.reports.at(-1)!.draining, true)
  }),
)

t.test('who may read splits may read reports, and nobody else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reports-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, 'secret')
  await withEdge({ admin: { address: { host: '127.0.0.1', port: 0 }, tokenFile } }, async (edge) => {
    t.equal((await open(edge)).status, 401)
    t.equal((await open(edge, '', { authorization: 'Bearer other' })).status, 401)
    t.equal((await open(edge, '', { authorization: 'Bearer secret', host: 'evil.example' })).status, 421)
    t.equal((await open(edge, '', { authorization: 'Bearer secret' })).status, 200)
    const head = await call(urlOf(edge), '/v1/reports', { method: 'HEAD', headers: { authorization: 'Bearer secret' } })
    t.match(head, { status: 200, body: '' })
    t.equal((await call(urlOf(edge), '/v1/reports', { method: 'DELETE', headers: { authorization: 'Bearer secret' } })).status, 405)
  })
})
