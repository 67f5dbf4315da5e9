import t from 'tap'
import type { Pod, PodPhase } from '../../../src/api/pod.ts'
import type { BudgetStatus, PodDisruptionBudget } from '../../../src/api/policy.ts'
import { disruptionController } from '../../../src/sandbox/controllers/disruption/controller.ts'
import { evict } from '../../../src/sandbox/controllers/disruption/evict.ts'
import { mayEvict } from '../../../src/sandbox/controllers/disruption/mayEvict.ts'
import { namespace, pods, setPod, template } from './objects.ts'
import { type TestCluster, testCluster } from './testCluster.ts'

const nowMs = Date.UTC(2030, 0, 1)
const budgets = 'poddisruptionbudgets.policy'

function pod(fields: { readonly phase?: PodPhase; readonly isReady?: boolean; readonly isEnding?: boolean }): Pod {
  const { phase = 'Running', isReady = true, isEnding = false } = fields
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' } as const]
  const deletion = isEnding ? { deletionTimestamp: '2030-01-01T00:00:00Z' } : {}
  return { metadata: { name: 'web-1', namespace, labels: { app: 'web' }, ...deletion }, spec: template.spec, status: { phase, conditions } }
}

function budget(status: Partial<BudgetStatus> | undefined, spec: Partial<PodDisruptionBudget['spec']> = {}): PodDisruptionBudget {
  const counts = { disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, observedGeneration: 1 }
  return {
    metadata: { name: 'budget', namespace, generation: 1 },
    spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 2, ...spec },
    ...(status !== undefined && { status: { ...counts, ...status } }),
  }
}

const exhausted = { disruptionsAllowed: 0, currentHealthy: 2 }

for (const { name, of = {}, budgets, is } of [
  { name: 'without a budget, a pod may go', budgets: [], is: 'free' },
  { name: "another's budget does not count", budgets: [budget({}, { selector: { matchLabels: { app: 'db' } } })], is: 'free' },
  { name: 'a budget with room is charged', budgets: [budget({})], is: 'charged' },
  { name: 'an exhausted budget refuses', budgets: [budget(exhausted)], is: 429 },
  { name: 'a budget that was just changed refuses', budgets: [budget({ observedGeneration: 0 })], is: 429 },
  { name: 'a budget that was never looked at refuses', budgets: [budget(undefined)], is: 429 },
  { name: 'two budgets are too many', budgets: [budget({}), budget({})], is: 500 },
  { name: 'a pod that has ended is free', of: { phase: 'Failed' }, budgets: [budget(exhausted)], is: 'free' },
  { name: 'one that has not begun is free', of: { phase: 'Pending' }, budgets: [budget(exhausted)], is: 'free' },
  { name: 'one that is going is free', of: { isEnding: true }, budgets: [budget(exhausted)], is: 'free' },
  { name: 'one that is not ready is free while enough others are', of: { isReady: false }, budgets: [budget(exhausted)], is: 'free' },
  { name: 'and charged else', of: { isReady: false }, budgets: [budget({ currentHealthy: 1 })], is: 'charged' },
  { name: 'and refused', of: { isReady: false }, budgets: [budget({ disruptionsAllowed: 0, currentHealthy: 1 })], is: 429 },
  {
    name: 'or always free, if so wished',
    of: { isReady: false },
    budgets: [budget({ disruptionsAllowed: 0, currentHealthy: 1 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' })],
    is: 'free',
  },
] as const)
  t.test(name, (t) => {
    const eviction = mayEvict(pod(of), budgets, nowMs)
    t.equal(eviction.kind === 'refused' ? eviction.error.code : eviction.charged === undefined ? 'free' : 'charged', is)
    t.end()
  })

t.test('the last one that may go turns the condition', (t) => {
  const eviction = mayEvict(pod({}), [budget({ conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }] })], nowMs)
  t.match(eviction, {
    charged: {
      status: {
        disruptionsAllowed: 0,
        disruptedPods: { 'web-1': '2030-01-01T00:00:00Z' },
        conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', lastTransitionTime: '2030-01-01T00:00:00Z' }],
      },
    },
  })
  t.end()
})

async function openCluster(): Promise<TestCluster> {
  const memory = testCluster()
  memory.cluster.create('namespaces', { metadata: { name: namespace } })
  memory.run([disruptionController])
  memory.cluster.create<PodDisruptionBudget>(budgets, {
    metadata: { name: 'budget', namespace },
    spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 1 },
  })
  for (const name of ['a', 'b']) {
    memory.cluster.create<Pod>('pods', { metadata: { name, namespace, labels: { app: 'web' } }, spec: { ...template.spec, nodeName: 'here' } })
    setPod(memory, name, {})
  }
  await memory.settle()
  return memory
}

const statusOf = ({ cluster }: TestCluster): BudgetStatus => cluster.find<PodDisruptionBudget>(budgets, { namespace, name: 'budget' })!.status!

t.test('an eviction deletes, says so, and leaves the budget to the next', async (t) => {
  const memory = await openCluster()
  const { cluster, clock } = memory
  t.equal(statusOf(memory).disruptionsAllowed, 1)
  evict(cluster, { namespace, name: 'a' }, {}, clock.nowMs())
  t.match(
    pods(memory).find(({ metadata }) => metadata.name === 'a'),
    {
      metadata: { deletionTimestamp: String },
      status: { conditions: [{ type: 'Ready' }, { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
    },
  )
  t.throws(() => evict(cluster, { namespace, name: 'b' }, {}, clock.nowMs()), {
    code: 429,
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget budget needs 1 healthy pods and has 2 currently' }] },
  })
  await memory.settle()
  t.match(statusOf(memory), { currentHealthy: 1, disruptionsAllowed: 0 })
  t.equal(statusOf(memory).disruptedPods, undefined, 'it is on its way: no need to remember')
  t.throws(() => evict(cluster, { namespace, name: 'c' }, {}, clock.nowMs()), { code: 404 })
})

t.test('an eviction that nobody carries out is forgotten after two minutes', async (t) => {
  const memory = await openCluster()
  const { cluster, clock } = memory
  const found = cluster.find<PodDisruptionBudget>(budgets, { namespace, name: 'budget' })!
  const eviction = mayEvict(pods(memory)[0]!, [found], clock.nowMs())
  if (eviction.kind !== 'evict') throw eviction.error
  cluster.update(budgets, { ...found, status: eviction.charged!.status }, 'status')
  await memory.advance(119_000)
  t.match(statusOf(memory), { currentHealthy: 1, disruptionsAllowed: 0 })
  await memory.advance(2_000)
  t.match(statusOf(memory), { currentHealthy: 2, disruptionsAllowed: 1 })
})
