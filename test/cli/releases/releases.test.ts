// The verbs against the sandbox: what they say, what they send, and how they end; under each of their names.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { kubeconfigOf, now, openScene, type Scene } from './scene.ts'

const names = ['spillway', 'kubectl spillway', 'kubectl argo rollouts']
const steps = [{ setWeight: 5 }, { pause: {} }, { setWeight: 50 }]
const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: '2026-03-01T11:59:00Z' }]
const rollouts = 'rollouts.argoproj.io'
const path = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop'

const template = (image: string) => ({
  metadata: { labels: { app: 'shop' } },
  spec: {
    containers: [
      { name: 'app', image, ports: [{ containerPort: 80 }] },
      { name: 'log', image: 'log:v1' },
    ],
  },
})

function putShop({ put, find }: Scene, status: object = {}, spec: object = {}): string {
  const metadata = { name: 'shop', namespace: 'default' }
  put(rollouts, {
    metadata,
    spec: { replicas: 2, selector: { matchLabels: { app: 'shop' } }, template: template('shop:v2'), strategy: { canary: { steps } }, ...spec },
    status: { currentPodHash: 'new', stableRS: 'old', phase: 'Progressing', observedGeneration: '1', ...status },
  } as KubeObject)
  return find(rollouts, 'shop').metadata.uid!
}

function remove({ server }: Scene): void {
  server.cluster.delete(rollouts, { namespace: 'default', name: 'shop' })
}

t.test('each wish is sent as Argo Rollouts’ own tool sends it, and told in its words', async (t) => {
  const scene = await openScene(t)
  const merge = 'application/merge-patch+json'
  const status = `PATCH ${path}/status`
  const main = `PATCH ${path}`
  const paused = { currentStepIndex: 1, pauseConditions, controllerPause: true }
  const rows: readonly (readonly [args: string, status: object, spec: object, sent: readonly (readonly [string, object])[], said: string])[] = [
    ['promote shop', paused, {}, [[status, { status: { pauseConditions: null } }]], "rollout 'shop' promoted"],
    [
      'promote shop',
      paused,
      { paused: true },
      [
        [status, { status: { pauseConditions: null } }],
        [main, { spec: { paused: false } }],
      ],
      "rollout 'shop' promoted",
    ],
    ['promote shop', { currentStepIndex: 1 }, {}, [[status, { status: { pauseConditions: null, currentStepIndex: 2 } }]], "rollout 'shop' promoted"],
    ['promote shop --full', paused, {}, [[status, { status: { promoteFull: true } }]], "rollout 'shop' fully promoted"],
    ['promote --full=true shop', { stableRS: 'new' }, {}, [], "rollout 'shop' fully promoted"],
    ['promote -c shop', { currentStepIndex: 1 }, {}, [[status, { status: { currentStepIndex: 2 } }]], "rollout 'shop' promoted"],
    ['promote -a shop', {}, {}, [[status, { status: { currentStepIndex: 3 } }]], "rollout 'shop' promoted"],
    ['abort shop', {}, {}, [[status, { status: { abort: true } }]], "rollout 'shop' aborted"],
    ['retry rollout shop', { abort: true }, {}, [[status, { status: { abort: false } }]], "rollout 'shop' retried"],
    ['retry ro rollout/shop', { abort: true }, {}, [[status, { status: { abort: false } }]], "rollout 'shop' retried"],
    ['pause shop', {}, {}, [[main, { spec: { paused: true } }]], "rollout 'shop' paused"],
    ['restart shop', {}, {}, [[main, { spec: { restartAt: '2026-03-01T12:00:00Z' } }]], "rollout 'shop' restarts in 0s"],
    ['restart shop -i 10m', {}, {}, [[main, { spec: { restartAt: '2026-03-01T12:10:00Z' } }]], "rollout 'shop' restarts in 10m"],
  ]
  for (const [args, rolloutStatus, spec, sent, said] of rows) {
    for (const name of names) {
      putShop(scene, rolloutStatus, spec)
      scene.sent.length = 0
      t.same(await scene.run(args.split(' '), { name }), { code: 0, stdout: `${said}\n`, stderr: '' }, `${name} ${args}`)
      t.ok(scene.sent.every(({ type }) => type === merge))
      const bodies = scene.sent.map(({ method, path, body }) => {
        // The one addition: a write that depends on what was read goes to that alone.
        const { metadata, ...rest } = JSON.parse(body) as { metadata?: { resourceVersion: string } }
        t.same(Object.keys(metadata ?? {}), metadata === undefined ? [] : ['resourceVersion'])
        return [`${method} ${path}`, rest]
      })
      t.same(bodies, sent, 'what was sent')
      remove(scene)
    }
  }
})

t.test('set image replaces the object, and keeps what is not understood', async (t) => {
  const scene = await openScene(t)
  putShop(scene, {}, { template: { ...template('shop:v1'), spec: { ...template('shop:v1').spec, fromTomorrow: { a: 1 } } } })
  t.same(await scene.run(['set', 'image', 'shop', 'app=shop:v2']), { code: 0, stdout: 'rollout "shop" image updated\n', stderr: '' })
  t.match(scene.sent, [{ method: 'PUT', path }])
  const podSpec = () =>
    (scene.find(rollouts, 'shop') as unknown as { spec: { template: { spec: { containers: { image: string }[]; fromTomorrow: object } } } }).spec
      .template.spec
  t.same(
    podSpec().containers.map(({ image }) => image),
    ['shop:v2', 'log:v1'],
  )
  t.same(podSpec().fromTomorrow, { a: 1 })
  await scene.run(['set', 'image', 'shop', '*=all:v3'])
  t.same(
    podSpec().containers.map(({ image }) => image),
    ['all:v3', 'all:v3'],
  )
  t.same(await scene.run(['set', 'image', 'shop', 'apq=shop:v2']), {
    code: 1,
    stdout: '',
    stderr: 'spillway: rollout "shop": it has no container "apq"; its containers: app, log\n',
  })
  t.match(await scene.run(['set', 'image', 'shop', 'app']), { code: 2, stderr: /"app" is no CONTAINER=IMAGE/ })
})

t.test('undo puts the template of an earlier revision back', async (t) => {
  const scene = await openScene(t)
  const uid = putShop(scene)
  const ownerReferences = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid, controller: true }]
  for (const [revision, image] of [
    [1, 'shop:v0'],
    [2, 'shop:v1'],
    [3, 'shop:v2'],
  ] as const) {
    const labels = { app: 'shop', 'rollouts-pod-template-hash': `hash${revision}` }
    const metadata = {
      name: `shop-${revision}`,
      namespace: 'default',
      labels,
      ownerReferences,
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
    }
    const spec = { replicas: 0, selector: { matchLabels: labels }, template: { ...template(image), metadata: { labels } } }
    scene.put('replicasets.apps', { metadata, spec } as KubeObject)
  }
  t.same(await scene.run(['undo', 'shop']), { code: 0, stdout: "rollout 'shop' undo\n", stderr: '' })
  const [{ type, body } = { type: '', body: '' }] = scene.sent
  t.equal(type, 'application/json-patch+json')
  const [step, ...others] = JSON.parse(body) as {
    op: string
    path: string
    value: { metadata: unknown; spec: { containers: { image: string }[] } }
  }[]
  t.same(others, [])
  t.match(step, {
    op: 'replace',
    path: '/spec/template',
    value: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ image: 'shop:v1' }, {}] } },
  })
  t.same((step!.value.metadata as { labels: object }).labels, { app: 'shop' }, 'without the hash')
  t.same(await scene.run(['undo', 'shop', '--to-revision=2']), {
    code: 0,
    stdout: 'skipped rollback (current template already matches revision 2)\n',
    stderr: '',
  })
  t.same(await scene.run(['undo', 'shop', '--to-revision', '1']), { code: 0, stdout: "rollout 'shop' undo\n", stderr: '' })
  t.match(await scene.run(['undo', 'shop', '--to-revision=9']), {
    code: 1,
    stderr: 'spillway: rollout "shop": it has no revision 9; its revisions: 3, 2, 1\n',
  })
  t.match(await scene.run(['undo', 'shop', '--to-revision=x']), { code: 2 })
})

t.test('a dry run changes nothing', async (t) => {
  const scene = await openScene(t)
  putShop(scene, { currentStepIndex: 1, pauseConditions })
  const before = scene.find(rollouts, 'shop')
  for (const args of ['promote shop', 'abort shop', 'pause shop', 'restart shop', 'set image shop app=x:v9']) {
    const client = await scene.run([...args.split(' '), '--dry-run=client'])
    t.match(client, { code: 0, stdout: /\(dry run\)\n$/, stderr: '' })
    t.equal(scene.sent.length, 0, 'nobody is asked')
    t.match(await scene.run([...args.split(' '), '--dry-run=server']), { code: 0, stdout: /\(server dry run\)\n$/, stderr: '' })
    t.ok(scene.sent.length > 0 && scene.sent.every(({ path }) => path.includes('dryRun=All')))
    scene.sent.length = 0
  }
  t.same(scene.find(rollouts, 'shop'), before)
  const { stdout } = await scene.run(['pause', 'shop', '--dry-run=client', '-o', 'jsonpath={.spec.paused}'])
  t.equal(stdout, 'true')
  t.match(await scene.run(['pause', 'shop', '--dry-run=maybe']), { code: 2, stderr: /Allowed choices are none, client, server/ })
})

t.test('what is shown', async (t) => {
  const scene = await openScene(t)
  putShop(scene, { currentStepIndex: 1, pauseConditions, phase: 'Paused', message: 'CanaryPauseStep' })
  for (const name of names) {
    for (const args of [
      'get rollout shop',
      'get ro shop',
      'get rollouts rollout.argoproj.io/shop',
      '-n default get ro shop',
      'get -n default ro shop',
    ])
      t.match(
        await scene.run(args.split(' '), { name }),
        { code: 0, stdout: /^Name: {12}shop\nNamespace: {7}default\nStatus: {10}॥ Paused\n/, stderr: '' },
        args,
      )
    t.match(await scene.run(['list', 'rollouts'], { name }), { code: 0, stdout: /^NAME {2}STRATEGY[^\n]*\nshop {2}Canary {4}Paused {2}1\/3 {3}5 / })
    t.same(await scene.run(['status', 'shop', '--watch=false'], { name }), { code: 0, stdout: 'Paused - CanaryPauseStep\n', stderr: '' })
    t.same(await scene.run(['version', '--short'], { name }), { code: 0, stdout: '', stderr: '' }, 'which goes to the console')
  }
  t.match(await scene.run(['list', 'ro', '-A', '--timestamps']), { stdout: /^TIMESTAMP {13}NAMESPACE {2}NAME/ })
  t.same(await scene.run(['list', 'ro', '-n', 'kube-system']), { code: 0, stdout: '', stderr: 'No resources found.\n' })
  t.same(await scene.run(['list', 'experiments']), { code: 0, stdout: '', stderr: 'No resources found.\n' })
  t.equal((await scene.run(['get', 'ro', 'shop', '-o', 'name'])).stdout, 'rollout.argoproj.io/shop\n')
  t.equal((await scene.run(['list', 'ro', '-o', 'name'])).stdout, 'rollout.argoproj.io/shop\n')
  t.equal((await scene.run(['get', 'ro', 'shop', '-o', 'jsonpath={.status.phase}'])).stdout, 'Paused')
  t.equal((await scene.run(['list', 'ro', '-o', 'jsonpath={.items[*].metadata.name}'])).stdout, 'shop')
  t.match(JSON.parse((await scene.run(['get', 'ro', 'shop', '-o', 'json'])).stdout), { kind: 'Rollout', metadata: { name: 'shop' } })
  t.match((await scene.run(['get', 'ro', 'shop', '-o', 'yaml'])).stdout, /^apiVersion: argoproj.io\/v1alpha1\nkind: Rollout\nmetadata:\n/)
  t.match(await scene.run(['get', 'ro', 'shop', '-o', 'xml']), { code: 2, stderr: /give json, yaml, name, wide or jsonpath/ })
  remove(scene)
  putShop(scene, { phase: 'Degraded' })
  t.match((await scene.run(['get', 'ro', 'shop'], { columns: 30 })).stdout, 'Status:          \u001b[31m✖\u001b[0m Degraded', 'colours at a terminal')
  t.notMatch((await scene.run(['get', 'ro', 'shop'], { columns: 30, env: { NO_COLOR: '1' } })).stdout, /\u001b/)
  t.notMatch((await scene.run(['get', 'ro', 'shop', '--no-color'], { columns: 30 })).stdout, /\u001b/)
})

t.test('status waits, and names what for', async (t) => {
  const scene = await openScene(t)
  putShop(scene, { currentStepIndex: 1, pauseConditions, phase: 'Paused', message: 'CanaryPauseStep' })
  const late = await scene.run(['status', 'shop', '-t', '150ms'])
  t.match(late, {
    code: 1,
    stdout: 'Paused - CanaryPauseStep\n',
    stderr: /not settled in time: Paused - CanaryPauseStep; next: step 2\/3 \(setWeight 50\) when promoted: spillway promote shop/,
  })
  const set = (status: object): void => {
    const known = scene.find(rollouts, 'shop')
    scene.server.cluster.update(rollouts, { ...known, status: { ...(known['status'] as object), ...status } } as KubeObject, 'status')
  }
  const waiting = scene.run(['status', 'shop', '--timeout=10s'])
  // The first attempt watched as well.
  await scene.watched(2)
  await new Promise((resolve) => setTimeout(resolve, 200))
  set({ phase: 'Progressing', message: 'more', pauseConditions: null, controllerPause: false })
  await new Promise((resolve) => setTimeout(resolve, 200))
  set({ phase: 'Healthy', message: '' })
  t.same(await waiting, { code: 0, stdout: 'Paused - CanaryPauseStep\nProgressing - more\nHealthy\n', stderr: '' })
  set({ phase: 'Degraded', message: 'RolloutAborted: by hand' })
  t.match(await scene.run(['status', 'shop']), { code: 1, stdout: 'Degraded - RolloutAborted: by hand\n', stderr: /degraded/ })
})

t.test('create takes what is right, and says where it is wrong', async (t) => {
  const scene = await openScene(t)
  const file = join(dirname(scene.kubeconfig), 'shop.yaml')
  const text = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec: {replicas: 1, selector: {matchLabels: {app: shop}}, template: ${JSON.stringify(template('shop:v1'))}, strategy: {canary: {}}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: rate}
spec: {metrics: [{name: rate, provider: {prometheus: {query: up}}}]}
`
  writeFileSync(file, text)
  t.match(await scene.run(['create', '-f', file, '--dry-run=server']), { code: 0 })
  t.same(await scene.run(['create', '-f', file]), {
    code: 0,
    stdout: 'rollout.argoproj.io/shop created\nanalysistemplate.argoproj.io/rate created\n',
    stderr: '',
  })
  t.match(await scene.run(['create', '-f', file]), {
    code: 1,
    stdout: '',
    stderr: /shop\.yaml:1: .*already exists\n.*shop\.yaml:6: .*already exists/,
  })
  const stdin = (text: string) => scene.run(['create', '-f', '-'], { stdin: text })
  t.match(await stdin(text.replaceAll('name: shop', 'name: other').replace('replicas: 1', 'replicaz: 1')), {
    code: 1,
    stderr: /unknown field "spec.replicaz"/,
  })
  t.match(await stdin('kind: Rollout\nkind: Rollout\n'), { code: 1, stderr: /standard input:2:1: Map keys must be unique/ })
  t.match(await stdin('a: [1'), { code: 1, stderr: /standard input:\d+:\d+: / })
  t.match(await stdin('{}'), { code: 1, stderr: /is no Kubernetes object/ })
  t.match(await stdin('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n'), { code: 1, stderr: /for others there is kubectl/ })
  const levels = Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(',')}]`)
  t.match(await stdin(['a0: &a0 [x]', ...levels].join('\n')), { code: 1, stderr: /alias/i })
  t.match(await stdin('apiVersion: v1\nkind: a\nmetadata: {name: a}\nspec: &a [*a]'), { code: 1, stderr: /standard input:\d+/ })
  t.match(await stdin('__proto__: {apiVersion: v1, kind: Rollout}\n'), { code: 1, stderr: /is no Kubernetes object/ })
  t.match(await stdin(text.replaceAll('name: shop', 'name: other').replace('replicas: 1', 'replicas: 9007199254740993')), {
    code: 1,
    stderr: /standard input:4:\d+: a number beyond what can be kept exactly/,
  })
  t.match(await scene.run(['create', '-f', '/nowhere.yaml']), { code: 1, stderr: /\/nowhere\.yaml does not exist/ })
  t.match(await scene.run(['create']), { code: 2, stderr: /-f is missing/ })
})

t.test('terminate, and an experiment again', async (t) => {
  const scene = await openScene(t)
  const spec = { metrics: [{ name: 'a', provider: { prometheus: { query: 'up' } } }] }
  scene.put('analysisruns.argoproj.io', { metadata: { name: 'run', namespace: 'default' }, spec } as KubeObject)
  scene.put('experiments.argoproj.io', {
    metadata: { name: 'try', namespace: 'default' },
    spec: { templates: [] },
    status: { phase: 'Failed' },
  } as KubeObject)
  t.match(await scene.run(['terminate', 'ar', 'run']), { code: 0, stdout: "analysisRun 'run' terminated\n" })
  t.match(scene.find('analysisruns.argoproj.io', 'run'), { spec: { terminate: true } })
  t.match(await scene.run(['retry', 'experiment', 'try']), { code: 0, stdout: "experiment 'try' retried\n" })
  t.match(await scene.run(['terminate', 'experiment', 'try']), { code: 0, stdout: "experiment 'try' terminated\n" })
  t.match(await scene.run(['get', 'experiment', 'try']), { code: 0, stdout: /^Name: {12}try\n/ })
})

t.test('what is wrong is told with what to do next', async (t) => {
  const scene = await openScene(t)
  putShop(scene)
  const folder = dirname(scene.kubeconfig)
  const other = (name: string, server: string, token?: string): string => {
    const file = join(folder, name)
    writeFileSync(file, kubeconfigOf(server, token))
    return file
  }
  const nowhere = other('nowhere', 'http://127.0.0.1:1')
  const rows: readonly (readonly [args: readonly string[], stderr: RegExp, env?: Readonly<Record<string, string>>])[] = [
    [['get', 'ro', 'shpo'], /^spillway: no rollout "shpo" in namespace default\nDid you mean shop\?\n$/],
    [['abort', 'cart'], /no rollout "cart" in namespace default\nThere is: shop\n$/],
    [
      ['promote', 'shop', '-n', 'kube-system'],
      /no rollout "shop" in namespace kube-system\nThere are none here; in all namespaces: spillway list rollouts -A\n$/,
    ],
    [
      ['get', 'ro', 'shop'],
      /cannot reach the API server at http:\/\/127\.0\.0\.1:1: nothing listens there\nIs the cluster up/,
      { KUBECONFIG: nowhere },
    ],
    [['get', 'ro', 'shop', '--context', 'there'], /has no context "there"; it has here/],
    [['get', 'ro', 'shop', '--kubeconfig', '/nowhere'], /\/nowhere does not exist/],
    [['get', 'ro', 'shop', '--request-timeout', 'soon'], /--request-timeout is "soon"/],
  ]
  for (const [args, stderr, env] of rows) t.match(await scene.run(args, env && { env }), { code: 1, stdout: '', stderr }, args.join(' '))
  const bare = (await import('../../../src/sandbox/apiserver/startApiServer.ts')).startApiServer
  const server = await bare({})
  t.teardown(() => server.stop())
  const direct = join(folder, 'direct')
  writeFileSync(
    direct,
    kubeconfigOf(server.url, server.adminToken).replace(
      '"server"',
      `"certificate-authority-data":"${Buffer.from(server.caPem).toString('base64')}","server"`,
    ),
  )
  t.match(await scene.run(['list', 'ro'], { env: { KUBECONFIG: direct } }), {
    code: 1,
    stderr: /this cluster does not know rollouts[\s\S]*kubectl apply --server-side -f/,
  })
  t.match(await scene.run(['list', 'ro', '--as', 'nobody'], { env: { KUBECONFIG: direct } }), {
    code: 1,
    stderr: /not allowed: .*User "nobody" cannot list resource "rollouts"[\s\S]*kubectl auth can-i --list -n default/,
  })
  t.match(await scene.run(['list', 'ro', '--token', 'wrong'], { env: { KUBECONFIG: direct } }), {
    code: 1,
    stderr: /warning: --token[\s\S]*does not accept these credentials/,
  })
  t.match(await scene.run(['list', 'ro', '--insecure-skip-tls-verify'], { env: { KUBECONFIG: direct } }), {
    code: 1,
    stderr: /warning: the certificate of/,
  })
  t.match(await scene.run(['list', 'ro', '--tls-server-name', 'other.example'], { env: { KUBECONFIG: direct } }), {
    code: 1,
    stderr: /cannot reach the API server/,
  })
})

t.test('wrong usage', async (t) => {
  const scene = await openScene(t)
  for (const args of [
    ['promote'],
    ['promote', 'a', 'b'],
    ['get'],
    ['get', 'pods', 'a'],
    ['restart', 'a', '--in', 'soon'],
    ['status', 'a', '-t', '5'],
    ['get', 'ro', 'a', '-w', '-o', 'json'],
    ['promote', '-c', '-a', 'shop'],
  ])
    t.match(await scene.run(args), { code: 2, stdout: '', stderr: /./ }, args.join(' '))
  t.equal(now, Date.parse('2026-03-01T12:00:00Z'))
})
