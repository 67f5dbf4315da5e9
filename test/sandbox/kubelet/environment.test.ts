import t from 'tap'
import type { Container, Volume } from '../../../src/api/container.ts'
import type { Pod } from '../../../src/api/pod.ts'
import { commandOf, findExecutable } from '../../../src/sandbox/kubelet/environment/command.ts'
import type { PodFacts } from '../../../src/sandbox/kubelet/environment/downward.ts'
import { expand } from '../../../src/sandbox/kubelet/environment/expand.ts'
import { placer, volumeVariable } from '../../../src/sandbox/kubelet/environment/places.ts'
import { type Lookup, variablesOf } from '../../../src/sandbox/kubelet/environment/variables.ts'
import { volumeContent } from '../../../src/sandbox/kubelet/environment/volumeFiles.ts'
import { findImage, missingImage, parseImageProgram } from '../../../src/sandbox/kubelet/images.ts'

t.test('$(NAME)', (t) => {
  const values = { A: '1', 'b.c': '2' }
  for (const [text, expanded] of [
    ['$(A)', '1'],
    ['x$(A)y$(b.c)', 'x1y2'],
    ['$(NO)', '$(NO)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$A ${A} $', '$A ${A} $'],
    ['$(A', '$(A'],
    ['$(toString)', '$(toString)'],
  ] as const)
    t.equal(expand(text, values), expanded, text)
  t.end()
})

const pod: Pod = {
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { a: 'x', b: 'y' } },
  spec: { containers: [], serviceAccountName: 'acc' },
}
const facts: PodFacts = { pod, nodeName: 'sandbox', hostIp: '127.0.0.1', podIp: '127.64.0.1', allocatable: { cpu: '2', memory: '8Gi' } }
const lookup: Lookup = {
  configMap: (name) => (name === 'there' ? { a: '1', b: '2' } : undefined),
  secret: (name) => (name === 'hidden' ? { s: '3' } : undefined),
}
const container = (more: Partial<Container>): Container => ({ name: 'c', ...more })

t.test('variables', (t) => {
  const cases: readonly { readonly rule: string; readonly container: Container; readonly is: Readonly<Record<string, string>> | string }[] = [
    { rule: 'given ones', container: container({}), is: { HOST: 'h' } },
    { rule: 'written ones win', container: container({ env: [{ name: 'HOST', value: 'mine' }] }), is: { HOST: 'mine' } },
    {
      rule: 'from those before',
      container: container({
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)$(HOST)$(C)' },
          { name: 'C', value: '' },
        ],
      }),
      is: { HOST: 'h', A: '1', B: '1h$(C)', C: '' },
    },
    {
      rule: 'all of a ConfigMap',
      container: container({ envFrom: [{ prefix: 'P_', configMapRef: { name: 'there' } }] }),
      is: { HOST: 'h', P_a: '1', P_b: '2' },
    },
    {
      rule: 'single ones win',
      container: container({ envFrom: [{ configMapRef: { name: 'there' } }], env: [{ name: 'a', value: 'x$(b)' }] }),
      is: { HOST: 'h', a: 'x2', b: '2' },
    },
    {
      rule: 'a Secret',
      container: container({ env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 'hidden', key: 's' } } }] }),
      is: { HOST: 'h', S: '3' },
    },
    { rule: 'no such ConfigMap', container: container({ envFrom: [{ configMapRef: { name: 'late' } }] }), is: 'configmap "late" not found' },
    {
      rule: 'no such Secret',
      container: container({ env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 'late', key: 's' } } }] }),
      is: 'secret "late" not found',
    },
    {
      rule: 'no such key',
      container: container({ env: [{ name: 'S', valueFrom: { configMapKeyRef: { name: 'there', key: 'c' } } }] }),
      is: "couldn't find key c in ConfigMap n/there",
    },
    {
      rule: 'which may be absent',
      container: container({
        env: [{ name: 'S', valueFrom: { configMapKeyRef: { name: 'there', key: 'c', optional: true } } }],
        envFrom: [{ secretRef: { name: 'late', optional: true } }],
      }),
      is: { HOST: 'h' },
    },
    {
      rule: 'fields',
      container: container({
        env: [
          ...Object.entries({
            N: 'metadata.name',
            S: 'metadata.namespace',
            U: 'metadata.uid',
            L: "metadata.labels['a']",
            X: "metadata.annotations['no']",
            I: 'status.podIP',
            O: 'spec.nodeName',
            A: 'spec.serviceAccountName',
          }).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } })),
        ],
      }),
      is: { HOST: 'h', N: 'p', S: 'n', U: 'u', L: 'x', X: '', I: '127.64.0.1', O: 'sandbox', A: 'acc' },
    },
    {
      rule: 'no such field',
      container: container({ env: [{ name: 'F', valueFrom: { fieldRef: { fieldPath: 'spec.volumes' } } }] }),
      is: 'unsupported fieldPath: spec.volumes',
    },
    {
      rule: 'resources, as on a real node',
      container: container({
        resources: { requests: { cpu: '50m' }, limits: { memory: '30Mi' } },
        env: [
          { name: 'LIM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '0' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
          { name: 'CPU1', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'UP', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
        ],
      }),
      is: { HOST: 'h', LIM: '31457280', CPU: '50', CPU1: '2', UP: '1' },
    },
  ]
  for (const { rule, container, is } of cases) {
    const found = variablesOf({ container, facts, lookup, given: { HOST: 'h' }, place: (text) => text })
    t.same(found.kind === 'value' ? found.value : found.error, is, rule)
  }
  t.end()
})

t.test('what is run', (t) => {
  const image = ['node', 'shop.js']
  const how = { variables: { A: '1' }, place: (text: string) => text.replace('/data', '/real') }
  t.same(commandOf({}, image, how), image)
  t.same(commandOf({ args: ['$(A)', '/data/x'] }, image, how), ['node', 'shop.js', '1', '/real/x'])
  t.same(commandOf({ command: ['sh', '-c'], args: ['echo $(A)'] }, image, how), ['sh', '-c', 'echo 1'])
  t.match(findExecutable('sh', { path: '/nowhere:/bin', directory: '/' }), { file: '/bin/sh' })
  t.same(findExecutable('nothing-here', { path: '/bin', directory: '/' }), { error: 'exec: "nothing-here": executable file not found in $PATH' })
  t.same(findExecutable('./no', { path: '/bin', directory: '/' }), { error: 'exec: "./no": stat ./no: no such file or directory' })
  t.same(findExecutable('/etc/passwd', { path: '', directory: '/' }), { error: 'exec: "/etc/passwd": stat /etc/passwd: permission denied' })
  t.end()
})

t.test('where volumes are', (t) => {
  const place = placer(
    [
      { name: 'conf', mountPath: '/etc/shop' },
      { name: 'work', mountPath: '/d', subPath: 'sub' },
      { name: 'gone', mountPath: '/x' },
    ],
    { conf: '/v/conf', work: '/v/work' },
  )
  for (const [text, placed] of [
    ['/etc/shop', '/v/conf'],
    ['/etc/shop/a.yaml', '/v/conf/a.yaml'],
    ['--config=/etc/shop/a.yaml', '--config=/v/conf/a.yaml'],
    ['/etc/shopping', '/etc/shopping'],
    ['/var/etc/shop', '/var/etc/shop'],
    ['touch /d/x; cat "/d/y"', 'touch /v/work/sub/x; cat "/v/work/sub/y"'],
    ['/x/y', '/x/y'],
    ['http://h/d/x', 'http://h/d/x'],
  ] as const)
    t.equal(place(text), placed, text)
  t.equal(volumeVariable('my-work.dir'), 'VOLUME_MY_WORK_DIR')
  t.end()
})

t.test('what is in volumes', (t) => {
  const bytes = (data: Readonly<Record<string, string>> | undefined) =>
    data && Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]))
  const binary = { configMap: (name: string) => bytes(lookup.configMap(name)), secret: (name: string) => bytes(lookup.secret(name)) }
  const cases: readonly { readonly volume: Omit<Volume, 'name'> & Readonly<Record<string, unknown>>; readonly is: unknown }[] = [
    { volume: { emptyDir: {} }, is: 'empty' },
    { volume: { hostPath: { path: '/srv' } }, is: '/srv' },
    { volume: { configMap: { name: 'there' } }, is: { a: '1', b: '2' } },
    { volume: { configMap: { name: 'there', items: [{ key: 'a', path: 'x/y' }] } }, is: { 'x/y': '1' } },
    { volume: { secret: { secretName: 'hidden' } }, is: { s: '3' } },
    { volume: { configMap: { name: 'missing' } }, is: 'configmap "missing" not found' },
    { volume: { configMap: { name: 'missing', optional: true } }, is: {} },
    { volume: { configMap: { name: 'there', items: [{ key: 'nope', path: 'x' }] } }, is: 'configmap references non-existent config key: nope' },
    { volume: { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }, is: { labels: 'a="x"\nb="y"' } },
    {
      volume: {
        projected: {
          sources: [
            { configMap: { name: 'there', items: [{ key: 'a', path: 'ca' }] } },
            { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          ],
        },
      },
      is: { ca: '1', token: 'a token of undefined for 3607 s' },
    },
    {
      volume: { persistentVolumeClaim: { claimName: 'x' } },
      is: 'volumes of type persistentVolumeClaim do not exist in this sandbox; emptyDir and hostPath do',
    },
  ]
  for (const { volume, is } of cases) {
    const found = volumeContent({ name: 'v', ...volume }, facts, binary)
    const shown =
      found.kind === 'error'
        ? found.error
        : found.value.kind === 'host'
          ? found.value.path
          : found.value.kind === 'empty'
            ? 'empty'
            : Object.fromEntries(
                found.value.files.map(({ path, content }) => [
                  path,
                  Buffer.isBuffer(content) ? content.toString() : `a token of ${content.audience} for ${content.expirationSeconds} s`,
                ]),
              )
    t.same(shown, is, JSON.stringify(volume))
  }
  t.end()
})

t.test('which program stands for an image', (t) => {
  const programs = [
    { pattern: 'spillway/demo:*', argv: ['demo'] },
    { pattern: 'shop:*', argv: ['any'] },
    { pattern: 'shop:v2*', argv: ['two'] },
    { pattern: '*/shop:*', argv: ['far'] },
    { pattern: 'plain', argv: ['plain'] },
    { pattern: 'shop:*', argv: ['later'] },
  ]
  for (const [image, program] of [
    ['shop:v1', 'later'],
    ['shop', 'later'],
    ['shop:v2.1', 'two'],
    ['registry:5000/team/shop:v1', 'far'],
    ['plain', 'plain'],
    ['plain:latest', 'plain'],
    ['plain:v1', undefined],
    ['spillway/demo:v1', 'demo'],
    ['workshop:v1', undefined],
    ['nothing:v1', undefined],
  ] as const)
    t.equal(findImage(programs, image)?.argv[0], program, image)
  t.match(missingImage('team/cart:7'), "--image 'team/cart:*=node cart.js'")
  t.match(missingImage('cart'), "--image 'cart=node cart.js'")
  t.same(parseImageProgram('shop:*=node shop.js'), { pattern: 'shop:*', argv: ['node', 'shop.js'] })
  t.same(parseImageProgram(`a=sh -c 'echo "x y" $HOST' z\\ z`), { pattern: 'a', argv: ['sh', '-c', 'echo "x y" $HOST', 'z z'] })
  for (const wrong of ['shop', '=x', 'shop:*=', `shop=sh 'x`]) t.equal(parseImageProgram(wrong), undefined, wrong)
  t.end()
})
