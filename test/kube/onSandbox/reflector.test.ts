// Promises C3, C4, C5 and C8 on a server that speaks Kubernetes whole, and fails as it is told.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { openInformers } from '../../../src/kube/informers.ts'
import { compareVersions, configMaps, keyOf, type Resource, services } from '../../../src/kube/resource.ts'
import type { Store } from '../../../src/kube/store.ts'
import type { FaultEffect } from '../../../src/sandbox/apiserver/faults/fault.ts'
import type { NewFault } from '../../../src/sandbox/apiserver/faults/parseFault.ts'
import { type Scene, startScene } from './scene.ts'

/** 10,000 by hand. */
const faults = Number(process.env['FAULTS'] ?? 250)
const kinds: readonly Resource[] = [configMaps, services]
const maxFaultMs = 400
t.setTimeout(120_000 + faults * maxFaultMs)

/** One fault of any kind, on lists or watches of any kind of objects. */
function anyFault({ below }: Scene): NewFault {
  const pick = <T>(values: readonly T[]): T => values[below(values.length)]!
  const onWatch: readonly FaultEffect[] = [
    { kind: 'cutWatch', afterEvents: below(4) },
    { kind: 'silenceWatch', afterEvents: below(4) },
    { kind: 'repeatEvents', every: 1 + below(3) },
    { kind: 'holdEvents', ms: below(60) },
  ]
  const onAny: readonly FaultEffect[] = [
    ...[410, 429, 500, 503].map((code) => ({ kind: 'refuse', code, ...(code === 429 && { retryAfterSeconds: 0 }) }) as const),
    { kind: 'drop', when: pick(['before', 'after']) },
    { kind: 'delay', ms: below(100) },
  ]
  const verb = pick(['list', 'watch', 'watch'])
  const effect = pick<FaultEffect>([...onAny, ...(verb === 'watch' ? onWatch : ([{ kind: 'stale', revisions: 1 + below(200) }] as const))])
  return { match: { verbs: [verb], resource: pick(kinds).name }, occurrence: { kind: 'first', count: 1 + below(3) }, effect }
}

/** Some write, as seen from nowhere: it meets no faults. */
function write({ server: { cluster }, below }: Scene): void {
  const resource = kinds[below(kinds.length)]!.name
  const at = { namespace: 'default', name: `thing-${below(30)}` }
  const found = cluster.find(resource, at)
  const spec = resource === 'services' ? { spec: { ports: [{ port: 80 }] } } : {}
  if (found === undefined) cluster.create(resource, { metadata: at, ...spec })
  else if (below(3) === 0) cluster.delete(resource, at)
  else cluster.update(resource, { ...found, metadata: { ...found.metadata, annotations: { n: String(below(1e9)) } } })
}

/** What a reader who believes each change would hold, and what no change may be. */
function believe(store: Store<KubeObject>, wrongs: string[]): ReadonlyMap<string, KubeObject> {
  const held = new Map<string, KubeObject>()
  store.subscribe((change) => {
    const key = keyOf(change.object)
    const before = held.get(key)
    const order = before && compareVersions(change.object.metadata.resourceVersion, before.metadata.resourceVersion)
    if ((change.kind === 'added') !== (before === undefined)) wrongs.push(`${change.kind} ${key}, which ${before ? 'is there' : 'is not'}`)
    if (order !== undefined && order < 0) wrongs.push(`${change.kind} ${key} goes back in time`)
    if (change.kind === 'deleted') held.delete(key)
    else held.set(key, change.object)
  })
  return held
}

const text = (objects: Iterable<KubeObject>): string =>
  JSON.stringify([...objects].map((each) => [keyOf(each), each.metadata.uid, each.metadata.resourceVersion]).sort())

t.test('C3 C4 C5 whatever lists and watches do, every store comes to hold what there is, and tells each change', async (t) => {
  const scene = await startScene(t)
  const { server, random, below } = scene
  const times = { watchS: 2, backoff: { firstMs: 5, longestMs: 50 } }
  const informers = openInformers({ client: await scene.client(), times, random, onFailure: () => undefined })
  const stop = new AbortController()
  const followed = kinds.map((resource) => ({ resource, informer: informers.of<KubeObject>({ resource }) }))
  const wrongs: string[] = []
  const believed = followed.map(({ informer }) => believe(informer.store, wrongs))
  const run = informers.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await run
  })
  let hits = 0
  for (let i = 0; i < faults; i++) {
    const id = server.faults.add(anyFault(scene))
    for (let writes = below(6); writes > 0; writes--) write(scene)
    if (below(20) === 0) server.compact()
    await delay(below(i % 50 === 0 ? maxFaultMs : 20))
    hits += server.faults.reports().find((rule) => rule.id === id)?.hit ?? 0
    if (below(2) === 0) server.faults.remove(id)
  }
  hits += server.faults.reports().reduce((sum, { hit }) => sum + hit, 0)
  server.faults.clear()
  const untilMs = performance.now() + 15_000
  const agree = (): boolean =>
    followed.every(
      ({ resource, informer }, i) =>
        text(informer.store.values()) === text(server.cluster.list(resource.name)) && text(believed[i]!.values()) === text(informer.store.values()),
    )
  while (!agree() && performance.now() < untilMs) await delay(10)
  for (const [i, { resource, informer }] of followed.entries()) {
    t.equal(text(informer.store.values()), text(server.cluster.list(resource.name)), `${resource.name}: as the server has them`)
    t.equal(text(believed[i]!.values()), text(informer.store.values()), `${resource.name}: what was told makes up what is held`)
    t.equal(informer.state().kind, 'watching')
  }
  t.strictSame(wrongs, [])
  t.ok(hits > faults / 4, `${hits} faults were met`)
})
