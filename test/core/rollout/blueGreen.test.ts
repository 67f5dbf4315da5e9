// Blue-green: two full versions, one switch, and the way back; by edges and by selectors alone.
import t from 'tap'
import type { BlueGreenStrategy, RolloutSpec } from '../../../src/api/rollout.ts'
import { edgeOf, edit, follow, imageOf, pass, patch, selected, settle, setWith, sizes, templateOf, type World, worldOf } from './world.ts'

const minute = 60_000
const analysis = { templates: [{ templateName: 'success-rate' }] }
const routers = ['pods', 'edge'] as const
type RouterKind = (typeof routers)[number]

/** v1 runs, and users are on it. */
function running(router: RouterKind, strategy: Partial<BlueGreenStrategy> = {}, spec: Partial<RolloutSpec> = {}): World {
  const blueGreen = { activeService: 'active', previewService: 'preview', ...strategy }
  const world = worldOf({ replicas: 3, strategy: { blueGreen }, ...spec }, ['active', 'preview'])
  if (router === 'edge') world.edges = [edgeOf('east', ['active', 'preview']), edgeOf('west', ['active', 'preview'])]
  settle(world)
  return world
}

function release(world: World, image: string): void {
  edit(world, { template: templateOf(image) })
  settle(world)
}

/** Where the edges lead each Service. */
function led(world: World): Record<string, string> {
  return Object.fromEntries(
    (world.split?.spec.services ?? []).map(({ name, weights }) => [name, imageOf(world, weights.find(({ weight }) => weight > 0)?.podTemplateHash)]),
  )
}

/** Users, whichever way they come. */
function users(world: World, router: RouterKind, service = 'active'): string {
  const ways = new Set([selected(world)[service], ...(router === 'edge' ? [led(world)[service]] : [])])
  return [...ways].join(' and ')
}

const phase = ({ rollout: { status } }: World): string => `${status?.phase}: ${status?.message ?? ''}`
const stable = (world: World): string => imageOf(world, world.rollout.status?.stableRS)

for (const router of routers) {
  t.test(`${router}: the first version`, (t) => {
    const world = running(router)
    t.equal(phase(world), 'Healthy: ')
    t.equal(users(world, router), 'v1')
    t.equal(users(world, router, 'preview'), 'v1')
    t.match(world.rollout.status, { readyReplicas: 3, availableReplicas: 3, HPAReplicas: 3, canary: {}, spillway: { router } })
    t.match(world.rollout.status?.selector, /^app=shop,rollouts-pod-template-hash=\w+$/)
    t.notOk('currentStepIndex' in world.rollout.status!)
    t.same(pass(world).actions, [])
    t.end()
  })

  t.test(`${router}: users change over when all of the new version is there, and the old one stays a while`, (t) => {
    const world = running(router)
    world.broken.add('v2')
    release(world, 'v2')
    t.equal(users(world, router), 'v1')
    t.equal(users(world, router, 'preview'), 'v1', 'a preview without pods is no preview')
    t.match(sizes(world), { v1: 3, v2: 3 })
    t.match(phase(world), /^Progressing: /)
    world.broken.clear()
    follow(world)
    settle(world)
    t.equal(users(world, router), 'v2')
    t.equal(users(world, router, 'preview'), 'v2')
    t.equal(stable(world), 'v2')
    t.equal(phase(world), 'Healthy: ')
    t.match(sizes(world), { v1: 3, v2: 3 })
    const { wakeAt = 0 } = pass(world)
    t.equal(wakeAt, world.now + 30_000)
    world.now = wakeAt
    settle(world)
    t.match(sizes(world), { v1: 0, v2: 3 })
    t.equal(pass(world).wakeAt, undefined)
    t.end()
  })

  t.test(`${router}: by hand`, (t) => {
    const world = running(router, { autoPromotionEnabled: false })
    release(world, 'v2')
    t.equal(phase(world), 'Paused: BlueGreenPause')
    t.equal(users(world, router), 'v1')
    t.equal(users(world, router, 'preview'), 'v2')
    t.match(world.rollout.status, { controllerPause: true, pauseConditions: [{ reason: 'BlueGreenPause' }] })
    t.equal(pass(world).wakeAt, undefined)
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(users(world, router), 'v2')
    t.equal(phase(world), 'Healthy: ')
    t.notOk(world.rollout.status?.controllerPause)
    t.end()
  })

  t.test(`${router}: after a while`, (t) => {
    const world = running(router, { autoPromotionSeconds: 300 })
    release(world, 'v2')
    t.equal(phase(world), 'Paused: BlueGreenPause')
    t.equal(pass(world).wakeAt, world.now + 5 * minute)
    world.now += 5 * minute - 1
    settle(world)
    t.equal(users(world, router), 'v1')
    world.now += 1
    settle(world)
    t.equal(users(world, router), 'v2')
    t.equal(phase(world), 'Healthy: ')
    t.end()
  })

  t.test(`${router}: a small preview grows before users come`, (t) => {
    const world = running(router, { autoPromotionEnabled: false, previewReplicaCount: 1 })
    release(world, 'v2')
    t.match(sizes(world), { v1: 3, v2: 1 })
    t.equal(phase(world), 'Paused: BlueGreenPause')
    patch(world, { pauseConditions: null })
    pass(world)
    t.equal(world.rollout.status?.blueGreen?.scaleUpPreviewCheckPoint, true)
    t.equal(users(world, router), 'v1')
    t.match(sizes(world), { v2: 3 })
    follow(world)
    settle(world)
    t.equal(users(world, router), 'v2')
    t.notOk(world.rollout.status?.blueGreen?.scaleUpPreviewCheckPoint)
    t.equal(phase(world), 'Healthy: ')
    t.end()
  })

  t.test(`${router}: a small preview without a pause`, (t) => {
    const world = running(router, { previewReplicaCount: 1 })
    release(world, 'v2')
    t.equal(users(world, router), 'v2')
    t.match(sizes(world), { v2: 3 })
    t.end()
  })

  t.test(`${router}: an abort before the switch, and another try`, (t) => {
    const world = running(router, { autoPromotionEnabled: false })
    release(world, 'v2')
    patch(world, { abort: true })
    settle(world)
    t.match(phase(world), /^Degraded: RolloutAborted/)
    t.equal(users(world, router), 'v1')
    t.equal(users(world, router, 'preview'), 'v2', 'the preview stays for as long as its pods')
    t.match(sizes(world), { v1: 3, v2: 3 })
    world.now += 30_000
    settle(world)
    t.match(sizes(world), { v1: 3, v2: 0 })
    t.equal(users(world, router, 'preview'), 'v1', 'nobody is led to pods that have gone')
    t.same(pass(world).actions, [])
    patch(world, { abort: null })
    settle(world)
    t.equal(phase(world), 'Paused: BlueGreenPause', 'asked for anew')
    t.match(sizes(world), { v1: 3, v2: 3 })
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(users(world, router), 'v2')
    t.end()
  })

  t.test(`${router}: an aborted version may keep its pods`, (t) => {
    const world = running(router, { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 0 })
    release(world, 'v2')
    patch(world, { abort: true })
    settle(world)
    world.now += 60 * minute
    settle(world)
    t.match(sizes(world), { v1: 3, v2: 3 })
    t.end()
  })

  t.test(`${router}: an abort after the switch takes users back, whatever became of the new pods`, (t) => {
    const world = running(router, { postPromotionAnalysis: analysis })
    release(world, 'v2')
    t.equal(users(world, router), 'v2')
    t.equal(stable(world), 'v1')
    t.match(phase(world), /^Paused: NotSupportedYet: /)
    world.broken.add('v2')
    follow(world)
    patch(world, { abort: true })
    const { actions } = pass(world)
    t.match(selected(world), { active: 'v1' }, 'at once')
    if (router === 'edge') t.equal(led(world)['active'], 'v1', 'at once')
    t.ok(actions.length > 0)
    settle(world)
    t.equal(users(world, router), 'v1')
    t.match(sizes(world), { v1: 3 })
    t.end()
  })

  t.test(`${router}: an analysis that is not there yet holds, and a promotion goes on without it`, (t) => {
    for (const wish of [{ pauseConditions: null }, { promoteFull: true }]) {
      const world = running(router, { prePromotionAnalysis: analysis, postPromotionAnalysis: analysis })
      release(world, 'v2')
      t.match(phase(world), /^Paused: NotSupportedYet: the analysis before the promotion/)
      t.equal(users(world, router), 'v1')
      world.now += 60 * minute
      settle(world)
      t.equal(users(world, router), 'v1', 'no time ends it')
      patch(world, wish)
      settle(world)
      t.equal(users(world, router), 'v2')
      if ('pauseConditions' in wish) {
        t.match(phase(world), /^Paused: NotSupportedYet: the analysis after the promotion/)
        world.now += 60 * minute
        settle(world)
        t.match(sizes(world), { v1: 3, v2: 3 }, 'the way back is kept')
        patch(world, { pauseConditions: null })
        settle(world)
      }
      t.equal(stable(world), 'v2')
      t.equal(phase(world), 'Healthy: ')
      t.notOk(world.rollout.status?.promoteFull)
    }
    t.end()
  })

  t.test(`${router}: back to a version that is still there is a switch and nothing else`, (t) => {
    const world = running(router, { autoPromotionEnabled: false, scaleDownDelaySeconds: 300 })
    release(world, 'v2')
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(stable(world), 'v2')
    release(world, 'v1')
    t.equal(users(world, router), 'v1')
    t.equal(stable(world), 'v1')
    release(world, 'v2')
    t.equal(users(world, router), 'v2', 'and forth')
    world.now += 301_000
    settle(world)
    t.match(sizes(world), { v1: 0, v2: 3 })
    release(world, 'v1')
    t.equal(phase(world), 'Paused: BlueGreenPause', 'later it is a release like any other')
    t.end()
  })

  t.test(`${router}: an aborted version that waits for its end needs leave as any other`, (t) => {
    const world = running(router, { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 300 })
    release(world, 'v2')
    patch(world, { abort: true })
    settle(world)
    release(world, 'v1')
    t.equal(phase(world), 'Healthy: ')
    release(world, 'v2')
    t.equal(phase(world), 'Paused: BlueGreenPause')
    t.equal(users(world, router), 'v1')
    t.end()
  })

  t.test(`${router}: a third version while the second is looked at`, (t) => {
    const world = running(router, { autoPromotionEnabled: false })
    release(world, 'v2')
    release(world, 'v3')
    t.equal(phase(world), 'Paused: BlueGreenPause')
    t.equal(users(world, router), 'v1')
    t.equal(users(world, router, 'preview'), 'v3')
    t.match(sizes(world), { v1: 3, v2: 3, v3: 3 })
    world.now += 30_000
    settle(world)
    t.match(sizes(world), { v1: 3, v2: 0, v3: 3 })
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(users(world, router), 'v3')
    t.end()
  })

  t.test(`${router}: no more old versions wait than may`, (t) => {
    const world = running(router, { scaleDownDelaySeconds: 3600, scaleDownDelayRevisionLimit: 1 })
    release(world, 'v2')
    release(world, 'v3')
    t.match(sizes(world), { v1: 0, v2: 3, v3: 3 })
    t.end()
  })

  t.test(`${router}: pods are made and taken away while it waits for leave`, (t) => {
    const world = running(router, { autoPromotionEnabled: false })
    release(world, 'v2')
    edit(world, { replicas: 5 })
    settle(world)
    t.match(sizes(world), { v1: 5, v2: 5 })
    t.equal(phase(world), 'Paused: BlueGreenPause')
    edit(world, { replicas: 2, paused: true })
    settle(world)
    t.match(sizes(world), { v1: 2, v2: 2 })
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(users(world, router), 'v1', 'a user has it paused')
    edit(world, { paused: false })
    settle(world)
    t.equal(users(world, router), 'v2')
    edit(world, { replicas: 0 })
    settle(world)
    t.match(sizes(world), { v2: 0 })
    t.equal(phase(world), 'Healthy: ')
    t.end()
  })

  t.test(`${router}: a version that never was ready is replaced by one that is`, (t) => {
    const blueGreen = { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false }
    const world = worldOf({ replicas: 3, strategy: { blueGreen } }, ['active', 'preview'])
    if (router === 'edge') world.edges = [edgeOf('east', ['active'])]
    world.broken.add('v1')
    settle(world)
    t.match(phase(world), /^Progressing/)
    release(world, 'v2')
    t.equal(users(world, router), 'v2', 'nobody is asked while nobody is served')
    t.equal(phase(world), 'Healthy: ')
    t.end()
  })

  t.test(`${router}: a late preview is aborted where the spec says so`, (t) => {
    const world = running(router, {}, { progressDeadlineAbort: true })
    world.broken.add('v2')
    release(world, 'v2')
    world.now += 600_001
    settle(world)
    t.match(phase(world), /^Degraded: RolloutAborted/)
    t.equal(users(world, router), 'v1')
    t.end()
  })
}

t.test('the switch is one change of the split, acknowledged before any selector follows', (t) => {
  const world = running('edge')
  edit(world, { template: templateOf('v2') })
  const seen: string[] = []
  for (let count = 0; count < 12; count++) {
    const { actions } = pass(world)
    const told = actions.map(({ kind }) => kind).filter((kind) => kind === 'updateSplit' || kind === 'selectPods')
    if (told.length > 0) seen.push(`${told.join('+')} → ${led(world)['active']}/${selected(world)['active']}`)
    // The edges know nothing of this yet.
    const before = world.edges
    const slow = told.includes('updateSplit') && led(world)['active'] === 'v2' && selected(world)['active'] === 'v1'
    follow(world)
    if (slow) {
      world.edges = world.edges.map((edge, index) => ({ ...edge, applied: before[index]!.applied }))
      const { actions: none } = pass(world)
      t.same(none, [], 'nothing moves before every edge has it')
      t.match(phase(world), /^Progressing: waiting for edge east and 1 more/)
      follow(world)
    }
  }
  t.same(seen.at(-1), 'selectPods → v2/v2')
  t.match(seen.at(-2), /^updateSplit(\+selectPods)? → v2\/v1$/)
  t.end()
})

t.test('edges that cannot be relied upon hold the switch, and no abort', (t) => {
  const held = (change: (world: World) => void, message: RegExp): void => {
    const world = running('edge', { autoPromotionEnabled: false })
    release(world, 'v2')
    change(world)
    patch(world, { pauseConditions: null })
    for (let count = 0; count < 5; count++) {
      pass(world)
      follow(world)
    }
    t.equal(led(world)['active'], 'v1')
    t.match(phase(world), message)
    patch(world, { abort: true })
    settle(world)
    t.match(phase(world), /^Degraded: RolloutAborted/)
    t.equal(users(world, 'edge'), 'v1')
  }
  held((world) => {
    world.edges = []
  }, /^Progressing: NoReadyEdge/)
  held((world) => {
    world.edges = world.edges.map((edge) => ({ ...edge, silentMs: 11_000 }))
  }, /^Progressing: SilentEdge/)
  held((world) => {
    world.edges = world.edges.map((edge) => ({ ...edge, routedServices: [] }))
  }, /^Progressing: NoRoute/)
  t.end()
})

t.test('promoted in full, silent edges do not hold it', (t) => {
  const world = running('edge', { autoPromotionEnabled: false })
  release(world, 'v2')
  world.edges = world.edges.map((edge, index) => (index === 0 ? { ...edge, silentMs: 11_000 } : edge))
  patch(world, { promoteFull: true })
  for (let count = 0; count < 8; count++) {
    pass(world)
    follow(world)
  }
  t.equal(led(world)['active'], 'v2')
  t.equal(stable(world), 'v2')
  t.match(sizes(world), { v1: 3 }, 'but no pod goes before the silent one is heard of')
  world.now += 60 * minute
  pass(world)
  t.match(sizes(world), { v1: 3 })
  t.end()
})

t.test('pods with requests under way stay for as long as those may last', (t) => {
  const world = running('edge')
  release(world, 'v2')
  const old = [...world.replicaSets.values()].find(({ metadata }) => imageOf(world, metadata.labels?.['rollouts-pod-template-hash']) === 'v1')!
  const hash = old.metadata.labels!['rollouts-pod-template-hash']!
  t.equal(setWith(world, hash), old)
  world.edges = world.edges.map((edge) => ({
    ...edge,
    backends: edge.backends.map((backend) => (backend.podTemplateHash === hash ? { ...backend, inFlight: 2 } : backend)),
  }))
  world.now += 30_000
  settle(world)
  t.match(sizes(world), { v1: 3 })
  world.now += 30_000
  settle(world)
  t.match(sizes(world), { v1: 0 })
  t.end()
})

t.test('from blue-green to a canary and back, users stay where they are', (t) => {
  for (const router of routers) {
    const plugins = router === 'edge' ? { trafficRouting: { plugins: { 'spillway/edge': {} } } } : {}
    const world = running(router)
    release(world, 'v2')
    edit(world, {
      strategy: { canary: { stableService: 'active', canaryService: 'preview', steps: [{ setWeight: 50 }, { pause: {} }], ...plugins } },
    })
    settle(world)
    t.equal(phase(world), 'Healthy: ')
    t.equal(users(world, router), 'v2')
    t.match(world.rollout.status, { stableRS: world.rollout.status?.currentPodHash, currentStepIndex: 2, blueGreen: {} })
    release(world, 'v3')
    t.equal(phase(world), 'Paused: CanaryPauseStep')
    const blueGreen = { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false }
    edit(world, { strategy: { blueGreen } })
    settle(world)
    t.equal(users(world, router), 'v2')
    t.equal(users(world, router, 'preview'), 'v3')
    t.notOk('currentStepIndex' in world.rollout.status!)
    patch(world, { pauseConditions: null })
    settle(world)
    t.equal(users(world, router), 'v3')
    t.equal(phase(world), 'Healthy: ')
  }
  t.end()
})
