import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../client.ts'

const base = '/apis/apps/v1/namespaces/default/deployments'
const deployment = {
  metadata: { name: 'd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
  },
}

const strict = 'strict decoding error: '
const field = (name: string): string => `unknown field "${name}"`
const twice = 'duplicate field "spec.replicas"'
const applied = (spec: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: ${spec}`
const isMap = (spec: string): string => `Invalid value: "map[spec:${spec}]": `

type Row = {
  readonly type: string
  readonly body: string
  readonly to?: string
  readonly code: number
  /** How the message ends; the beginning quotes the object. */
  readonly ends?: string
  /** With `fieldValidation=Warn`, where the code is 200 then. */
  readonly warnings?: readonly string[]
}

/** What kube-apiserver v1.34.4 answers. */
const rows: readonly Row[] = [
  ...['merge', 'strategic-merge'].flatMap((type): readonly Row[] => [
    { type, body: '{"spec":{"foo":1}}', code: 422, ends: `${strict}${field('spec.foo')}`, warnings: [field('spec.foo')] },
    { type, body: '{"spec":{"replicas":1,"replicas":2}}', code: 422, ends: `${strict}${twice}`, warnings: [twice] },
    { type, body: '{"spec":{"replicas":1}}', code: 200, warnings: [] },
  ]),
  { type: 'merge', body: '{', code: 400, ends: 'error decoding patch: unexpected end of JSON input' },
  {
    type: 'merge',
    body: '{"spec":{"replicas":"x"}}',
    code: 422,
    ends: 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    type: 'merge',
    body: '{"kind":"Foo"}',
    code: 422,
    ends: 'no kind "Foo" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:110"',
  },
  { type: 'strategic-merge', body: '{', code: 400, ends: 'unexpected end of JSON input' },
  { type: 'strategic-merge', body: '{"spec":{"replicas":"x"}}', code: 422, ends: `${isMap('map[replicas:x]')}unrecognized type: int32` },
  { type: 'strategic-merge', body: '{"spec":{"replicas":1.5}}', code: 422, ends: `${isMap('map[replicas:1.5]')}cannot convert float64 to int32` },
  { type: 'strategic-merge', body: '{"spec":{"paused":1}}', code: 422, ends: `${isMap('map[paused:1]')}unrecognized type: bool` },
  { type: 'strategic-merge', body: '{"spec":"x"}', code: 422, ends: `${isMap('x')}cannot restore struct from: string` },
  { type: 'strategic-merge', body: '{"metadata":{"labels":{"a":1}}}', code: 422, ends: 'cannot convert int64 to string' },
  {
    type: 'strategic-merge',
    body: '{"metadata":{"creationTimestamp":"x"}}',
    code: 422,
    ends: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  },
  {
    type: 'json',
    body: '[{"op":"add","op":"replace","path":"/spec/replicas","value":1,"x":1}]',
    code: 422,
    ends: `${strict}json patch duplicate field "[0].op", json patch unknown field "[0].x"`,
    warnings: ['json patch duplicate field "[0].op"', 'json patch unknown field "[0].x"'],
  },
  {
    type: 'json',
    body: '[{"op":"add","path":"/spec/foo","value":1}]',
    code: 422,
    ends: `${strict}${field('spec.foo')}`,
    warnings: [field('spec.foo')],
  },
  {
    type: 'apply',
    body: applied('{replicas: 0, replicas: 0}'),
    code: 400,
    ends: 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 4: key "replicas" already set in map',
    warnings: ['line 4: key "replicas" already set in map'],
  },
  {
    type: 'apply',
    body: '[]',
    code: 400,
    ends: 'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  },
  { type: 'merge', to: '/scale', body: '{"spec":{"foo":1}}', code: 422, ends: `${strict}${field('spec.foo')}`, warnings: [field('spec.foo')] },
  {
    type: 'merge',
    to: '/scale',
    body: '{"spec":{"replicas":"x"}}',
    code: 422,
    ends: 'json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
  },
]

t.test('what is wrong with a patch is told as by the real server', async (t) => {
  const server = await startApiServer()
  t.teardown(() => server.stop())
  const client = clientOf(server)
  t.equal((await client.post(base, deployment)).code, 201)
  for (const { type, body, to = '', code, ends = '', warnings } of rows) {
    const headers = { 'Content-Type': type === 'apply' ? 'application/apply-patch+yaml' : `application/${type}-patch+json` }
    const ask = (validation: string) =>
      client.ask(
        'PATCH',
        `${base}/d${to}?dryRun=All&fieldManager=test&force=${type === 'apply'}&fieldValidation=${validation}`.replace('&force=false', ''),
        {
          body,
          headers,
        },
      )
    const refused = await ask('Strict')
    const name = `${type}${to} ${body}`
    t.equal(refused.code, code, name)
    if (code !== 200) t.equal(refused.body.message.slice(-ends.length), ends, name)
    const warned = await ask('Warn')
    t.equal(warned.code, warnings === undefined ? code : 200, `warned: ${name}`)
    const told = [warned.headers['warning'] ?? []].flat().join(', ')
    t.same(
      [...told.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!)),
      warnings ?? [],
      `warned: ${name}`,
    )
  }
})
