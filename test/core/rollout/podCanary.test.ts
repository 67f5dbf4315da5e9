import t from 'tap'
import { edit, imageOf, settle, sizes, templateOf, worldOf } from './world.ts'

t.test('without edges the number of pods is the weight', async (t) => {
  const world = worldOf({ strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] } } })
  settle(world)
  t.strictSame(sizes(world), { v1: 10 })
  edit(world, { template: templateOf('v2') })
  settle(world)
  t.strictSame(sizes(world), { v1: 8, v2: 2 })
  world.rollout = { ...world.rollout, status: { ...world.rollout.status, pauseConditions: null } }
  settle(world)
  t.strictSame(sizes(world), { v1: 5, v2: 5 })
  world.rollout = { ...world.rollout, status: { ...world.rollout.status, pauseConditions: null } }
  settle(world)
  t.strictSame(sizes(world), { v1: 0, v2: 10 })
  t.equal(imageOf(world, world.rollout.status?.stableRS), 'v2')
  t.equal(world.rollout.status?.phase, 'Healthy')
})
