// Real edges behind EndpointSlices of a sandbox, as the controller sees them.
import t, { type Test } from 'tap'
import type { EndpointSlice } from '../../../src/api/services.ts'
import type { TrafficSplit, TrafficSplitSpec } from '../../../src/api/trafficSplit.ts'
import { trafficSplits } from '../../../src/controller/resources.ts'
import type { ChangedKeys } from '../../../src/controller/traffic/knownEdge.ts'
import { openStatusWriter } from '../../../src/controller/traffic/statusWriter.ts'
import { openTraffic, type Traffic } from '../../../src/controller/traffic/traffic.ts'
import type { EdgeConfig } from '../../../src/edge/config.ts'
import { openInformers } from '../../../src/kube/informers.ts'
import { ask } from '../../edge/http/client.ts'
import { type Edge, startEdge } from '../../edge/http/edge.ts'
import { startOrigin } from '../../edge/http/origin.ts'
import { openStage, type Stage } from '../stage.ts'
import { report, splitReport } from './reports.ts'
import { line, startScriptedEdge } from './scriptedEdge.ts'

t.setTimeout(60_000)

/** Of those that a sandbox lets pods have. */
const podAddress = process.platform === 'linux' ? '127.64.0.9' : '127.0.0.1'

const origin = await startOrigin('v1')
t.teardown(() => origin.close())

const spec: TrafficSplitSpec = {
  totalWeight: 100,
  backends: [
    { podTemplateHash: 'v1', role: 'stable', service: 'api-v1' },
    { podTemplateHash: 'v2', role: 'canary', service: 'api-v2' },
  ],
  services: [
    {
      name: 'api-stable',
      role: 'stable',
      weights: [
        { podTemplateHash: 'v1', weight: 90 },
        { podTemplateHash: 'v2', weight: 10 },
      ],
    },
  ],
}

/** What an edge in a cluster has of that version: the Service is routed at two ports. */
function served(uid: string, generation: number): Pick<EdgeConfig, 'admin' | 'routing' | 'trafficSplits' | 'scope'> {
  const endpoints = [{ host: '127.0.0.1', port: origin.port }]
  const split = (name: string) => ({
    name,
    totalWeight: 100,
    backends: [
      { name: 'v1', weight: 90, endpoints },
      { name: 'v2', weight: 10, endpoints },
    ],
    routes: [],
    fallback: { kind: 'none' as const },
  })
  const names = ['shop.api-stable.80', 'shop.api-stable.81']
  const backends = [
    { name: 'v1', weight: 90 },
    { name: 'v2', weight: 10 },
  ]
  return {
    admin: { address: { host: podAddress, port: 0 } },
    routing: { routes: names.map((name, i) => ({ path: `/${i}`, pathType: 'Prefix', split: name })), splits: names.map(split) },
    trafficSplits: [{ namespace: 'shop', name: 'api', uid, generation, backends, services: [{ name: 'api-stable', splits: names }] }],
    scope: { namespaces: null, class: 'spillway' },
  }
}

function sliceOf(name: string, port: number, conditions: { readonly serving: boolean; readonly terminating?: boolean }): EndpointSlice {
  return {
    metadata: { namespace: 'edges', name: `edge-${name}`, labels: { 'kubernetes.io/service-name': 'edge' } },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: [podAddress],
        conditions: { ready: conditions.serving, ...conditions },
        targetRef: { kind: 'Pod', namespace: 'edges', name, uid: `uid-${name}` },
      },
    ],
    ports: [
      { name: 'http', port: 1 },
      { name: 'admin', port },
    ],
  }
}

type Scene = {
  readonly stage: Stage
  readonly traffic: Traffic
  readonly uid: string
  readonly told: ChangedKeys[]
  readonly lines: string[]
  /** As the controller sees it. */
  skipMs(ms: number): void
  /** Makes an endpoint, or changes its state. */
  place(name: string, port: number, conditions?: { readonly serving: boolean; readonly terminating?: boolean }): void
  remove(name: string): void
  /** By name, the generation that each needed edge serves by. */
  applied(): Readonly<Record<string, number | undefined>>
  split(): TrafficSplit
}

async function startScene(t: Test): Promise<Scene> {
  const stage = await openStage(t, { hasKubelet: false })
  const { cluster } = stage
  for (const name of ['edges', 'shop']) cluster.create('namespaces', { metadata: { name } })
  const labels = { 'spillway.dev/component': 'edge' }
  const ports = [{ name: 'admin', port: 9901 }]
  cluster.create('services', { metadata: { namespace: 'edges', name: 'edge', labels }, spec: { clusterIP: 'None', ports } } as never)
  const client = await stage.client()
  const made = await client.create<TrafficSplit>(trafficSplits, { metadata: { namespace: 'shop', name: 'api' }, spec })
  const stop = new AbortController()
  const informers = openInformers({ client })
  const splits = informers.of<TrafficSplit>({ resource: trafficSplits })
  const lines: string[] = []
  const write = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const log = { info: write, warn: write, error: write }
  let skippedMs = 0
  const traffic = openTraffic({
    informers,
    splits: splits.store,
    edgeNamespaces: ['edges'],
    edgeUrls: [],
    tokenFile: undefined,
    log,
    now: () => performance.now() + skippedMs,
  })
  const told: ChangedKeys[] = []
  traffic.subscribe((keys) => told.push(keys))
  const writer = openStatusWriter({
    client,
    splits: splits.store,
    traffic,
    guard: () => stop.signal,
    log,
    times: { gatherMs: 20, progressingMs: 300 },
  })
  const running = Promise.all([informers.run(stop.signal), traffic.run(stop.signal), writer.run(stop.signal)])
  t.teardown(async () => {
    stop.abort()
    await running
  })
  await splits.synced()
  await traffic.synced(stop.signal)
  const placed = new Set<string>()
  return {
    stage,
    traffic,
    uid: made.metadata.uid!,
    told,
    lines,
    skipMs(ms) {
      skippedMs += ms
    },
    place(name, port, conditions = { serving: true }) {
      const slice = sliceOf(name, port, conditions)
      if (placed.has(name)) cluster.update('endpointslices.discovery.k8s.io', slice)
      else cluster.create('endpointslices.discovery.k8s.io', slice)
      placed.add(name)
    },
    remove: (name) => void cluster.delete('endpointslices.discovery.k8s.io', { namespace: 'edges', name: `edge-${name}` }),
    applied: () => Object.fromEntries(traffic.edgesOf('shop/api').map(({ name, applied }) => [name, applied?.generation])),
    split: () => splits.store.get('shop/api')!,
  }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

async function withEdges(t: Test, count: number, uid: string): Promise<readonly Edge[]> {
  const edges = await Promise.all(Array.from({ length: count }, () => startEdge(served(uid, 1))))
  t.teardown(() => Promise.all(edges.map((edge) => edge.close())))
  return edges
}

t.test('C13, E11: a version is acknowledged when every edge serves by it, and that is known at once', async (t) => {
  const { stage, uid, told, place, applied, split, traffic } = await startScene(t)
  t.strictSame(applied(), {}, 'there is no edge yet')
  const edges = await withEdges(t, 3, uid)
  for (const [i, edge] of edges.entries()) place(`e${i}`, edge.admin.port)
  await stage.until('all edges are heard of', () => Object.values(applied()).every((at) => at === 1) && Object.keys(applied()).length === 3)
  await stage.until('its status', () => split().status?.acknowledged === 3)
  t.match(split().status, {
    observedGeneration: 1,
    edges: 3,
    acknowledged: 3,
    conditions: [
      { type: 'Acknowledged', status: 'True' },
      { type: 'Routed', status: 'True' },
    ],
  })
  t.match(traffic.edgesOf('shop/api')[0], {
    routedServices: ['api-stable'],
    backends: [
      { podTemplateHash: 'v1', readyEndpoints: 1, inFlight: 0 },
      { podTemplateHash: 'v2', readyEndpoints: 1, inFlight: 0 },
    ],
  })

  const client = await stage.client()
  const patch = {
    kind: 'merge',
    body: { spec: { ...spec, totalWeight: 100, services: [{ ...spec.services[0], weights: [{ podTemplateHash: 'v1', weight: 100 }] }] } },
  } as const
  await client.patch(trafficSplits, { namespace: 'shop', name: 'api' }, patch)
  told.length = 0
  edges[0]!.apply(served(uid, 2))
  edges[2]!.apply(served(uid, 2))
  await stage.until('two of three', () => Object.values(applied()).filter((at) => at === 2).length === 2)
  t.equal(applied()['e1'], 1, 'one lags behind')
  t.ok(
    told.some((keys) => keys !== 'all' && keys.includes('shop/api')),
    'whoever decides was told',
  )
  await stage.until('its status', () => split().status?.acknowledged === 2 && split().status?.observedGeneration === 2)
  t.match(split().status?.conditions?.[0], { status: 'False', reason: 'EdgesBehind', message: /e1$/ })

  const samples: number[] = []
  for (let generation = 3; generation < 23; generation++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const unsubscribe = traffic.subscribe(() => applied()['e1'] === generation && resolve())
    const inUse = edges[1]!.nextInUse()
    edges[1]!.apply(served(uid, generation))
    await inUse
    const startMs = performance.now()
    if (applied()['e1'] !== generation) await promise
    samples.push(performance.now() - startMs)
    unsubscribe()
  }
  samples.sort((a, b) => a - b)
  t.comment(`from in use to known: half ${samples[10]!.toFixed(1)} ms, longest ${samples.at(-1)!.toFixed(1)} ms`)
  t.ok(samples[10]! < 250, 'acknowledged within the time that a change may take')
})

t.test('edges come and go', async (t) => {
  const { stage, uid, told, place, remove, applied, split } = await startScene(t)
  const [a, b] = (await withEdges(t, 2, uid)) as [Edge, Edge]
  place('a', a.admin.port)
  place('b', b.admin.port, { serving: false })
  await stage.until('the one that serves', () => applied()['a'] === 1)
  t.strictSame(Object.keys(applied()), ['a'], 'the other is not ready yet')
  place('b', b.admin.port, { serving: true })
  await stage.until('both', () => applied()['b'] === 1)
  place('dead', 1)
  await stage.until('one that never speaks', () => 'dead' in applied())
  t.equal(applied()['dead'], undefined, 'it is waited for')
  await stage.until('why', () => split().status?.conditions?.[0]?.reason === 'SilentEdges')
  t.match(split().status?.conditions?.[0]?.message, /^not heard of: dead \(.*ECONNREFUSED/)
  remove('dead')
  await stage.until('it is gone', () => !('dead' in applied()))
  place('a', a.admin.port, { serving: true, terminating: true })
  await stage.until('one that ends', () => !('a' in applied()))
  told.length = 0
  await b.close()
  await stage.until('it takes leave by its own account', () => Object.keys(applied()).length === 0)
  t.ok(told.includes('all'))
  await stage.until('nobody is left', () => split().status?.edges === 0)
  t.match(split().status?.conditions?.[0], { status: 'False', reason: 'NoReadyEdge' }, 'zero edges never agree')
})

t.test('a partition: what was told last stands for ten seconds, then nothing does', async (t) => {
  const { stage, uid, told, place, skipMs, traffic, lines } = await startScene(t)
  let isCut = false
  const splits = [splitReport('api', 1, { applied: { uid, generation: 1, etag: '' } })]
  const edge = await startScriptedEdge((request, response) => {
    if (isCut) return void request.socket.destroy()
    response.write(line(report({ splits })))
    const timer = setInterval(() => {
      if (isCut) response.destroy()
      else response.write(line(report({ complete: false, splits: [] })))
    }, 50)
    response.on('close', () => clearInterval(timer))
  }, podAddress)
  t.teardown(() => edge.close())
  const only = () => traffic.edgesOf('shop/api')[0]
  place('cut', Number(new URL(edge.url).port))
  await stage.until('it speaks', () => only()?.silentMs === 0)
  isCut = true
  await stage.until('trouble', () => only()?.trouble !== undefined)
  t.match(only(), { applied: { uid, generation: 1 } })
  t.ok((only()?.silentMs ?? 0) < 10_000)
  told.length = 0
  skipMs(10_000)
  await stage.until('all are told of the silence', () => told.includes('all'))
  t.ok(only()!.silentMs! >= 10_000)
  told.length = 0
  isCut = false
  await stage.until('it is heard of again', () => only()?.silentMs === 0)
  t.ok(told.includes('all'), 'and all are told')
  t.match(lines.join('\n'), /an edge is not heard of .*"edge":"cut".*\n.*an edge is heard of again/s)
})

t.test('numbers of all edges, ports and restarts in the status', async (t) => {
  const { stage, uid, place, split } = await startScene(t)
  const [a, b] = (await withEdges(t, 2, uid)) as [Edge, Edge]
  place('a', a.admin.port)
  place('b', b.admin.port)
  const of = (hash: string) => split().status?.traffic?.find((each) => each.podTemplateHash === hash)
  await stage.until('the first numbers', () => of('v1') !== undefined && split().status?.acknowledged === 2)
  for (let i = 0; i < 30; i++) for (const edge of [a, b]) await ask(edge.addresses[0]!, get(`/${i % 2}`))
  await stage.until('the numbers', () => (of('v1')?.requests ?? 0) + (of('v2')?.requests ?? 0) === 60)
  t.match(
    [of('v1'), of('v2')],
    [
      { weight: 90, role: 'stable', failures: 0, readyEndpoints: 1 },
      { weight: 10, role: 'canary' },
    ],
  )
  t.ok(Math.abs(of('v2')!.requests - 6) <= 4, `${of('v2')!.requests} of 60 for 10 %`)
  await stage.until('rates', () => of('v1')?.successRate !== undefined)
  t.match(of('v1'), { successRate: '1.0000', requestRate: /^\d+\.\d$/, p50Seconds: /^0\.\d+$/, p99Seconds: /^0\.\d+$/ })
  await b.close()
  const again = await startEdge(served(uid, 1))
  t.teardown(() => again.close())
  place('b2', again.admin.port)
  for (let i = 0; i < 10; i++) await ask(again.addresses[0]!, get('/0'))
  await stage.until('all that was counted', () => (of('v1')?.requests ?? 0) + (of('v2')?.requests ?? 0) === 70)
})
