import t, { type Test } from 'tap'
import type { Pod } from '../../../src/api/pod.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import { ApiError } from '../../../src/sandbox/apiserver/apiError.ts'
import { replicaSetController } from '../../../src/sandbox/controllers/replicaSet/controller.ts'
import { type MemoryCluster, memoryCluster } from './memoryCluster.ts'
import { eventsOf, namespace, pods, replicaSet, setPod, template } from './objects.ts'

const sets = 'replicasets.apps'

function open(t: Test, set?: ReplicaSet): MemoryCluster {
  const memory = memoryCluster()
  if (set !== undefined) memory.cluster.create(sets, set)
  const runner = memory.run([replicaSetController])
  t.teardown(() => runner.stop())
  memory.settle()
  return memory
}

const web = ({ cluster }: MemoryCluster): ReplicaSet => cluster.find<ReplicaSet>(sets, { namespace, name: 'web' })!

t.test('pods are made, named, owned, and told of', (t) => {
  const memory = open(t, replicaSet({ replicas: 2 }))
  const set = web(memory)
  t.equal(pods(memory).length, 2)
  for (const { metadata, spec } of pods(memory)) {
    t.match(metadata, { generateName: 'web-', labels: template.metadata.labels, namespace })
    t.same(metadata.ownerReferences, [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
    ])
    t.same(spec, template.spec)
  }
  t.same(set.status, { replicas: 2, fullyLabeledReplicas: 2, observedGeneration: 1 })
  t.same(
    eventsOf(memory),
    pods(memory).map(({ metadata }) => `Normal SuccessfulCreate Created pod: ${metadata.name}`),
  )
  t.end()
})

t.test('the first status is of what was there before the pods were made, as upstream', (t) => {
  const memory = open(t, replicaSet({ replicas: 1 }))
  t.same(
    memory.writes.filter(({ resource }) => resource !== 'events').map(({ resource, verb }) => `${verb} ${resource}`),
    ['create replicasets.apps', 'create pods', 'status replicasets.apps', 'status replicasets.apps'],
  )
  t.end()
})

t.test('pods that end, are deleted or go are replaced', (t) => {
  const memory = open(t, replicaSet({ replicas: 2 }))
  const [first, second] = pods(memory)
  setPod(memory, first!.metadata.name, { phase: 'Failed' })
  memory.settle()
  t.equal(pods(memory).length, 3, 'one that failed stays, and is replaced')
  setPod(memory, second!.metadata.name, {})
  memory.cluster.delete('pods', second!.metadata)
  memory.settle()
  t.equal(pods(memory).length, 4, 'one that is on its way out is replaced at once')
  t.match(web(memory).status, { replicas: 2 })
  memory.removePod(namespace, second!.metadata.name)
  memory.settle()
  t.equal(pods(memory).length, 3)
  t.end()
})

t.test('ready pods become available after minReadySeconds', (t) => {
  const memory = open(t, replicaSet({ replicas: 2, minReadySeconds: 10 }))
  const [first, second] = pods(memory).map(({ metadata }) => metadata.name)
  setPod(memory, first!, {})
  memory.advance(4_000)
  setPod(memory, second!, {})
  memory.settle()
  t.match(web(memory).status, { readyReplicas: 2 })
  t.equal(web(memory).status?.availableReplicas, undefined)
  memory.advance(6_000)
  t.equal(web(memory).status?.availableReplicas, 1)
  memory.advance(3_999)
  t.equal(web(memory).status?.availableReplicas, 1)
  memory.advance(1)
  t.equal(web(memory).status?.availableReplicas, 2)
  t.end()
})

t.test('orphans that match are adopted, others released', (t) => {
  const memory = open(t)
  const stray = memory.cluster.create<Pod>('pods', { metadata: { name: 'stray', namespace, labels: { app: 'web' } }, spec: template.spec })
  memory.cluster.create(sets, replicaSet({ replicas: 1 }))
  memory.settle()
  t.same(
    pods(memory).map(({ metadata }) => metadata.name),
    ['stray'],
  )
  t.equal(pods(memory)[0]!.metadata.ownerReferences?.[0]?.name, 'web')
  const taken = memory.cluster.find<Pod>('pods', stray.metadata)!
  memory.cluster.update('pods', { ...taken, metadata: { ...taken.metadata, labels: { app: 'other' } } })
  memory.settle()
  t.equal(memory.cluster.find<Pod>('pods', stray.metadata)!.metadata.ownerReferences, undefined)
  t.equal(pods(memory).length, 2, 'and replaced')
  t.end()
})

t.test('a set that is being deleted leaves its pods alone', (t) => {
  const memory = open(t, replicaSet({ replicas: 1 }))
  memory.cluster.delete(sets, { namespace, name: 'web' }, { propagationPolicy: 'Foreground' })
  const [pod] = pods(memory)
  memory.cluster.delete('pods', pod!.metadata)
  memory.settle()
  t.equal(pods(memory).length, 0)
  t.match(web(memory).status, { replicas: 0 })
  t.end()
})

t.test('refusals are a condition and an event, and tried again with longer and longer waits', (t) => {
  const memory = open(t)
  const refusal = new ApiError({ code: 403, reason: 'Forbidden', message: 'pods "web-" is forbidden: exceeded quota' })
  memory.refusals.set('pods', refusal)
  memory.cluster.create(sets, replicaSet({ replicas: 3 }))
  memory.advance(100)
  t.match(web(memory).status?.conditions, [
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal.message, lastTransitionTime: '2030-01-01T00:00:00Z' },
  ])
  t.match(eventsOf(memory), [/^Warning FailedCreate Error creating: pods "web-" is forbidden: exceeded quota ×[3-6]$/])
  memory.refusals.clear()
  memory.advance(30_000)
  t.equal(pods(memory).length, 3)
  t.equal(web(memory).status?.conditions, undefined)
  t.end()
})

t.test('a namespace that ends is no failure', (t) => {
  const memory = open(t)
  const details = { causes: [{ reason: 'NamespaceTerminating', message: 'namespace shop is being terminated', field: 'metadata.namespace' }] }
  memory.refusals.set('pods', new ApiError({ code: 403, reason: 'Forbidden', message: 'x', details }))
  memory.cluster.create(sets, replicaSet({ replicas: 3 }))
  memory.settle()
  t.same(eventsOf(memory), [])
  t.same(web(memory).status, { replicas: 0, observedGeneration: 1 })
  t.end()
})

t.test('of several, the least missed are deleted', (t) => {
  const memory = open(t, replicaSet({ replicas: 6 }))
  const [pending, unready, cheap, restarted, old, young] = pods(memory).map(({ metadata }) => metadata.name)
  for (const name of [restarted, old]) setPod(memory, name!, {})
  memory.advance(3_600_000)
  setPod(memory, unready!, { ready: false })
  for (const name of [cheap, young]) setPod(memory, name!, {})
  const costs = memory.cluster.find<Pod>('pods', { namespace, name: cheap! })!
  memory.cluster.update('pods', { ...costs, metadata: { ...costs.metadata, annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } } })
  const restarts = memory.cluster.find<Pod>('pods', { namespace, name: restarted! })!
  const containerStatuses = [{ name: 'web', ready: true, restartCount: 2, image: 'demo', imageID: '' }]
  memory.cluster.update('pods', { ...restarts, status: { ...restarts.status, containerStatuses } }, 'status')
  memory.advance(1_000)
  const gone: string[] = []
  for (const replicas of [5, 4, 3, 2, 1]) {
    const before = new Set(pods(memory).filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    memory.cluster.update(sets, { ...web(memory), spec: { ...web(memory).spec, replicas } })
    memory.settle()
    const left = new Set(pods(memory).filter(({ metadata }) => metadata.deletionTimestamp === undefined))
    gone.push(...[...before].filter((pod) => !left.has(pod)).map(({ metadata }) => metadata.name))
  }
  t.same(gone, [pending, unready, cheap, young, restarted])
  t.match(eventsOf(memory).at(-1), `Normal SuccessfulDelete Deleted pod: ${restarted}`)
  t.end()
})
