// What is decided fits the definitions of the custom resources: an API server would refuse other values, and drop other fields.
import t from 'tap'
import { customResourceDefinitions } from '../../../src/api/customResources.ts'
import type { RolloutSpec } from '../../../src/api/rollout.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'
import { mistakeText, openFindings } from '../../../src/core/spec/findings.ts'
import { checkSchema } from '../../../src/core/spec/schemaCheck.ts'
import { edgeOf, edit, patch, settle, templateOf, type World, worldOf } from './world.ts'

function schemaOf(kind: string): Schema {
  return customResourceDefinitions.find(({ spec }) => spec.names.kind === kind)!.spec.versions[0].schema.openAPIV3Schema
}

/** Fields that are let through although nobody describes them are told as well. */
function closed(schema: Schema): Schema {
  const { 'x-kubernetes-preserve-unknown-fields': open, properties, items, ...rest } = schema
  const within = properties && Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)]))
  return {
    ...rest,
    ...(within ? { properties: within } : open && { 'x-kubernetes-preserve-unknown-fields': open }),
    ...(items && { items: closed(items) }),
  }
}

const status = closed(schemaOf('Rollout').properties!['status']!)
const split = schemaOf('TrafficSplit').properties!['spec']!

function misfits(world: World): readonly string[] {
  const findings = openFindings()
  checkSchema({ path: ['status'], value: world.rollout.status }, status, findings)
  checkSchema({ path: ['split'], value: world.split === undefined ? undefined : JSON.parse(JSON.stringify(world.split.spec)) }, split, findings)
  return findings.mistakes.map(mistakeText)
}

const match = [{ headerName: 'X-QA', headerValue: { exact: 'true' } }]
const canary = (more: object): Partial<RolloutSpec> => ({
  strategy: { canary: { stableService: 'shop-stable', canaryService: 'shop-canary', ...more } },
})
const edge = { stickiness: { kind: 'cookie', name: 'shop', ttl: '1h', newSessionsOnly: true }, fallback: 'none', drainSeconds: 10 }
const worlds: Readonly<Record<string, Partial<RolloutSpec>>> = {
  'edges, with all that a split can say': canary({
    trafficRouting: { plugins: { 'spillway/edge': edge }, maxTrafficWeight: 1_000 },
    steps: [
      { setHeaderRoute: { name: 'qa', match } },
      {
        setMirrorRoute: {
          name: 'copy',
          percentage: 10,
          match: [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { 'X-A': { regex: '.+' } } }],
        },
      },
      { pause: {} },
      { setWeight: 200 },
      { pause: { duration: '10s' } },
      { analysis: { templates: [{ templateName: 'rate' }] } },
    ],
  }),
  'pods alone': canary({ steps: [{ setWeight: 20 }, { pause: {} }] }),
  'no steps': canary({}),
  'blue-green': { strategy: { blueGreen: { activeService: 'shop-stable', previewService: 'shop-canary', autoPromotionEnabled: false } } },
  'one that is refused': canary({ steps: [{ setWeight: 200 }] }),
}

for (const [name, spec] of Object.entries(worlds))
  t.test(name, async (t) => {
    const world = worldOf(spec)
    world.edges = [edgeOf('edge-1')]
    const written = new Set<string>()
    const scenes: readonly (readonly [string, (() => void)?])[] = [
      ['the first version'],
      ['a second version', () => edit(world, { template: templateOf('v2') })],
      ['promoted', () => patch(world, { pauseConditions: null })],
      ['later', () => void (world.now += 3_600_000)],
      ['a third version', () => edit(world, { template: templateOf('v3') })],
      ['aborted', () => patch(world, { abort: true })],
      ['promoted fully', () => patch(world, { abort: null, promoteFull: true })],
      ['long after', () => void (world.now += 36_000_000)],
    ]
    for (const [scene, happen] of scenes) {
      happen?.()
      settle(world)
      t.strictSame(misfits(world), [], scene)
      for (const field of Object.keys(world.split?.spec.services[0] ?? {})) written.add(field)
    }
    t.ok(world.rollout.status?.phase)
    if (name.startsWith('edges')) t.strictSame([...written].sort(), ['fallback', 'mirrors', 'name', 'role', 'routes', 'stickiness', 'weights'])
  })
