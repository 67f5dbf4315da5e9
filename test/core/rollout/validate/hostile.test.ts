// Whatever an object is, validation says what is wrong with it, and soon: an API server without our schemas would let anything in.
import fc from 'fast-check'
import t from 'tap'
import { validateRollout } from '../../../../src/core/rollout/validate/validateRollout.ts'
import { compileRegex } from '../../../../src/lib/regex.ts'
import { blueGreenRollout, canaryRollout, edited } from './rollouts.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed}`)

const world = {
  services: new Map(),
  claimedBy: new Map([['__proto__', 'constructor']]),
  router: { isEdgeDefault: true, hasIstio: undefined, ingresses: new Map([['__proto__', ['toString']]]) },
}

function check(rollout: unknown): number {
  const mistakes = validateRollout(rollout, world, compileRegex)
  for (const { path, message, fix } of mistakes)
    if (path.length === 0 || message === '' || fix === '' || message.length > 1_000)
      throw new Error(`no good mistake: ${JSON.stringify({ path, message, fix })}`)
  return mistakes.length
}

/** With every part that validation looks at. */
const full = edited(canaryRollout(), {
  'spec.selector.matchExpressions': [{ key: 'app', operator: 'In', values: ['shop'] }],
  'spec.analysis': { successfulRunHistoryLimit: 1 },
  'spec.workloadRef': { name: 'x' },
  'spec.rollbackWindow': { revisions: 1 },
  'spec.template.spec.volumes': [{ name: 'v' }],
  'spec.template.spec.containers.0.env': [{ name: 'A', value: 'b' }],
  'spec.template.spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '/v' }],
  'spec.template.spec.containers.0.resources': { limits: { cpu: '1' }, requests: { memory: 1 } },
  'spec.strategy.blueGreen': { activeService: 'a', prePromotionAnalysis: { templates: [{ templateName: 't' }] } },
  'spec.strategy.canary.analysis': {
    templates: [{ templateName: 't' }],
    args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  },
  'spec.strategy.canary.antiAffinity': { requiredDuringSchedulingIgnoredDuringExecution: {} },
  'spec.strategy.canary.trafficRouting': {
    plugins: { 'spillway/edge': { stickiness: { kind: 'cookie', ttl: '1h' }, services: ['root'] } },
    managedRoutes: [{ name: 'qa' }],
    nginx: { stableIngress: 'web', stableIngresses: ['x'] },
    istio: { virtualService: { name: 'x' } },
  },
  'spec.strategy.canary.steps': [
    { setWeight: 5 },
    { pause: { duration: '1m' } },
    { setCanaryScale: { weight: 1 } },
    { setHeaderRoute: { name: 'qa', match: [{ headerName: 'X', headerValue: { regex: 'a+' } }] } },
    { setMirrorRoute: { name: 'qa', match: [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { a: { exact: 'b' } } }] } },
    { analysis: { templates: [{ templateName: 't' }], dryRun: [{ metricName: 'x' }], measurementRetention: [{ metricName: 'x', limit: 1 }] } },
    { experiment: { templates: [{ name: 'a', specRef: 'stable' }], analyses: [{ name: 'a', templateName: 't', args: [{ name: 'a' }] }] } },
    { plugin: { name: 'a/b' } },
  ],
})

/** Paths of every value in it. */
function paths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, each]) => paths(each, [...path, key]))]
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return by
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) }
  Object.defineProperty(copy, key, { value: replaced(copy[key], rest, by), enumerable: true, writable: true, configurable: true })
  return copy
}

const nasty: readonly unknown[] = [
  null,
  '',
  'x',
  '__proto__',
  'a'.repeat(2 ** 20),
  '\u0000\ud800"\n',
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  true,
  false,
  [],
  [null],
  [[]],
  ['x', 7],
  {},
  { toString: null, valueOf: null },
  { length: 2 ** 31 },
  JSON.parse('{"__proto__": {"exact": "x"}, "constructor": {"prototype": 1}, "hasOwnProperty": 1}'),
]

t.test('any value in any place', async (t) => {
  let told = 0
  for (const base of [full, blueGreenRollout()])
    for (const path of paths(base))
      for (const value of nasty)
        try {
          told += Math.min(1, check(replaced(base, path, value)))
        } catch (error) {
          throw new Error(`${path.join('.')} = ${JSON.stringify(value)?.slice(0, 100)}`, { cause: error })
        }
  t.ok(told > 1_000, `${told} of them are wrong`)
})

t.test('any JSON as a Rollout, a spec, a strategy, a step or a stanza', async (t) => {
  const places = [
    '',
    'spec',
    'spec.template',
    'spec.strategy',
    'spec.strategy.canary',
    'spec.strategy.canary.steps.0',
    'spec.strategy.canary.trafficRouting',
  ]
  const value = fc.jsonValue({ maxDepth: 4 })
  fc.assert(
    fc.property(fc.constantFrom(...places), value, (place, any) => check(place === '' ? any : replaced(full, place.split('.'), any)) >= 0),
    { seed, numRuns: 3_000 },
  )
  t.pass('3,000 of them')
})

t.test('nothing is so big that others wait for it', async (t) => {
  const many = 10_000
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['steps', { 'spec.strategy.canary.steps': Array.from({ length: many }, (_, index) => ({ setWeight: index % 100 })) }],
    ['bad steps', { 'spec.strategy.canary.steps': Array.from({ length: many }, () => ({ setWeight: -1, pause: { duration: 'x' } })) }],
    ['labels', { 'spec.template.metadata.labels': Object.fromEntries(Array.from({ length: many }, (_, index) => [`l${index}`, 'x'])) }],
    ['managed routes', { 'spec.strategy.canary.trafficRouting.managedRoutes': Array.from({ length: many }, (_, index) => ({ name: `r${index}` })) }],
    [
      'unknown options',
      {
        'spec.strategy.canary.trafficRouting.plugins.spillway/edge': Object.fromEntries(
          Array.from({ length: many }, (_, index) => [`stickines${index}`, 1]),
        ),
      },
    ],
    ['containers', { 'spec.template.spec.containers': Array.from({ length: many }, () => ({ name: 'same', image: 'x' })) }],
    [
      'a text of a mebibyte',
      { 'spec.strategy.canary.steps.1.pause.duration': '1h'.repeat(2 ** 19), 'spec.strategy.canary.maxSurge': '1'.repeat(2 ** 20) },
    ],
    [
      'a regex of a mebibyte',
      {
        'spec.strategy.canary.steps': [
          { setHeaderRoute: { name: 'a', match: [{ headerName: 'a', headerValue: { regex: '(a|b)*'.repeat(2 ** 17) } }] } },
        ],
      },
    ],
  ]
  for (const [name, edits] of rows) {
    const rollout = edited(canaryRollout(), edits)
    const startedAt = performance.now()
    check(rollout)
    const ms = performance.now() - startedAt
    t.ok(ms < 1_000, `${name}: ${Math.round(ms)} ms`)
  }
  let deep: unknown = 1
  for (let depth = 0; depth < 5_000; depth++) deep = { deep }
  check(edited(canaryRollout(), { 'spec.strategy.canary.steps': [{ plugin: { name: 'a/b', config: deep } }], 'spec.replicas': deep }))
})
