// Promises E7 to E9 and E11: what an edge does without its cluster.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { lowPort } from '../../../ports.ts'
import { statusOf } from '../../http/message.ts'
import type { Upstream } from '../../http/upstream.ts'
import { type Gate, startGate } from './gate.ts'
import { ingress, path, service, slice, trafficSplit, weights } from './objects.ts'
import { anyPort, type ClusterEdge, podAddress, type Scene, startPod, startScene, until } from './scene.ts'

t.setTimeout(120_000)
const flaps = Number(process.env['FLAPS'] ?? 10)
const updates = Number(process.env['UPDATES'] ?? 100)
const requests = Number(process.env['REQUESTS'] ?? 400)

type Release = { readonly scene: Scene; readonly gate: Gate; readonly by: string; weigh(canary: number): number }

/** A release behind a gate. */
async function startRelease(t: Test): Promise<Release> {
  const scene = await startScene(t)
  const gate = await startGate(scene.server.port)
  const [stable, canary] = await Promise.all([startPod('stable'), startPod('canary')])
  t.teardown(() => Promise.all([gate.close(), stable.close(), canary.close()]))
  const at = (name: string, pod: Upstream): void => {
    const made = slice(name, [podAddress], { ports: [{ name: 'http', port: pod.port, protocol: 'TCP' }] })
    scene.put('endpointslices.discovery.k8s.io', { ...made, metadata: { ...made.metadata, name } })
  }
  for (const name of ['web', 'web-aaa', 'web-bbb']) scene.put('services', service(name, name === 'web' ? {} : { clusterIP: 'None' }))
  at('web-aaa', stable)
  at('web-bbb', canary)
  const weigh = (share: number): number => {
    const put = scene.put('trafficsplits.spillway.dev', trafficSplit([{ name: 'web', weights: weights(100 - share, share) }]))
    return put.metadata.generation ?? 0
  }
  weigh(10)
  scene.put('ingresses.networking.k8s.io', ingress('web', { rules: [{ host: 'shop.example', http: { paths: [path('/', 'web')] } }] }))
  return { scene, gate, by: scene.kubeconfigBy(gate.port), weigh }
}

/** How many of so many requests each version answered, and what else there was. */
async function sharesOf(edge: ClusterEdge, count: number): Promise<Readonly<Record<string, number>>> {
  const shares: Record<string, number> = {}
  for (let i = 0; i < count; i += 10)
    for (const answer of await Promise.all(Array.from({ length: 10 }, () => edge.get('/')))) {
      const told = statusOf(answer) === 200 ? answer.body : String(statusOf(answer))
      shares[told] = (shares[told] ?? 0) + 1
    }
  return shares
}

async function appliedIn(edge: ClusterEdge): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${edge.admin.port}/v1/reports`)
  const reader = response.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  const { splits } = JSON.parse(Buffer.from(value!).toString().split('\n')[0]!) as { splits: { applied: { generation: number } }[] }
  return splits[0]?.applied.generation ?? 0
}

t.test('E7 without its API server an edge serves on as it did, and says so; in step again within 2 s', async (t) => {
  const { gate, by, scene, weigh } = await startRelease(t)
  const edge = await scene.edge({ by })
  t.equal(await edge.metric('spillway_edge_control_plane_connected'), 1)
  gate.refuse()
  weigh(90)
  t.same(
    await sharesOf(edge, requests),
    { stable: requests * 0.9, canary: requests * 0.1 },
    `none of ${requests} failed, and the weights are those of before`,
  )
  t.equal(await edge.metric('spillway_edge_control_plane_connected'), 0)
  const age = (await edge.metric('spillway_edge_table_age_seconds')) ?? 0
  t.ok(age > 0, `${age} s old`)
  t.equal((await fetch(`http://127.0.0.1:${edge.admin.port}/readyz`)).status, 200, 'ready all the time')
  gate.open()
  await until(async () => (await appliedIn(edge)) === 2, 'the new weights', 2_000)
  await until(async () => (await edge.metric('spillway_edge_control_plane_connected')) === 1, 'connected')
  t.same(await sharesOf(edge, 100), { stable: 10, canary: 90 })
})

t.test('E8 a half-open connection is noticed, and what was missed is caught up with', async (t) => {
  const { gate, by, scene, weigh } = await startRelease(t)
  const times = { silenceMs: 1_500, reflector: { watchS: 1, backoff: { firstMs: 20, longestMs: 200 } } }
  const edge = await scene.edge({ by, times })
  gate.silence()
  await until(async () => (await edge.metric('spillway_edge_control_plane_connected')) === 0, 'noticed', 4_000)
  const generation = weigh(50)
  t.same(await sharesOf(edge, 100), { stable: 90, canary: 10 })
  gate.open()
  await until(async () => (await appliedIn(edge)) === generation, 'the new weights', 4_000)
})

t.test(`E8 ${flaps} flaps and ${updates} changes that are repeated, held up and overtaken: no older table is ever applied`, async (t) => {
  const { gate, by, scene, weigh } = await startRelease(t)
  const edge = await scene.edge({ by })
  for (const effect of [
    { kind: 'repeatEvents', every: 2 },
    { kind: 'holdEvents', ms: 15 },
  ] as const)
    scene.server.faults.add({ match: { verbs: ['watch'] }, effect })
  scene.server.faults.add({
    match: { verbs: ['list'] },
    occurrence: { kind: 'probability', probability: 0.3 },
    effect: { kind: 'stale', revisions: 20 },
  })
  const seen: number[] = []
  const stop = new AbortController()
  const watching = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      seen.push(await appliedIn(edge))
      await delay(5)
    }
  })()
  let generation = 1
  for (let i = 0; i < updates; i++) {
    generation = weigh((i % 99) + 1)
    if (i % Math.ceil(updates / flaps) === 0) {
      if (i % 2 === 0) gate.refuse()
      else gate.silence()
      await delay(30)
      gate.open()
    }
    await delay(5)
  }
  await until(async () => (await appliedIn(edge)) === generation, `generation ${generation} in the end`)
  stop.abort()
  await watching
  t.same(
    seen.filter((applied, index) => index > 0 && applied < seen[index - 1]!),
    [],
    `${new Set(seen).size} generations seen, each after the one before`,
  )
})

t.test('E9 a start without the API server serves the snapshot within 2 s, and the live state once it can', async (t) => {
  const { gate, by, scene, weigh } = await startRelease(t)
  const snapshot = join(scene.folder, 'snapshot')
  const first = await scene.edge({ by, snapshot })
  await first.close()
  for (const part of ['refuse', 'silence'] as const) {
    gate[part]()
    const startedMs = performance.now()
    const edge = await scene.edge({ by, snapshot })
    const tookMs = performance.now() - startedMs
    // Twice what is promised, since others use the machine too.
    t.ok(tookMs < 4_000, `${part}: ready after ${Math.round(tookMs)} ms`)
    t.same(await sharesOf(edge, 100), { stable: 90, canary: 10 })
    t.equal(await edge.metric('spillway_edge_control_plane_connected'), 0)
    gate.open()
    await until(async () => (await edge.metric('spillway_edge_control_plane_connected')) === 1, 'connected')
    await edge.close()
  }
  const generation = weigh(40)
  const live = await scene.edge({ by, snapshot })
  t.equal(await appliedIn(live), generation, 'where the server answers, the snapshot is never served')
  t.equal(live.tables(), 1)
})

t.test('E9 with neither API server nor snapshot an edge is never ready and takes no request', async (t) => {
  const { gate, by, scene } = await startRelease(t)
  gate.refuse()
  const [port, admin] = [await lowPort(), await lowPort()]
  const settings = { listeners: [{ address: { ...anyPort, port } }], admin: { address: { ...anyPort, port: admin } } }
  const edge = await scene.edge({ by, settings, unready: true, snapshot: join(scene.folder, 'none') })
  const ask = (path: string): Promise<number> =>
    fetch(`http://127.0.0.1:${admin}${path}`).then(
      ({ status }) => status,
      () => 0,
    )
  await until(async () => (await ask('/healthz')) === 200, 'alive')
  await until(() => edge.lines.some((line) => line.includes('there is no snapshot')), 'told')
  for (let i = 0; i < 20; i++) {
    t.equal(await ask('/readyz'), 503)
    t.equal(
      await fetch(`http://127.0.0.1:${port}/`).then(
        ({ status }) => status,
        () => 0,
      ),
      0,
    )
    await delay(20)
  }
  gate.open()
  await until(async () => (await ask('/readyz')) === 200, 'ready as soon as it can be')
})

t.test('E11 edges on different versions are each consistent, and tell theirs', async (t) => {
  const { gate, by, scene, weigh } = await startRelease(t)
  const [held, free] = [await scene.edge({ by }), await scene.edge()]
  gate.silence()
  let generation = 0
  for (const share of [20, 30, 40, 50, 60]) generation = weigh(share)
  await until(async () => (await appliedIn(free)) === generation, 'one goes on')
  t.equal(await appliedIn(held), 1, 'the other is five versions behind, and says so')
  t.same(await sharesOf(held, 100), { stable: 90, canary: 10 })
  t.same(await sharesOf(free, 100), { stable: 40, canary: 60 })
  gate.open()
  await until(async () => (await appliedIn(held)) === generation, 'both in the end')
})
