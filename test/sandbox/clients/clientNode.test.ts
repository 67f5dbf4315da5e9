// The informer of @kubernetes/client-node, unmodified: it sees all that is there and all that happens, though its watches break.

import { setTimeout as after } from 'node:timers/promises'
import { type ADD, CoreV1Api, type DELETE, KubeConfig, ListWatch, type UPDATE, type V1ConfigMap, Watch } from '@kubernetes/client-node'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { serveNamespace } from './replay.ts'
import { until } from './until.ts'

type Settings = KubeObject & { readonly data?: Readonly<Record<string, string>> }

const namespace = 'clients-node'
const count = 200
const { server, kubeconfig, stop } = await serveNamespace(namespace)
const { cluster, faults } = server
t.teardown(stop)

const named = (index: number): string => `settings-${String(index).padStart(3, '0')}`
function create(index: number): void {
  cluster.create<Settings>('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: named(index), namespace }, data: { round: '0' } })
}
function update(index: number, round: string): void {
  cluster.update<Settings>('configmaps', { ...cluster.find<Settings>('configmaps', { namespace, name: named(index) })!, data: { round } })
}
function remove(index: number): void {
  cluster.delete('configmaps', { namespace, name: named(index) })
}
const indexes = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, offset) => from + offset)

const config = new KubeConfig()
config.loadFromFile(kubeconfig)
const api = config.makeApiClient(CoreV1Api)

type Versions = Readonly<Record<string, string | undefined>>
const versions = (objects: readonly { metadata?: { name?: string | undefined; resourceVersion?: string | undefined } }[]): Versions =>
  Object.fromEntries(objects.map(({ metadata }) => [metadata?.name, metadata?.resourceVersion] as const).sort())
const kept = (): Versions => versions(cluster.list('configmaps', { namespace }))

/** An informer that has begun, and the names that it told of. */
async function startInformer(t: { teardown(f: () => Promise<void>): void }) {
  const seen: Record<ADD | UPDATE | DELETE, string[]> = { add: [], update: [], delete: [] }
  // As makeInformer does, but for the pauses between its attempts, which would outlast the test.
  const list = () => api.listNamespacedConfigMap({ namespace })
  const pauses = { delayFn: (ms: number) => after(Math.min(ms, 50)) }
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const informer = new ListWatch<V1ConfigMap>(path, new Watch(config), list, false, undefined, undefined, pauses)
  for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, ({ metadata }) => void seen[verb].push(metadata?.name ?? ''))
  let isEnding = false
  // Going on is left to its user; but a watch that it gave up itself, for being too old, it has replaced already.
  informer.on('error', (error?: Error) => {
    if (!isEnding && error?.name !== 'AbortError') void informer.start()
  })
  t.teardown(() => {
    isEnding = true
    return informer.stop()
  })
  await informer.start()
  const agrees = (): boolean => JSON.stringify(versions(informer.list())) === JSON.stringify(kept())
  return { informer, seen, settled: () => until(agrees, 'the informer holds what the server does') }
}

t.test('it sees every object, and every write', async (t) => {
  for (const index of indexes(0, count)) create(index)
  const { informer, seen, settled } = await startInformer(t)
  await settled()
  const all = indexes(0, count).map(named)
  t.same(seen.add.filter((name) => name !== 'kube-root-ca.crt').sort(), all)
  t.same([seen.update, seen.delete], [[], []])

  for (const index of indexes(0, 100)) update(index, '1')
  for (const index of indexes(50, 150)) remove(index)
  for (const index of indexes(count, count + 50)) create(index)
  await settled()
  t.same(seen.update, indexes(0, 100).map(named))
  t.same(seen.delete, indexes(50, 150).map(named))
  t.same(seen.add.slice(-50), indexes(count, count + 50).map(named))
  t.equal(informer.get(named(0), namespace)?.data?.['round'], '1')
  t.same(informer.list().length, cluster.list('configmaps', { namespace }).length)
})

t.test('a watch that breaks is taken up again, and what was missed comes', async (t) => {
  faults.add({
    match: { verbs: ['watch'], resource: 'configmaps' },
    occurrence: { kind: 'first', count: 2 },
    effect: { kind: 'cutWatch', afterEvents: 5 },
  })
  t.teardown(() => faults.clear())
  const { seen, settled } = await startInformer(t)
  await settled()
  for (const round of ['2', '3', '4']) {
    for (const index of indexes(0, 10)) update(index, round)
    await settled()
  }
  t.equal(faults.reports()[0]!.hit, 2)
  t.same([...new Set(seen.update)].sort(), indexes(0, 10).map(named))
  t.same(seen.delete, [])
})

t.test('when the server has forgotten what was missed, it lists again', async (t) => {
  faults.add({
    match: { verbs: ['watch'], resource: 'configmaps' },
    occurrence: { kind: 'nth', nth: 1 },
    effect: { kind: 'cutWatch', afterEvents: 5 },
  })
  t.teardown(() => faults.clear())
  const { seen, settled } = await startInformer(t)
  await settled()
  await until(() => faults.reports()[0]!.hit === 1, 'it watches')
  for (const index of indexes(0, 10)) update(index, '5')
  remove(10)
  create(999)
  server.compact()
  await settled()
  t.same(seen.delete, [named(10)])
  t.ok(seen.add.includes(named(999)))
  t.same([...new Set(seen.update)].sort(), indexes(0, 10).map(named))
})
