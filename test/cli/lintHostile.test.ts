// Manifests come from anywhere: whatever they hold, lint says something, and soon.
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { judge } from '../../src/cli/lint/judge.ts'
import { readManifests } from '../../src/cli/lint/manifests.ts'
import { reportedFinding, reportedText } from '../../src/cli/lint/report.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { canaryRollout, edited } from '../core/rollout/validate/rollouts.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed}`)

const objects: readonly Record<string, unknown>[] = [
  edited(canaryRollout(), {
    'spec.strategy.canary.steps.0': { analysis: { templates: [{ templateName: 'rate' }], args: [{ name: 'a', value: 'b' }] } },
  }),
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'rate', namespace: 'default' },
    spec: {
      args: [{ name: 'a', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      metrics: [{ name: 'm', interval: '1m', count: 2, failureLimit: '{{args.a}}', provider: { web: { url: 'x', jsonBody: { a: [1] } } } }],
      templates: [{ templateName: 'rate' }],
      dryRun: [{ metricName: 'm' }],
    },
  },
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name: 'ex' },
    spec: { templates: [{ name: 'a', selector: { matchLabels: { a: 'b' } }, template: {} }] },
    status: { phase: 'Running' },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'stable', annotations: { a: 'b' } }, spec: { selector: { app: 'shop' }, ports: [] } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: { ingressClassName: 'spillway', rules: [{ http: { paths: [{ backend: { service: { name: 'stable' } } }] } }] },
  },
]

function told(values: readonly unknown[]): readonly string[] {
  const manifests = values.map((value) => ({ file: 'a.yaml', value, place: () => ({ line: 1, column: 1 }) }))
  return judge(manifests, compileRegex).map(reportedFinding).map(reportedText)
}

function paths(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path.join('.')]
  return [...(path.length > 0 ? [path.join('.')] : []), ...Object.entries(value).flatMap(([key, each]) => paths(each, [...path, key]))]
}

const nasty: readonly unknown[] = [
  null,
  '',
  '__proto__',
  'a'.repeat(2 ** 20),
  -1,
  1.5,
  2 ** 53,
  true,
  [],
  [null],
  {},
  { toString: null },
  JSON.parse('{"__proto__": {}}'),
]

t.test('any value in any place of what stands together', async (t) => {
  let findings = 0
  for (const [index, object] of objects.entries())
    for (const path of paths(object)) for (const value of nasty) findings += told(objects.with(index, edited(object, { [path]: value }))).length
  t.ok(findings > 1_000, `${findings} findings`)
})

t.test('any JSON as an object, and as YAML', async (t) => {
  const kinds = fc.constantFrom('Rollout', 'AnalysisTemplate', 'ClusterAnalysisTemplate', 'AnalysisRun', 'Experiment', 'TrafficSplit', 'Service')
  fc.assert(
    fc.property(kinds, fc.jsonValue({ maxDepth: 5 }), (kind, spec) => {
      const apiVersion = kind === 'TrafficSplit' ? 'spillway.dev/v1alpha1' : kind === 'Service' ? 'v1' : 'argoproj.io/v1alpha1'
      told([...objects, { apiVersion, kind, metadata: { name: 'x' }, spec }])
      const { manifests } = readManifests('a.yaml', stringify({ spec }))
      for (const { place } of manifests) place(['spec', 'a', 0, '__proto__'])
    }),
    { seed, numRuns: 1_000 },
  )
  t.pass('1,000 of them')
})

t.test('any text', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a:-[]{}&*!|>\'"\n #,?%@<1'.split('')), maxLength: 60 }), (text) => {
      const { manifests, mistakes } = readManifests('a.yaml', text)
      judge(manifests, compileRegex)
      for (const { line, column } of mistakes) if (!(line >= 1 && column >= 1)) throw new Error(`${line}:${column}`)
    }),
    { seed, numRuns: 3_000 },
  )
  t.pass('3,000 of them')
})
