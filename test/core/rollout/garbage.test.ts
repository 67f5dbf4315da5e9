// Whatever a Rollout, its status and its ReplicaSets look like, there is a decision, and it can be written.
import t from 'tap'
import type { Rollout } from '../../../src/api/rollout.ts'
import { decide } from '../../../src/core/rollout/decide.ts'
import type { Observed } from '../../../src/core/rollout/observed.ts'
import { compileRegex } from '../../../src/lib/regex.ts'
import { randomFrom } from '../../edge/http/harness.ts'
import { edgeOf, edit, observedIn, settle, templateOf, type World, worldOf } from './world.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
t.comment(`seed ${seed} (TEST_SEED=${seed} repeats this run)`)

const one = <T>(list: readonly T[]): T => list[random(list.length)]!
const junk = [
  null,
  '',
  'x',
  '-1',
  0,
  -1,
  1.5,
  1e300,
  2 ** 31,
  true,
  false,
  [],
  {},
  [null],
  [[]],
  { a: null },
  '__proto__',
  '2026-13-45',
  '9'.repeat(400),
  '25%',
]

/** A copy in which a few values somewhere are something else, or nowhere. */
function mutated<T>(value: T, times: number): T {
  let copy = structuredClone(value) as unknown
  for (let count = 0; count < times; count++) copy = mutatedOnce(copy)
  return copy as T
}

function mutatedOnce(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return structuredClone(one(junk))
  const keys = Object.keys(value)
  if (keys.length === 0 || random(12) === 0) return structuredClone(one(junk))
  const key = one(keys)
  const parent = value as Record<string, unknown>
  if (random(6) > 0) parent[key] = mutatedOnce(parent[key])
  else if (Array.isArray(value)) value.splice(Number(key), 1)
  else delete parent[key]
  return value
}

const canary = { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting: { plugins: { 'spillway/edge': {} } } }
const steps = [{ setWeight: 20 }, { setCanaryScale: { weight: 50 } }, { pause: { duration: '1m' } }, { setHeaderRoute: { name: 'h', match: [] } }]
const blueGreen = { activeService: 'shop-stable', previewService: 'shop-canary', autoPromotionSeconds: 30, previewReplicaCount: 1 }

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** In the middle of a release. */
function scenes(): readonly World[] {
  const strategies = [{ canary: { steps } }, { canary: { ...canary, steps } }, { blueGreen }]
  return strategies.map((strategy) => {
    const world = worldOf({ replicas: 4, strategy, restartAt: '2026-01-01T00:00:00Z' })
    world.edges = [edgeOf('east')]
    settle(world)
    edit(world, { template: templateOf('v2') })
    settle(world)
    return world
  })
}

t.test('there is a decision', (t) => {
  const worlds = scenes()
  let decisions = 0
  const failures = new Set<string>()
  for (let count = 0; count < 4000; count++) {
    const world = one(worlds)
    const { metadata, ...rest } = world.rollout
    const observed = observedIn(world)
    const parts = random(3)
    // A name and an identity there always are: the API server sees to that.
    const rollout: Rollout = parts === 0 ? world.rollout : { metadata, ...mutated(rest, 1 + random(3)) }
    // The API server knows what a ReplicaSet is; what users write into it is its template and its annotations.
    const replicaSets = observed.replicaSets.map((set) => ({
      ...set,
      metadata: { ...set.metadata, ...(parts !== 1 && { annotations: texts(mutated(set.metadata.annotations ?? {}, 1)) }) },
      spec: { ...set.spec, template: parts === 2 ? mutated(set.spec.template, 1) : set.spec.template },
    }))
    const given = { rollout, observed: { ...observed, replicaSets } as Observed }
    try {
      const { actions, status } = decide(given.rollout, given.observed, world.now, compileRegex)
      if (typeof status !== 'object' || !Array.isArray(actions)) t.fail('no decision', given)
      for (const action of actions)
        if (action.kind === 'scaleReplicaSet' && (!Number.isSafeInteger(action.to) || action.to < 0)) t.fail(`scales to ${action.to}`, { rollout })
      JSON.stringify({ actions, status })
      decisions++
    } catch (error) {
      const { stack = '' } = error instanceof Error ? error : {}
      const place = stack.split('\n').slice(0, 4).join('')
      if (!failures.has(place)) t.fail(`throws ${place}`, { spec: rollout.spec, status: rollout.status })
      failures.add(place)
    }
  }
  t.pass(`${decisions} decisions`)
  t.end()
})
