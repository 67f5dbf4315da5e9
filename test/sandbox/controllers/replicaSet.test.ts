import t, { type Test } from 'tap'
import type { Pod } from '../../../src/api/pod.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import { ApiError } from '../../../src/sandbox/apiserver/apiError.ts'
import { replicaSetController } from '../../../src/sandbox/controllers/replicaSet/controller.ts'
import { eventsOf, namespace, pods, replicaSet, setPod, template } from './objects.ts'
import { type TestCluster, testCluster } from './testCluster.ts'

const sets = 'replicasets.apps'

async function open(t: Test, set?: ReplicaSet): Promise<TestCluster> {
  const memory = testCluster()
  memory.cluster.create('namespaces', { metadata: { name: namespace } })
  if (set !== undefined) memory.cluster.create(sets, set)
  const runner = memory.run([replicaSetController])
  t.teardown(() => runner.stop())
  await memory.settle()
  return memory
}

const web = ({ cluster }: TestCluster): ReplicaSet => cluster.find<ReplicaSet>(sets, { namespace, name: 'web' })!

t.test('pods are made, named, owned, and told of', async (t) => {
  const memory = await open(t, replicaSet({ replicas: 2 }))
  const set = web(memory)
  t.equal(pods(memory).length, 2)
  for (const { metadata, spec } of pods(memory)) {
    t.match(metadata, { generateName: 'web-', labels: template.metadata.labels, namespace })
    t.same(metadata.ownerReferences, [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
    ])
    t.match(spec, template.spec)
  }
  t.same(set.status, { replicas: 2, fullyLabeledReplicas: 2, observedGeneration: 1 })
  t.same(
    eventsOf(memory).toSorted(),
    pods(memory)
      .map(({ metadata }) => `Normal SuccessfulCreate Created pod: ${metadata.name}`)
      .toSorted(),
  )
})

t.test('the first status is of what was there before the pods were made, as upstream', async (t) => {
  const memory = await open(t)
  const seen: unknown[] = []
  const end = memory.cluster.follow([sets], ({ object }) => seen.push((object as ReplicaSet).status))
  t.teardown(end)
  memory.cluster.create(sets, replicaSet({ replicas: 1 }))
  await memory.settle()
  t.same(seen, [{ replicas: 0 }, { replicas: 0, observedGeneration: 1 }, { replicas: 1, fullyLabeledReplicas: 1, observedGeneration: 1 }])
})

t.test('pods that end, are deleted or go are replaced', async (t) => {
  const memory = await open(t, replicaSet({ replicas: 2 }))
  const [first, second] = pods(memory)
  setPod(memory, first!.metadata.name, { phase: 'Failed' })
  await memory.settle()
  t.equal(pods(memory).length, 3, 'one that failed stays, and is replaced')
  setPod(memory, second!.metadata.name, {})
  memory.cluster.delete('pods', second!.metadata)
  await memory.settle()
  t.equal(pods(memory).length, 4, 'one that is on its way out is replaced at once')
  t.match(web(memory).status, { replicas: 2 })
  memory.cluster.delete('pods', second!.metadata, { gracePeriodSeconds: 0 })
  await memory.settle()
  t.equal(pods(memory).length, 3)
})

t.test('ready pods become available after minReadySeconds', async (t) => {
  const memory = await open(t, replicaSet({ replicas: 2, minReadySeconds: 10 }))
  const [first, second] = pods(memory).map(({ metadata }) => metadata.name)
  setPod(memory, first!, {})
  await memory.advance(4_000)
  setPod(memory, second!, {})
  await memory.settle()
  t.match(web(memory).status, { readyReplicas: 2 })
  t.equal(web(memory).status?.availableReplicas, undefined)
  await memory.advance(6_000)
  t.equal(web(memory).status?.availableReplicas, 1)
  await memory.advance(3_999)
  t.equal(web(memory).status?.availableReplicas, 1)
  await memory.advance(1)
  t.equal(web(memory).status?.availableReplicas, 2)
})

t.test('orphans that match are adopted, others released', async (t) => {
  const memory = await open(t)
  const stray = memory.cluster.create<Pod>('pods', { metadata: { name: 'stray', namespace, labels: { app: 'web' } }, spec: template.spec })
  memory.cluster.create(sets, replicaSet({ replicas: 1 }))
  await memory.settle()
  t.same(
    pods(memory).map(({ metadata }) => metadata.name),
    ['stray'],
  )
  t.equal(pods(memory)[0]!.metadata.ownerReferences?.[0]?.name, 'web')
  const taken = memory.cluster.find<Pod>('pods', stray.metadata)!
  memory.cluster.update('pods', { ...taken, metadata: { ...taken.metadata, labels: { app: 'other' } } })
  await memory.settle()
  t.equal(memory.cluster.find<Pod>('pods', stray.metadata)!.metadata.ownerReferences, undefined)
  t.equal(pods(memory).length, 2, 'and replaced')
})

t.test('a set that is being deleted leaves its pods alone', async (t) => {
  const memory = await open(t, replicaSet({ replicas: 1 }))
  memory.cluster.delete(sets, { namespace, name: 'web' }, { propagationPolicy: 'Foreground' })
  const [pod] = pods(memory)
  memory.cluster.delete('pods', pod!.metadata)
  await memory.settle()
  t.equal(pods(memory).length, 0)
  t.match(web(memory).status, { replicas: 0 })
})

t.test('refusals are a condition and an event, and tried again with longer and longer waits', async (t) => {
  const memory = await open(t)
  const refusal = new ApiError({ code: 403, reason: 'Forbidden', message: 'pods "web-" is forbidden: exceeded quota' })
  memory.refusals.set('pods', refusal)
  memory.cluster.create(sets, replicaSet({ replicas: 3 }))
  await memory.advance(100)
  t.match(web(memory).status?.conditions, [
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal.message, lastTransitionTime: '2030-01-01T00:00:00Z' },
  ])
  t.match(eventsOf(memory), [/^Warning FailedCreate Error creating: pods "web-" is forbidden: exceeded quota ×[3-6]$/])
  memory.refusals.clear()
  await memory.advance(30_000)
  t.equal(pods(memory).length, 3)
  t.equal(web(memory).status?.conditions, undefined)
})

t.test('a namespace that ends is no failure', async (t) => {
  const memory = await open(t)
  const details = { causes: [{ reason: 'NamespaceTerminating', message: 'namespace shop is being terminated', field: 'metadata.namespace' }] }
  memory.refusals.set('pods', new ApiError({ code: 403, reason: 'Forbidden', message: 'x', details }))
  memory.cluster.create(sets, replicaSet({ replicas: 3 }))
  await memory.settle()
  t.same(eventsOf(memory), [])
  t.same(web(memory).status, { replicas: 0, observedGeneration: 1 })
})

t.test('of several, the least missed are deleted', async (t) => {
  const memory = await open(t, replicaSet({ replicas: 6 }))
  const [pending, unready, cheap, restarted, old, young] = pods(memory).map(({ metadata }) => metadata.name)
  for (const name of [restarted, old]) setPod(memory, name!, {})
  await memory.advance(3_600_000)
  setPod(memory, unready!, { ready: false })
  for (const name of [cheap, young]) setPod(memory, name!, {})
  const costs = memory.cluster.find<Pod>('pods', { namespace, name: cheap! })!
  memory.cluster.update('pods', { ...costs, metadata: { ...costs.metadata, annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } } })
  const restarts = memory.cluster.find<Pod>('pods', { namespace, name: restarted! })!
  const containerStatuses = [{ name: 'web', ready: true, restartCount: 2, image: 'demo', imageID: '' }]
  memory.cluster.update('pods', { ...restarts, status: { ...restarts.status, containerStatuses } }, 'status')
  await memory.advance(1_000)
  const gone: string[] = []
  for (const replicas of [5, 4, 3, 2, 1]) {
    const before = new Set(pods(memory).filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    memory.cluster.update(sets, { ...web(memory), spec: { ...web(memory).spec, replicas } })
    await memory.settle()
    const left = new Set(pods(memory).filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    gone.push(...[...before].filter((pod) => !left.has(pod)).map(({ metadata }) => metadata.name))
  }
  t.same(gone, [pending, unready, cheap, young, restarted])
  t.ok(eventsOf(memory).includes(`Normal SuccessfulDelete Deleted pod: ${restarted}`))
})
