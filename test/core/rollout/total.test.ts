import t from 'tap'
import type { Rollout, RolloutSpec } from '../../../src/api/rollout.ts'
import { decide } from '../../../src/core/rollout/decide.ts'
import type { Observed } from '../../../src/core/rollout/observed.ts'
import { compileRegex } from '../../../src/lib/regex.ts'
import { randomFrom } from '../../edge/http/harness.ts'
import { edgeOf, edit, observedIn, settle, templateOf, worldOf } from './world.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const below = randomFrom(seed)
const random = (): number => below(1_000_000) / 1_000_000
t.comment(`seed ${seed}: TEST_SEED=${seed} repeats this run`)

const junk: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  1e300,
  Number.NaN,
  '',
  'x',
  '9999-12-31T23:59:59Z',
  [],
  {},
  [null],
  true,
  1.5,
  '__proto__',
  2 ** 53,
]

function oneOf<T>(list: readonly T[]): T {
  return list[below(list.length)]!
}

/** With something in it replaced by what should never be there. */
function spoiled<T>(value: T, depth = 0): T {
  const isDone = typeof value !== 'object' || value === null || Object.keys(value).length === 0
  if (isDone || (depth > 0 && random() < 0.08)) return oneOf(junk) as T
  const key = oneOf(Object.keys(value)) as keyof T
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as T & object
  copy[key] = spoiled(copy[key], depth + 1)
  return copy
}

function spoiledRollout(rollout: Rollout): Rollout {
  return random() < 0.5 ? { ...rollout, spec: spoiled(rollout.spec) } : { ...rollout, status: spoiled(rollout.status!) }
}

function spoiledWorld(observed: Observed): Observed {
  if (random() < 0.5) return { ...observed, edges: [], split: undefined }
  const replicaSets = observed.replicaSets.map((set) => ({
    ...set,
    status: spoiled(set.status!),
    metadata: { ...set.metadata, annotations: spoiled({ ...set.metadata.annotations }) },
  }))
  return { ...observed, replicaSets }
}

const routed = {
  stableService: 'shop-stable',
  canaryService: 'shop-canary',
  trafficRouting: { plugins: { 'spillway/edge': {} } },
  steps: [
    { setWeight: 20 },
    { setHeaderRoute: { name: 'qa', match: [{ headerName: 'x-qa', headerValue: { exact: 'yes' } }] } },
    { pause: { duration: '1m' } },
    { setCanaryScale: { replicas: 1 } },
  ],
}

const strategies: readonly (readonly [name: string, strategy: NonNullable<RolloutSpec['strategy']>])[] = [
  ['a canary with edges', { canary: routed }],
  ['a canary with pods alone', { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } }],
  ['blue-green', { blueGreen: { activeService: 'shop-stable', previewService: 'shop-canary', autoPromotionEnabled: false } }],
]

for (const [name, strategy] of strategies)
  t.test(`${name}: whatever stands in the objects, there is a decision`, async (t) => {
    const world = worldOf({ strategy })
    world.edges = [edgeOf('edge-1')]
    settle(world)
    edit(world, { template: templateOf('v2') })
    settle(world)
    for (let count = 0; count < 4_000; count++) {
      const rollout = spoiledRollout(random() < 0.5 ? spoiledRollout(world.rollout) : world.rollout)
      const observed = random() < 0.3 ? spoiledWorld(observedIn(world)) : observedIn(world)
      try {
        JSON.stringify(decide(rollout, observed, world.now, compileRegex))
      } catch (error) {
        t.error(error, `decision ${count}: ${JSON.stringify({ spec: rollout.spec, status: rollout.status })}`)
        return
      }
    }
    t.pass('4,000 decisions')
  })
