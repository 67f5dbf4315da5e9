// The loop, told what to do by a decision simple enough to foresee: a ReplicaSet per template, all pods in the newest.
import { createHash } from 'node:crypto'
import t from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import type { ReplicaSet } from '../../src/api/workloads.ts'
import type { Decide } from '../../src/controller/rollout/pass.ts'
import type { Action } from '../../src/core/rollout/decision.ts'
import { openStage, replicaSetsName, rolloutsName, type Stage } from './stage.ts'

const at = { namespace: 'default', name: 'shop' }

function rollout(image: string, replicas = 3): Rollout {
  const labels = { app: 'shop' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'shop', image }] } }
  return { metadata: at, spec: { replicas, selector: { matchLabels: labels }, template, strategy: { canary: {} } } } as unknown as Rollout
}

const hashOf = (template: unknown): string => createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 8)

const simple: Decide = ({ metadata, spec, status }, { replicaSets, failure }) => {
  const { name, uid = '' } = metadata
  const hash = hashOf(spec.template)
  const labels = { ...spec.template?.metadata?.labels, [podTemplateHashLabel]: hash }
  const own = replicaSets.find((set) => set.metadata.labels?.[podTemplateHashLabel] === hash)
  const wanted = status?.abort ? 0 : (spec.replicas ?? 1)
  const scales = replicaSets.flatMap((set): Action[] => {
    const to = set === own ? wanted : 0
    const from = set.spec.replicas ?? 0
    return from === to
      ? []
      : [{ kind: 'scaleReplicaSet', target: { name: set.metadata.name, uid: set.metadata.uid ?? '' }, from, to, annotations: { sized: String(to) } }]
  })
  const made = {
    metadata: {
      name: `${name}-${hash}`,
      labels,
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { ...spec.template, metadata: { labels } } },
  } as unknown as ReplicaSet
  return {
    actions: own === undefined ? [{ kind: 'createReplicaSet', replicaSet: made }, ...scales] : scales,
    status: {
      ...status,
      observedGeneration: String(metadata.generation),
      currentPodHash: hash,
      message: failure === undefined ? '' : `${failure.action} ${failure.object}: ${failure.reason}`,
      replicas: replicaSets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0),
    },
  }
}

function sizes({ cluster }: Stage): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(
    cluster.list<ReplicaSet>(replicaSetsName).map(({ metadata, spec }) => [metadata.labels?.[podTemplateHashLabel], spec.replicas]),
  )
}

const found = ({ cluster }: Stage): Rollout => cluster.find<Rollout>(rolloutsName, at)!

t.test('a rollout is brought to what is wanted, and again after each change', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  await stage.control({ decide: simple })
  const v1 = hashOf(cluster.create(rolloutsName, rollout('shop:1')).spec.template)
  await stage.until('three pods of v1', () => found(stage).status?.replicas === 3)
  const before = found(stage)
  cluster.update(rolloutsName, { ...before, spec: { ...before.spec, ...rollout('shop:2', 5).spec } })
  const v2 = hashOf(found(stage).spec.template)
  await stage.until('five pods of v2', () => found(stage).status?.replicas === 5)
  t.strictSame(sizes(stage), { [v1]: 0, [v2]: 5 })
  t.equal(cluster.list<ReplicaSet>(replicaSetsName).find(({ spec }) => spec.replicas === 5)?.metadata.annotations?.['sized'], '5')
  t.equal(found(stage).status?.observedGeneration, '2')
})

t.test('a ReplicaSet of another owner in the way is told of', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const { spec } = rollout('shop:1')
  const labels = { app: 'shop', [podTemplateHashLabel]: 'other' }
  const defaulted = cluster.create(rolloutsName, rollout('shop:1')).spec.template
  cluster.create(replicaSetsName, {
    metadata: { ...at, name: `shop-${hashOf(defaulted)}` },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { ...spec.template, metadata: { labels } } },
  } as unknown as ReplicaSet)
  await stage.control({ decide: simple })
  await stage.until('the status says it', () => found(stage).status?.message === `createReplicaSet shop-${hashOf(defaulted)}: AlreadyExists`)
})

t.test('a watch that lags makes nothing happen twice', async (t) => {
  const stage = await openStage(t)
  const { cluster, sandbox } = stage
  sandbox.server.faults.add({ match: { verbs: ['watch'], resource: 'replicasets.apps' }, effect: { kind: 'holdEvents', ms: 300 } })
  const controller = await stage.control({ decide: simple })
  cluster.create(rolloutsName, rollout('shop:1'))
  await stage.until('three pods', () => found(stage).status?.replicas === 3)
  t.equal(cluster.list(replicaSetsName).length, 1)
  t.notMatch(controller.lines.join('\n'), /failed|overtaken/, 'no write was refused')
})

t.test('a lost answer makes nothing happen twice', async (t) => {
  const stage = await openStage(t)
  const { cluster, sandbox } = stage
  sandbox.server.faults.add({
    match: { verbs: ['create'], resource: 'replicasets.apps' },
    occurrence: { kind: 'first', count: 1 },
    effect: { kind: 'drop', when: 'after' },
  })
  sandbox.server.faults.add({ match: { verbs: ['watch'], resource: 'replicasets.apps' }, effect: { kind: 'holdEvents', ms: 300 } })
  await stage.control({ decide: simple })
  cluster.create(rolloutsName, rollout('shop:1'))
  await stage.until('three pods', () => found(stage).status?.replicas === 3)
  t.equal(cluster.list(replicaSetsName).length, 1)
})

t.test('a wish written while a status is on its way is kept', async (t) => {
  const stage = await openStage(t)
  const { cluster, sandbox } = stage
  await stage.control({ decide: simple })
  cluster.create(rolloutsName, rollout('shop:1'))
  await stage.until('three pods', () => found(stage).status?.replicas === 3)
  sandbox.server.faults.add({
    match: { verbs: ['patch'], resource: `${rolloutsName}/status`, userAgent: 'spillway' },
    effect: { kind: 'delay', ms: 200 },
  })
  const before = found(stage)
  cluster.update(rolloutsName, { ...before, spec: { ...before.spec, replicas: 4 } })
  await stage.until('its scaling', () => Object.values(sizes(stage)).includes(4))
  const aborted = { ...found(stage), status: { ...found(stage).status, abort: true } } as Rollout
  cluster.update(rolloutsName, aborted, 'status')
  await stage.until('all pods gone', () => found(stage).status?.replicas === 0)
  t.equal(found(stage).status?.abort, true)
})

t.test('kinds that are missing are named, and waited for', async (t) => {
  const stage = await openStage(t, { definitions: [] })
  const lines: string[] = []
  const say = (message: string): void => void lines.push(message)
  void stage.control({ decide: simple, log: { info: say, warn: say, error: say } })
  await stage.until('it says so', () => lines.some((line) => line.includes('kubectl apply -f charts/spillway/crds')))
  t.match(lines[0], /Rollout and TrafficSplit/)
})
