import t from 'tap'
import { edgeOf, edit, imageOf, selected, settle, sizes, templateOf, type World, weights, worldOf } from './world.ts'

function edgeWorld(steps: readonly object[] = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 60 } }]): World {
  const trafficRouting = { plugins: { 'spillway/edge': {} } }
  const world = worldOf({ strategy: { canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting, steps } } })
  world.edges = [edgeOf('edge-1'), edgeOf('edge-2')]
  return world
}

t.test('the first version goes straight to its full size, and the split follows it', async (t) => {
  const world = edgeWorld()
  settle(world)
  t.strictSame(sizes(world), { v1: 10 })
  t.strictSame(weights(world), { v1: 100 })
  t.strictSame(selected(world), { 'shop-stable': 'v1', 'shop-canary': 'v1' })
  t.equal(world.rollout.status?.phase, 'Healthy')
  t.equal(world.rollout.status?.canary?.weights?.verified, true)
})

t.test('a second version is brought in step by step, and the first one leaves after its delay', async (t) => {
  const world = edgeWorld()
  settle(world)
  edit(world, { template: templateOf('v2') })
  settle(world)
  t.strictSame(sizes(world), { v1: 10, v2: 2 })
  t.strictSame(weights(world), { v1: 80, v2: 20 })
  t.equal(world.rollout.status?.message, 'CanaryPauseStep')
  world.rollout = { ...world.rollout, status: { ...world.rollout.status, pauseConditions: null } }
  settle(world)
  t.strictSame(weights(world), { v1: 40, v2: 60 })
  t.strictSame(sizes(world), { v1: 10, v2: 6 })
  world.now += 60_000
  settle(world)
  t.strictSame(weights(world), { v2: 100 })
  t.strictSame(sizes(world), { v1: 10, v2: 10 })
  t.equal(imageOf(world, world.rollout.status?.stableRS), 'v2')
  t.strictSame(selected(world), { 'shop-stable': 'v2', 'shop-canary': 'v2' })
  world.now += 30_000
  settle(world)
  t.strictSame(sizes(world), { v1: 0, v2: 10 })
  t.equal(world.rollout.status?.phase, 'Healthy')
})
