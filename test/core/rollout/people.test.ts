import t from 'tap'
import type { CanaryStep, CanaryStrategy } from '../../../src/api/rollout.ts'
import { edgeOf, edit, follow, imageOf, pass, patch, selected, settle, setWith, sizes, templateOf, type World, weights, worldOf } from './world.ts'

/** With v1 at rest. */
function edgeWorld(steps: readonly CanaryStep[], canary: Partial<CanaryStrategy> = {}): World {
  const trafficRouting = { plugins: { 'spillway/edge': {} } }
  const strategy = { canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting, steps, ...canary } }
  const world = worldOf({ strategy })
  world.edges = [edgeOf('edge-1'), edgeOf('edge-2')]
  settle(world)
  return world
}

/** The same, v2 having got as far as it does by itself. */
function begunWorld(
  steps: readonly CanaryStep[] = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }],
  canary: Partial<CanaryStrategy> = {},
): World {
  const world = edgeWorld(steps, canary)
  edit(world, { template: templateOf('v2') })
  settle(world)
  return world
}

t.test('an abort takes the traffic away at once, the pods after their delay', async (t) => {
  const world = begunWorld()
  patch(world, { abort: true })
  pass(world)
  t.strictSame(weights(world), { v1: 100, v2: 0 })
  t.strictSame(sizes(world), { v1: 10, v2: 2 })
  settle(world)
  t.match(world.rollout.status, { phase: 'Degraded', abort: true, currentStepIndex: 0 })
  t.equal(world.rollout.status?.pauseConditions, undefined)
  t.strictSame(selected(world), { 'shop-stable': 'v1', 'shop-canary': 'v1' })
  world.now += 29_000
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 2 })
  world.now += 1_000
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 0 })

  patch(world, { abort: false })
  settle(world)
  t.strictSame(weights(world), { v1: 80, v2: 20 }, 'tried again from the first step')
  t.match(world.rollout.status, { phase: 'Paused', currentStepIndex: 1 })
  t.equal(world.rollout.status?.abortedAt, undefined)
})

t.test('an abort waits for no edge', async (t) => {
  const world = begunWorld()
  world.edges = world.edges.map((edge) => ({ ...edge, silentMs: 60_000 }))
  patch(world, { abort: true })
  pass(world)
  t.strictSame(weights(world), { v1: 100, v2: 0 })
  world.now += 3_600_000
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 2 }, 'pods stay while an edge that serves may still use them')
})

t.test('abortScaleDownDelaySeconds 0 keeps the pods of an aborted version', async (t) => {
  const world = begunWorld(undefined, { abortScaleDownDelaySeconds: 0 })
  patch(world, { abort: true })
  settle(world)
  world.now += 86_400_000
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 2 })
})

t.test('a promotion in full skips steps and pauses, but not pods', async (t) => {
  const world = begunWorld()
  patch(world, { promoteFull: true })
  pass(world)
  t.strictSame(sizes(world), { v1: 10, v2: 10 })
  t.strictSame(weights(world), { v1: 80, v2: 20 }, 'no weight before its pods')
  settle(world)
  t.strictSame(weights(world), { v2: 100 })
  t.equal(imageOf(world, world.rollout.status?.stableRS), 'v2')
  t.equal(world.rollout.status?.promoteFull, undefined)
})

t.test('an aborted update can be promoted in full; an abort ends a promotion in full', async (t) => {
  const world = begunWorld()
  patch(world, { abort: true })
  settle(world)
  patch(world, { promoteFull: true })
  pass(world)
  t.equal(world.rollout.status?.abort, undefined)
  patch(world, { abort: true })
  pass(world)
  t.match(world.rollout.status, { abort: true })
  t.equal(world.rollout.status?.promoteFull, undefined)
})

t.test('a hold for edges is named, and a user passes it', async (t) => {
  const silent = begunWorld([{ setWeight: 20 }, { setWeight: 40 }])
  t.equal(imageOf(silent, silent.rollout.status?.stableRS), 'v2', 'nothing holds while edges speak')
  for (const [name, edges, message] of [
    ['no edge', [], /^NoReadyEdge: /],
    ['an edge without a route', [edgeOf('edge-1', [])], /^NoRoute: .*shop-stable/],
    ['a silent edge', [edgeOf('edge-1'), { ...edgeOf('edge-2'), silentMs: 10_000 }], /^SilentEdge: edge edge-2/],
  ] as const) {
    const world = edgeWorld([{ setWeight: 20 }, { pause: {} }])
    world.edges = [...edges]
    edit(world, { template: templateOf('v2') })
    settle(world)
    t.match(world.rollout.status?.message, message, name)
    t.match(world.rollout.status, { phase: 'Progressing', currentStepIndex: 0, canary: { weights: { canary: { weight: 0 } } } })
    patch(world, { currentStepIndex: 1, pauseConditions: null })
    settle(world)
    t.match(world.rollout.status, { phase: 'Paused', currentStepIndex: 1 }, `${name}: promoted past it`)
    patch(world, { promoteFull: true })
    settle(world)
    t.equal(imageOf(world, world.rollout.status?.stableRS), 'v2', `${name}: promoted in full`)
  }
})

t.test('the stable template again ends the update without steps', async (t) => {
  const world = begunWorld()
  edit(world, { template: templateOf('v1') })
  pass(world)
  t.strictSame(weights(world), { v1: 100 })
  t.match(world.rollout.status, { phase: 'Progressing', currentStepIndex: 4 }, 'until the edges serve by it')
  settle(world)
  t.match(world.rollout.status, { phase: 'Healthy' })
})

t.test('a third version begins anew, and the second leaves once its traffic is gone', async (t) => {
  const world = begunWorld()
  edit(world, { template: templateOf('v3') })
  pass(world)
  t.strictSame(weights(world), { v1: 100 }, 'the second has no share any more')
  t.strictSame(sizes(world), { v1: 10, v2: 2, v3: 0 }, 'its pods stay until that is seen')
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 0, v3: 2 })
  t.strictSame(weights(world), { v1: 80, v3: 20 })
})

t.test('requests under way hold the pods of a version that leaves, for as long as draining may take', async (t) => {
  const world = begunWorld()
  const hash = world.rollout.status!.currentPodHash!
  const busy = (inFlight: number): void => {
    world.edges = world.edges.map((edge) => ({
      ...edge,
      backends: edge.backends.map((backend) => (backend.podTemplateHash === hash ? { ...backend, inFlight } : backend)),
    }))
  }
  busy(1)
  edit(world, { template: templateOf('v3') })
  settle(world)
  t.equal(setWith(world, hash)?.spec.replicas, 2)
  world.now += 29_000
  settle(world)
  t.equal(setWith(world, hash)?.spec.replicas, 2)
  world.now += 1_000
  settle(world)
  t.equal(setWith(world, hash)?.spec.replicas, 0)
})

t.test('while a user has it paused, the whole may change but not the shares', async (t) => {
  const world = begunWorld()
  edit(world, { paused: true, replicas: 20 })
  settle(world)
  t.strictSame(sizes(world), { v1: 20, v2: 4 })
  patch(world, { pauseConditions: null })
  settle(world)
  t.strictSame(weights(world), { v1: 80, v2: 20 }, 'no step ends')
  t.match(world.rollout.status, { phase: 'Paused' })
})

t.test('scaling mid-step keeps the shares', async (t) => {
  const world = begunWorld()
  for (const [replicas, expected] of [
    [20, { v1: 20, v2: 4 }],
    [3, { v1: 3, v2: 1 }],
    [0, { v1: 0, v2: 0 }],
    [5, { v1: 5, v2: 1 }],
  ] as const) {
    edit(world, { replicas })
    settle(world)
    t.strictSame(sizes(world), expected)
    t.strictSame(weights(world), { v1: 80, v2: 20 })
    t.match(world.rollout.status, { currentStepIndex: 1 })
  }
})

t.test('other steps begin at the first of them', async (t) => {
  const world = begunWorld()
  const { canary } = world.rollout.spec.strategy!
  edit(world, { strategy: { canary: { ...canary, steps: [{ setWeight: 10 }, { pause: {} }] } } })
  settle(world)
  t.strictSame(weights(world), { v1: 90, v2: 10 })
  t.match(world.rollout.status, { currentStepIndex: 1 })
})

t.test('what is not supported yet holds, and a user passes it', async (t) => {
  const world = begunWorld([{ analysis: { templates: [{ templateName: 'success' }] } }, { setWeight: 20 }, { pause: {} }])
  t.match(world.rollout.status, { phase: 'Progressing', message: /^NotSupportedYet: an analysis step/, currentStepIndex: 0 })
  patch(world, { currentStepIndex: 1, pauseConditions: null })
  settle(world)
  t.match(world.rollout.status, { currentStepIndex: 2 })
})

t.test('a name that is taken gives way to another', async (t) => {
  const world = edgeWorld([{ setWeight: 20 }, { pause: {} }])
  edit(world, { template: templateOf('v2') })
  const [wanted] = pass(world).actions.flatMap((action) => (action.kind === 'createReplicaSet' ? [action.replicaSet.metadata.name] : []))
  world.replicaSets.delete(wanted!)
  world.failure = { action: 'createReplicaSet', object: wanted!, reason: 'AlreadyExists', message: 'exists' }
  const [other] = pass(world).actions.flatMap((action) => (action.kind === 'createReplicaSet' ? [action.replicaSet.metadata.name] : []))
  t.not(other, wanted)
  t.equal(world.rollout.status?.collisionCount, 1)
  world.failure = undefined
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 2 })
})

t.test('pods that fail after they were ready give their share back, and get it again', async (t) => {
  const world = begunWorld()
  world.broken.add('v2')
  follow(world)
  settle(world)
  t.strictSame(weights(world), { v1: 100, v2: 0 })
  world.broken.clear()
  follow(world)
  settle(world)
  t.strictSame(weights(world), { v1: 80, v2: 20 })
})

t.test('an abort takes the traffic away although the spec cannot be carried out', async (t) => {
  const world = begunWorld()
  world.services.delete('shop-canary')
  patch(world, { abort: true })
  pass(world)
  t.strictSame(weights(world), { v1: 100 })
  t.match(world.rollout.status?.message, /^InvalidSpec: /)
  t.equal(pass(world).actions.length, 0)
})

t.test('a spec that cannot be carried out is told once', async (t) => {
  const world = worldOf({ strategy: { canary: { steps: [{ setWeight: 20 }] } } })
  settle(world)
  edit(world, { minReadySeconds: -1 })
  pass(world)
  const { status } = world.rollout
  t.match(status?.message, /^InvalidSpec: /)
  pass(world)
  t.strictSame(world.rollout.status, status)
})
