import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { runLint } from '../../src/cli/lint/run.ts'
import type { Flags } from '../../src/cli/verb.ts'
import { canaryRollout, edited } from '../core/rollout/validate/rollouts.ts'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

/** `files` by name; `filename` defaults to all of them in one folder. */
async function lint(files: Readonly<Record<string, string>>, flags: Flags = {}, input = ''): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'lint-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    mkdirSync(join(folder, 'within'))
    let out = ''
    let err = ''
    const code = await runLint(
      { filename: [folder], ...flags },
      {
        stdin: (async function* () {
          yield input
        })(),
        stdout: { write: (text) => void (out += text) },
        stderr: { write: (text) => void (err += text) },
      },
    )
    return { code, out: out.replaceAll(`${folder}/`, ''), err: err.replaceAll(`${folder}/`, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const right = stringify(canaryRollout())
const service = (name: string): string =>
  `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {app: shop}, ports: [{port: 80}]}\n`

t.test('what is right is said to be', async (t) => {
  t.strictSame(await lint({ 'a.yaml': right }), { code: 0, out: '', err: '0 errors in 1 object\n' })
  t.strictSame(await lint({ 'a.yaml': right, 'b.yml': service('stable') + service('canary'), 'notes.txt': '{' }), {
    code: 0,
    out: '',
    err: '0 errors in 3 objects\n',
  })
  t.equal((await lint({ 'a.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [canaryRollout()] }) })).code, 0)
  t.equal((await lint({}, { filename: ['-'] }, right)).code, 0)
  t.equal((await lint({ 'a.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\n' })).code, 0, 'kinds of others')
})

t.test('mistakes are told with their place, in its order', async (t) => {
  const text = `# comment
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replica: 5
  selector: {matchLabels: {app: shop}}
  template: &pods
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
  strategy:
    canary:
      steps:
      - setWeight: 5
      - setWeight: 500
      - pause: {duration: on}
---
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: ex}
spec: {templates: [{name: a}]}
`
  const { code, out, err } = await lint({ 'a.yaml': text })
  t.equal(code, 1)
  t.strictSame(out.trim().split('\n'), [
    'a.yaml:6:3: error: Rollout shop: spec.replica: is unknown, and would be dropped; did you mean replicas?',
    'a.yaml:12:9: error: Rollout shop: spec.template.spec.containers[0].image: is missing; write an image',
    'a.yaml:17:9: error: Rollout shop: spec.strategy.canary.steps[1].setWeight: 500 is above the maximum 100; write an integer from 0 to 100',
    'a.yaml:18:17: error: Rollout shop: spec.strategy.canary.steps[2].pause.duration: true is no integer or text; write an integer, or a text in quotes',
    'a.yaml:23:20: error: Experiment ex: spec.templates[0].selector: is missing; add it: Which pods, by their labels; all parts must hold.',
    'a.yaml:23:20: error: Experiment ex: spec.templates[0].template: is missing; add it: The pods, as in a Deployment: metadata and spec of a PodTemplateSpec.',
  ])
  t.equal(err, '6 errors in 2 objects\n')
  const json = JSON.parse((await lint({ 'a.yaml': text }, { output: 'json' })).out)
  t.match(json, [
    { file: /a\.yaml$/, line: 6, column: 3, severity: 'error', object: 'Rollout shop', field: 'spec.replica', fix: 'did you mean replicas?' },
  ])
  t.equal(json.length, 6)
})

t.test('what stands in the same files is looked at together', async (t) => {
  const named = await lint({ 'a.yaml': right + service('stabel') + service('canary') })
  t.equal(named.code, 0, 'the cluster may have it')
  t.match(named.out, /warning: Rollout shop: spec\.strategy\.canary\.stableService: these files have no Service "stable"; did you mean stabel\?/)
  const other = service('stable').replace('app: shop', 'app: other')
  t.match(await lint({ 'a.yaml': right + other }), { code: 1, out: /stableService: the Service "stable" selects pods with app: "other"/ })
  const elsewhere = other.replace('{name: stable}', '{name: stable, namespace: elsewhere}')
  t.equal((await lint({ 'a.yaml': right + elsewhere })).code, 0, 'of another namespace')
  const twice = `${right}---\n${stringify(edited(canaryRollout(), { 'metadata.name': 'second' }))}`
  t.match((await lint({ 'a.yaml': twice })).out, /error: Rollout second: .*stableService: the Service "stable" belongs to the Rollout "shop"/)
})

t.test('what would hold for now is warned of', async (t) => {
  const steps = [
    { plugin: { name: 'a/b' } },
    { experiment: { templates: [{ name: 'a', specRef: 'stable' }] } },
    { analysis: { templates: [{ templateName: 'x' }] } },
  ]
  const { code, out } = await lint({ 'a.yaml': stringify(edited(canaryRollout(), { 'spec.strategy.canary.steps': steps })) })
  t.equal(code, 0)
  t.strictSame(
    [...out.matchAll(/warning: .*steps\[\d\]\.(\w+): is not carried out yet/g)].map(([, name]) => name),
    ['plugin', 'experiment', 'analysis'],
  )
})

t.test('metadata are looked at, which have no schema', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [{}, /metadata\.name: is missing/],
    [{ name: 'Shop' }, /metadata\.name: "Shop" is no name/],
    [{ name: 'shop', lables: {} }, /metadata\.lables: is unknown, and would be dropped; did you mean labels\?/],
    [{ name: 'shop', labels: { on: true } }, /metadata\.labels\.on: true is no text/],
    [{ name: 'shop', annotations: { n: 1 } }, /metadata\.annotations\.n: 1 is no text/],
    ['shop', /metadata: "shop" is no map/],
  ]
  for (const [metadata, wanted] of rows) {
    const { code, out } = await lint({ 'a.yaml': stringify(edited(canaryRollout(), { metadata })) })
    t.match(out, wanted, JSON.stringify(metadata))
    t.equal(code, 1)
  }
})

t.test('slips in a pod template are warned of', async (t) => {
  const pod = 'spec.template.spec.containers.0'
  const slips = edited(canaryRollout(), {
    [`${pod}.imagePullPolcy`]: 'Always',
    [`${pod}.readinessProbe`]: { httpGet: { prot: 80 } },
    [`${pod}.fieldOfTomorrow`]: 1,
  })
  const { code, out } = await lint({ 'a.yaml': stringify(slips) })
  t.equal(code, 0)
  t.strictSame(
    out
      .trim()
      .split('\n')
      .map((line) => line.replace(/^.*containers\[0\]\./, '')),
    ['imagePullPolcy: is not known here; did you mean imagePullPolicy?', 'readinessProbe.httpGet.prot: is not known here; did you mean port?'],
  )
})

t.test('templates are judged, and what is made of them', async (t) => {
  const template = (spec: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: rate}\nspec: ${spec}\n`
  const rows: readonly (readonly [string, RegExp])[] = [
    ['{}', /spec\.metrics: are missing/],
    ['{metrics: []}', /spec\.metrics: is empty/],
    ['{metrics: [{name: a, provider: {}}]}', /provider: has none of prometheus/],
    ['{metrics: [{name: a, provider: {web: {url: x}, job: {spec: {}}}}]}', /provider: has web and job, but only one/],
    ['{metrics: [{name: a, count: 3, provider: {web: {url: x}}}]}', /metrics\[0\]\.interval: is missing, with a count of 3/],
    ['{metrics: [{name: a, interval: 5, provider: {web: {url: x}}}]}', /interval: 5 is no text; put it into quotes/],
    ['{metrics: [{name: a, interval: 5 min, provider: {web: {url: x}}}]}', /interval: "5 min" has the unknown unit " min"/],
    ['{metrics: [{name: a, interval: 1m, count: 2, failureLimit: 3, provider: {web: {url: x}}}]}', /failureLimit: 3 is above count 2/],
    ['{metrics: [{name: a, failureLimit: -1, provider: {web: {url: x}}}]}', /failureLimit: -1 needs a consecutiveSuccessLimit/],
    ['{metrics: [{name: a, provider: {web: {url: "{{host}}"}}}]}', /url: \{\{host\}\} stands for nothing/],
    ['{metrics: [{name: a, provider: {web: {url: x}}}, {name: a, provider: {web: {url: x}}}]}', /metrics\[1\]\.name: "a" is the name of another one/],
    [
      '{metrics: [{name: a, provider: {web: {url: x}}}], dryRun: [{metricName: b}]}',
      /dryRun\[0\]\.metricName: "b" is about no metric; name one of a/,
    ],
    ['{metrics: [{name: a, provider: {web: {uri: x}}}]}', /web\.uri: is unknown, and would be dropped; did you mean url\?/],
    [
      '{metrics: [{name: a, provider: {plugin: {spillway/edge: {windows: 1m}}}}]}',
      /plugin\["spillway\/edge"\]\.windows: is unknown; did you mean window\?/,
    ],
    ['{args: [{name: x, valueFrom: {secretKeyRef: {name: s}}}], metrics: [{name: a, provider: {web: {url: x}}}]}', /secretKeyRef\.key: is missing/],
    ['{args: [{name: x}, {name: x}], metrics: [{name: a, provider: {web: {url: x}}}]}', /args\[1\]\.name: "x" is the name of another one/],
  ]
  for (const [spec, wanted] of rows) {
    const { code, out } = await lint({ 'a.yaml': template(spec) })
    t.match(out, wanted, spec)
    t.equal(code, 1)
  }
  t.equal(
    (await lint({ 'a.yaml': template('{metrics: [{name: a, count: "{{args.n}}", interval: "{{ args.t }}", provider: {web: {url: x}}}]}') })).code,
    0,
  )

  const run = template('{args: [{name: x}], metrics: [{name: a, provider: {web: {url: x}}}]}').replace('AnalysisTemplate', 'AnalysisRun')
  t.match((await lint({ 'a.yaml': run })).out, /args\[0\]\.value: is missing; write it, or valueFrom/)

  const step = { analysis: { templates: [{ templateName: 'one' }, { templateName: 'two' }] } }
  const rollout = stringify(edited(canaryRollout(), { 'spec.strategy.canary.steps': [step] }))
  const named = (name: string, spec: string): string => `---\n${template(spec).replace('name: rate', `name: ${name}`)}`
  const metric = '{name: a, provider: {web: {url: x}}}'
  const circle =
    named('one', `{metrics: [${metric}], templates: [{templateName: two}]}`) + named('two', '{templates: [{templateName: one}], args: [{name: x}]}')
  t.match((await lint({ 'a.yaml': rollout + circle })).out, /steps\[0\]\.analysis\.args: lack the argument "x" of AnalysisTemplate "two"/)
  const same = named('one', `{metrics: [${metric}]}`) + named('two', `{metrics: [${metric}]}`)
  t.match((await lint({ 'a.yaml': rollout + same })).out, /templates\[1\]: AnalysisTemplate "two" and AnalysisTemplate "one" both have a metric "a"/)
  t.match(
    (await lint({ 'a.yaml': rollout + named('tow', `{metrics: [${metric}]}`) })).out,
    /warning: .*these files have no AnalysisTemplate "two"; did you mean tow\?/,
  )
})

t.test('what is no manifest is told', async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['a: [', /^a\.yaml:1:5: error: /],
    ['a: 1\na: 2\n', /^a\.yaml:2:1: error: /],
    ['- x\n', /error: is no object; write apiVersion/],
    ['kind: Rollout\n', /apiVersion: is missing/],
    ['apiVersion: v1\n', /kind: is missing/],
    ['apiVersion: apps/v1\nkind: Rollout\n', /apiVersion: "apps\/v1" has no Rollout; write argoproj\.io\/v1alpha1/],
    ['apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplat\n', /kind: "AnalysisTemplat" is unknown; did you mean AnalysisTemplate\?/],
    ['apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {}\n', /metadata\.name: is missing/],
    ['a: &a [*a]\n', /./],
    ['a: *b\n', /./],
    ['\u0000', /./],
  ]
  for (const [text, wanted] of rows) t.match(await lint({ 'a.yaml': text }), { code: 1, out: wanted }, JSON.stringify(text))
  t.match(await lint({ 'a.yaml': '# nothing\n---\n' }), { code: 1, out: '', err: 'lint: there are no manifests\n' })
  t.match(await lint({}, { filename: ['/no/such/file'] }), { code: 1, err: /no such file/ })
  t.match(await lint({ 'a.yaml': right }, { output: 'yaml' }), { code: 2, err: /give json/ })
  const laughs = [
    'a: &a [x]',
    ...Array.from(
      { length: 20 },
      (_, index) => `b${index}: &b${index} [*${index === 0 ? 'a' : `b${index - 1}`}, *${index === 0 ? 'a' : `b${index - 1}`}]`,
    ),
  ]
  t.match(await lint({ 'a.yaml': laughs.join('\n') }), { code: 1, out: /alias/ })
})
