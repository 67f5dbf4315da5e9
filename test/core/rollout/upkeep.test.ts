// What a Rollout needs and tells beside its steps: lateness, restarts, history, reasons, events.
import t from 'tap'
import type { Pod } from '../../../src/api/pod.ts'
import { timestampOf } from '../../../src/api/time.ts'
import { decide } from '../../../src/core/rollout/decide.ts'
import type { Decision } from '../../../src/core/rollout/decision.ts'
import { eventsOf } from '../../../src/core/rollout/events.ts'
import { edit, follow, observedIn, pass, patch, settle, sizes, templateOf, type World, worldOf } from './world.ts'

const podsAlone = { replicas: 4, strategy: { canary: { steps: [{ setWeight: 50 }] } } } as const

function released(spec = {}): World {
  const world = worldOf({ ...podsAlone, ...spec })
  settle(world)
  return world
}

/** A version whose pods never are ready. */
function stuck(spec = {}): World {
  const world = released(spec)
  world.broken.add('bad')
  edit(world, { template: templateOf('bad') })
  settle(world)
  return world
}

const reason = (world: World): string | undefined => world.rollout.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason

t.test('a Rollout that does not get further is late, and no more when it does', (t) => {
  const world = stuck()
  t.equal(world.rollout.status?.phase, 'Progressing')
  const { wakeAt = 0 } = pass(world)
  t.equal(wakeAt, world.now + 600_001, 'it is looked at when it is late')
  world.now = wakeAt
  settle(world)
  t.equal(reason(world), 'ProgressDeadlineExceeded')
  t.equal(world.rollout.status?.phase, 'Degraded')
  t.match(world.rollout.status?.message, /^ProgressDeadlineExceeded: .*waiting for pods of \w+: 0 of 2 available$/)
  t.notOk(world.rollout.status?.abort)
  world.broken.clear()
  follow(world)
  settle(world)
  t.equal(world.rollout.status?.phase, 'Healthy')
  t.equal(reason(world), 'NewReplicaSetAvailable')
  t.equal(pass(world).wakeAt, undefined, 'at rest nothing is due')
  t.end()
})

t.test('it may be aborted for it, and tried again', (t) => {
  const world = stuck({ progressDeadlineAbort: true })
  world.now += 600_001
  settle(world)
  t.equal(world.rollout.status?.abort, true)
  t.equal(reason(world), 'RolloutAborted')
  t.match(world.rollout.status?.message, /^RolloutAborted: ProgressDeadlineExceeded/)
  t.match(sizes(world), { v1: 4, bad: 0 })
  world.broken.clear()
  patch(world, { abort: null })
  settle(world)
  t.equal(world.rollout.status?.phase, 'Healthy')
  t.match(sizes(world), { v1: 0, bad: 4 })
  const first = worldOf({ ...podsAlone, progressDeadlineAbort: true })
  first.broken.add('v1')
  settle(first)
  first.now += 600_001
  settle(first)
  t.notOk(first.rollout.status?.abort, 'a first version has none to go back to')
  t.equal(reason(first), 'ProgressDeadlineExceeded')
  t.end()
})

t.test('a pause is not late', (t) => {
  const world = released({ strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } })
  edit(world, { template: templateOf('v2') })
  settle(world)
  world.now += 1e9
  settle(world)
  t.equal(world.rollout.status?.phase, 'Paused')
  t.equal(world.rollout.status?.message, 'CanaryPauseStep')
  t.equal(pass(world).wakeAt, undefined)
  patch(world, { pauseConditions: null })
  pass(world)
  t.equal(reason(world), 'RolloutResumed', 'and its time begins anew')
  t.end()
})

function podOf(world: World, image: string, name: string, more: Partial<Pod> = {}): Pod {
  const set = [...world.replicaSets.values()].find(({ spec }) => spec.template?.spec.containers[0]?.image === image)!
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set.metadata.name, uid: set.metadata.uid!, controller: true }
  return {
    metadata: { name, uid: `${name}-uid`, creationTimestamp: timestampOf(world.now), ownerReferences: [owner] },
    spec: { containers: [] },
    ...more,
  }
}

function decideWith(world: World, pods: readonly Pod[]): Decision {
  return decide(world.rollout, { ...observedIn(world), pods }, world.now, () => ({ matches: () => false }))
}

t.test('it says which pod it waits for, and why', (t) => {
  const world = stuck()
  const waiting = { reason: 'CrashLoopBackOff' }
  const crashing = podOf(world, 'bad', 'shop-x', {
    status: {
      containerStatuses: [
        { name: 'shop', ready: false, restartCount: 4, image: '', imageID: '', state: { waiting }, lastState: { terminated: { exitCode: 3 } } },
      ],
    },
  })
  const { status } = decideWith(world, [crashing])
  t.match(
    status.message,
    /^CrashLoopBackOff: container shop of pod shop-x is in CrashLoopBackOff after exit code 3, waiting for pods of \w+: 0 of 2 available$/,
  )
  const told = eventsOf([], world.rollout.status, status)
  t.match(told, [{ type: 'Warning', reason: 'CrashLoopBackOff' }])
  t.same(eventsOf([], status, status), [])
  t.end()
})

t.test('what failed is told, and gone with the next pass that does better', (t) => {
  const world = released()
  edit(world, { template: templateOf('v2') })
  world.failure = { action: 'createReplicaSet', object: 'shop-x', reason: 'Forbidden', message: 'exceeded quota' }
  const { status } = decide(world.rollout, observedIn(world), world.now, () => ({ matches: () => false }))
  t.equal(status.message, 'ReplicaSetCreateError: createReplicaSet shop-x failed: exceeded quota')
  t.match(
    status.conditions?.find(({ type }) => type === 'Progressing'),
    { status: 'False', reason: 'ReplicaSetCreateError' },
  )
  world.failure = undefined
  settle(world)
  t.equal(world.rollout.status?.phase, 'Healthy')
  t.end()
})

t.test('a restart', (t) => {
  const world = released()
  const old = ['a', 'b', 'c', 'd'].map((name) => podOf(world, 'v1', name, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }))
  edit(world, { restartAt: timestampOf(world.now + 60_000) })
  const scheduled = decideWith(world, old)
  t.same(scheduled.actions, [])
  t.equal(scheduled.wakeAt, world.now + 60_000)
  t.equal(scheduled.status.phase, 'Progressing')
  world.now += 60_000
  t.match(decideWith(world, old).actions, [{ kind: 'evictPod', target: { name: 'a', uid: 'a-uid' } }])
  const done = decideWith(world, [])
  t.same(done.actions, [])
  t.equal(done.status.restartedAt, world.rollout.spec.restartAt)
  t.equal(done.status.phase, 'Healthy')
  edit(world, { template: templateOf('v2') })
  const { status } = pass(world)
  t.equal(status.restartedAt, world.rollout.spec.restartAt, 'a new version takes its place')
  t.end()
})

t.test('history', (t) => {
  const world = released({ revisionHistoryLimit: 1 })
  for (const image of ['v2', 'v3', 'v4']) {
    edit(world, { template: templateOf(image) })
    world.now += 1000
    settle(world)
  }
  t.same(Object.keys(sizes(world)).sort(), ['v3', 'v4'])
  edit(world, { template: templateOf('v3') })
  settle(world)
  const back = [...world.replicaSets.values()].find(({ spec }) => spec.template?.spec.containers[0]?.image === 'v3')
  t.match(back?.metadata.annotations, { 'rollout.argoproj.io/revision': '5', 'rollout.argoproj.io/revision-history': '3' })
  t.end()
})

t.test('events from the first pass to the second version', (t) => {
  const world = worldOf({ replicas: 2, strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } })
  const told: string[] = []
  const run = (): void => {
    for (let count = 0; count < 30; count++) {
      const before = world.rollout.status
      const { actions, status } = pass(world)
      told.push(...eventsOf(actions, before, status).map(({ reason }) => reason))
      follow(world)
    }
  }
  run()
  t.equal(
    told.splice(0).join(' '),
    'RolloutAddedToInformer RolloutUpdated NewReplicaSetCreated RolloutNotCompleted ScalingReplicaSet RolloutCompleted',
  )
  edit(world, { template: templateOf('v2') })
  run()
  t.equal(
    told.splice(0).join(' '),
    'RolloutUpdated NewReplicaSetCreated RolloutNotCompleted ScalingReplicaSet ScalingReplicaSet RolloutStepCompleted RolloutPaused',
  )
  patch(world, { pauseConditions: null })
  run()
  t.equal(told.splice(0).join(' '), 'RolloutResumed ScalingReplicaSet RolloutStepCompleted ScalingReplicaSet RolloutCompleted')
  t.end()
})
