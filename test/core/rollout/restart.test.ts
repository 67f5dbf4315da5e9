// Which pods are evicted when, which revisions are kept, and what is wrong with a pod.
import t from 'tap'
import type { Pod, PodStatus } from '../../../src/api/pod.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import { expiredReplicaSets, revisionAnnotations, revisionFor } from '../../../src/core/rollout/history.ts'
import { podTroubleOf, replicaFailureOf } from '../../../src/core/rollout/podTrouble.ts'
import { type RestartFacts, restartOf } from '../../../src/core/rollout/restart.ts'

const t0 = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number): string => new Date(t0 + 1000 * seconds).toISOString().replace('.000Z', 'Z')

type PodState = { readonly age?: number; readonly ready?: boolean; readonly leaving?: boolean; readonly status?: PodStatus }

function pod(name: string, owner: string, { age = -60, ready = true, leaving = false, status }: PodState = {}): Pod {
  return {
    metadata: {
      name,
      uid: `${name}-uid`,
      creationTimestamp: at(age),
      ...(leaving && { deletionTimestamp: at(0) }),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
    },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], ...status },
  }
}

function set(name: string, replicas: number, available = replicas, revision = 1, created = 0): ReplicaSet {
  return {
    metadata: {
      name,
      uid: name,
      creationTimestamp: at(created),
      labels: { 'rollouts-pod-template-hash': name },
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
    },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  }
}

const facts: RestartFacts = {
  restartAt: at(0),
  restartedAt: undefined,
  replicas: 3,
  maxUnavailable: 1,
  replicaSets: [set('stable', 3), set('canary', 1)],
  pods: [pod('c1', 'canary'), pod('a', 'stable'), pod('b', 'stable'), pod('x', 'foreign'), pod('new', 'stable', { age: 1 })],
  now: t0,
}

const evicted = (more: Partial<RestartFacts>): string => {
  const restart = restartOf({ ...facts, ...more })
  return restart.kind === 'running' ? restart.evict.map(({ name }) => name).join(' ') : restart.kind
}

t.test('a restart', (t) => {
  t.equal(evicted({}), 'a', 'stable first, one at a time')
  t.equal(evicted({ maxUnavailable: 2 }), 'a b')
  t.equal(evicted({ maxUnavailable: 9 }), 'a b c1', 'old pods of ours alone')
  t.equal(evicted({ maxUnavailable: 0 }), 'a', 'at least one')
  t.equal(evicted({ replicaSets: [set('stable', 3, 2), set('canary', 1)] }), '', 'one is missing already')
  t.equal(evicted({ pods: [pod('a', 'stable', { leaving: true }), pod('b', 'stable')] }), 'b', 'one that leaves is not asked again')
  t.equal(
    evicted({ replicaSets: [set('stable', 3, 2)], pods: [pod('a', 'stable'), pod('b', 'stable', { ready: false })] }),
    'b',
    'one that serves nobody costs nothing',
  )
  t.same(restartOf({ ...facts, restartAt: undefined }), { kind: 'none' })
  t.same(restartOf({ ...facts, restartedAt: at(0) }), { kind: 'none' })
  t.same(restartOf({ ...facts, restartAt: 'soon' }), { kind: 'none' })
  t.same(restartOf({ ...facts, restartAt: at(5) }), { kind: 'scheduled', at: t0 + 5000 })
  t.same(restartOf({ ...facts, pods: [pod('new', 'stable', { age: 0 })] }), { kind: 'done', restartedAt: at(0) })
  t.match(restartOf(facts), { left: 3, lookAgainAt: t0 + 30_000 })
  t.end()
})

t.test('revisions', (t) => {
  const [first, second] = [set('a', 0, 0, 1), set('b', 0, 0, 2)]
  t.equal(revisionFor(undefined, [first, second]), 3)
  t.equal(revisionFor(second, [first, second]), 2)
  t.equal(revisionFor(first, [first, second]), 3, 'wanted again')
  t.same(revisionAnnotations(second, 2), {})
  t.same(revisionAnnotations(first, 3), { 'rollout.argoproj.io/revision': '3', 'rollout.argoproj.io/revision-history': '1' })
  const again = {
    ...first,
    metadata: { ...first.metadata, annotations: { ...first.metadata.annotations, 'rollout.argoproj.io/revision-history': '1,3' } },
  }
  t.match(revisionAnnotations(again, 7), { 'rollout.argoproj.io/revision-history': '1,3,1' })
  t.same(revisionAnnotations({ ...first, metadata: { name: 'n' } }, 4), { 'rollout.argoproj.io/revision': '4' })
  t.end()
})

t.test('what of history goes', (t) => {
  const old = [set('c', 0, 0, 3, 30), set('a', 0, 0, 1, 10), set('b', 0, 0, 2, 20), set('d', 1, 1, 4, 5)]
  const gone = (limit: number, referenced = '') => expiredReplicaSets(old, limit, (hash) => hash === referenced).map(({ metadata }) => metadata.name)
  t.same(gone(4), [])
  t.same(gone(2), ['a'], 'the oldest has pods, and stays')
  t.same(gone(0), ['a', 'b', 'c'])
  t.same(gone(0, 'b'), ['a', 'c'], 'a Service selects it')
  const unseen = { ...set('u', 0), metadata: { ...set('u', 0).metadata, generation: 3 }, status: { replicas: 0, observedGeneration: 2 } }
  t.same(
    expiredReplicaSets([unseen], 0, () => false),
    [],
    'nobody has seen yet that it is to have none',
  )
  t.end()
})

t.test('what is wrong with a pod', (t) => {
  const container = (state: object, more: object = {}): PodStatus => ({
    containerStatuses: [{ name: 'app', ready: false, restartCount: 3, image: '', imageID: '', state, ...more }],
  })
  const told = (...states: PodState[]): string => {
    const trouble = podTroubleOf(
      set('s', 3),
      states.map((state, index) => pod(`p${index}`, 's', { ready: false, ...state })),
    )
    return trouble === undefined ? '' : `${trouble.reason}: ${trouble.message}`
  }
  const crashing = {
    status: container(
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      { lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    ),
  }
  const cases: readonly (readonly [string, readonly PodState[]])[] = [
    ['', [{ ready: true }]],
    ['', [{ status: container({ waiting: { reason: 'ContainerCreating' } }) }]],
    ['CrashLoopBackOff: container app of pod p0 is in CrashLoopBackOff after exit code 1', [crashing]],
    [
      'ImagePullBackOff: container app of pod p0 is in ImagePullBackOff: no such image',
      [{ status: container({ waiting: { reason: 'ImagePullBackOff', message: 'no such\nimage' } }) }],
    ],
    [
      'Unschedulable: pod p0 cannot be scheduled: 0/3 nodes',
      [{ status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] } }],
    ],
    [
      'CrashLoopBackOff: container app of pod p0 ended after exit code 137 (OOMKilled)',
      [{ status: container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) }],
    ],
    ['NotReady: container app of pod p0 runs but is not ready', [{ status: container({ running: {} }) }]],
    ['CrashLoopBackOff: container app of pod p1 is in CrashLoopBackOff after exit code 1', [{ status: container({ running: {} }) }, crashing]],
    ['', [{ ...crashing, leaving: true }]],
  ]
  for (const [expected, states] of cases) t.equal(told(...states), expected)
  t.ok(told({ status: container({ waiting: { reason: 'X', message: '\u001b[31m'.repeat(200) } }) }).length < 400)
  t.end()
})

t.test('pods that cannot be made', (t) => {
  const failing: ReplicaSet = {
    ...set('s', 3),
    status: { replicas: 0, conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }] },
  }
  t.same(replicaFailureOf([set('a', 1), failing]), { reason: 'FailedCreate', message: 'ReplicaSet s: exceeded quota' })
  t.equal(replicaFailureOf([set('a', 1)]), undefined)
  t.end()
})
