/** Bodies that are sent to create an object, with mistakes in all places. */
export type BodyCase = { readonly name: string; readonly to: keyof typeof targets; readonly body: string; readonly yaml?: true }

export const targets = {
  pods: { path: '/api/v1/namespaces/default/pods', group: '', version: 'v1', kind: 'Pod' },
  configMaps: { path: '/api/v1/namespaces/default/configmaps', group: '', version: 'v1', kind: 'ConfigMap' },
  leases: { path: '/apis/coordination.k8s.io/v1/namespaces/default/leases', group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  deployments: { path: '/apis/apps/v1/namespaces/default/deployments', group: 'apps', version: 'v1', kind: 'Deployment' },
  autoscalers: {
    path: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
  },
  definitions: {
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
  },
  widgets: { path: '/apis/schema.example.com/v1/namespaces/default/widgets', group: 'schema.example.com', version: 'v1', kind: 'Widget' },
} as const

/** The custom kind behind `widgets`. */
export const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'string', default: 's' },
        count: { type: 'integer', default: 1 },
        limit: { type: 'string' },
        remark: { type: 'string', nullable: true, default: 'none' },
        any: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
        },
        map: { type: 'object', additionalProperties: { type: 'string' } },
        parts: {
          type: 'array',
          items: { type: 'object', properties: { name: { type: 'string' }, on: { type: 'boolean', default: true } } },
        },
        inner: { type: 'object', default: {}, properties: { depth: { type: 'integer', default: 3 } } },
        resource: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { data: { type: 'object', additionalProperties: { type: 'string' } } },
        },
      },
    },
    status: { type: 'object', properties: { count: { type: 'integer' } } },
  },
} as const

const containers = '"containers":[{"name":"a","image":"b"}]'
const pod = (name: string, spec: string, meta = ''): BodyCase => ({
  name,
  to: 'pods',
  body: `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"${meta}},"spec":${spec}}`,
})
const container = (name: string, fields: string): BodyCase => pod(name, `{"containers":[{"name":"a","image":"b",${fields}}]}`)
const rawPod = (name: string, body: string): BodyCase => ({ name, to: 'pods', body })
const yaml = (name: string, body: string): BodyCase => ({ name, to: 'pods', body, yaml: true })
const other = (name: string, to: BodyCase['to'], body: string): BodyCase => ({ name, to, body })
const widget = (name: string, spec: string, meta = ''): BodyCase => ({
  name,
  to: 'widgets',
  body: `{"apiVersion":"schema.example.com/v1","kind":"Widget","metadata":{"name":"w"${meta}},"spec":${spec}}`,
})

const fields: readonly BodyCase[] = [
  pod('nothing wrong', `{${containers}}`),
  pod('unknown fields', `{${containers},"foo":1,"bar":{"x":1}}`),
  rawPod('unknown at the top', `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"zip":1,"spec":{${containers}}}`),
  pod('unknown in lists', `{"containers":[{"name":"a","image":"b","foo":1},{"name":"c","image":"d","bar":2,"foo":3}]}`),
  pod('repeated', `{${containers},"hostNetwork":true,"hostNetwork":false}`),
  pod('repeated and unknown', `{${containers},"foo":1,"foo":2}`),
  pod('repeated in a map', `{${containers}}`, ',"labels":{"a":"1","a":"2","b c":"1","b c":"2"}'),
  rawPod('repeated kind', `{"apiVersion":"v1","kind":"Pod","kind":"Pod","metadata":{"name":"p"},"spec":{${containers}}}`),
  pod('in order', `{"zoo":1,${containers},"foo":1,"hostNetwork":true,"hostNetwork":false,"containers":[{"name":"a","image":"b","q":1}]}`),
  pod('upper case', `{${containers},"HostNetwork":true}`),
  pod('names of all objects', `{${containers},"toString":1,"__proto__":{"a":1},"constructor":2}`),
]

const types: readonly BodyCase[] = [
  pod('number for text', `{${containers},"hostname":5}`),
  pod('text for bool', `{${containers},"hostNetwork":"yes"}`),
  pod('text for number', `{${containers},"terminationGracePeriodSeconds":"5"}`),
  pod('half number', `{${containers},"terminationGracePeriodSeconds":1.5}`),
  pod('number with a point', `{${containers},"terminationGracePeriodSeconds":1.0}`),
  pod('number with exponent', `{${containers},"terminationGracePeriodSeconds":1e2}`),
  pod('number too long', `{${containers},"terminationGracePeriodSeconds":99999999999999999999}`),
  container('number over int32', '"ports":[{"containerPort":9999999999}]'),
  pod('object for list', '{"containers":{"a":1}}'),
  pod('text for list', '{"containers":"x"}'),
  pod('text for element', '{"containers":["x"]}'),
  pod('list for object', '[]'),
  pod('text for object', '"x"'),
  pod('list for map', `{${containers}}`, ',"labels":["x"]'),
  pod('number in map', `{${containers}}`, ',"labels":{"x":1}'),
  pod('bool in map', `{${containers}}`, ',"annotations":{"x":true}'),
  pod('named text', `{${containers},"restartPolicy":true}`),
  container('named text in a list', '"imagePullPolicy":1'),
  container('named map', '"resources":{"limits":"x"}'),
  container('list of named text', '"securityContext":{"capabilities":{"add":5}}'),
  pod('text for struct', `{${containers},"securityContext":"x"}`),
  pod('the first of two', `{${containers},"hostname":5,"hostNetwork":"x"}`),
  pod('before what is unknown', `{"foo":1,${containers},"hostname":5}`),
  container('bool for int or text', '"livenessProbe":{"httpGet":{"port":true}}'),
  container('float for int or text', '"livenessProbe":{"httpGet":{"port":1.5}}'),
  container('object for int or text', '"livenessProbe":{"httpGet":{"port":{}}}'),
  container('too long for int or text', '"livenessProbe":{"httpGet":{"port":99999999999}}'),
  container('within an inlined struct', '"livenessProbe":{"httpGet":"x"}'),
  pod('number for time', `{${containers}}`, ',"creationTimestamp":5'),
  other('number for micro time', 'leases', '{"metadata":{"name":"l"},"spec":{"renewTime":5}}'),
  other('number for bytes', 'configMaps', '{"metadata":{"name":"c"},"binaryData":{"x":5}}'),
  other('list for bytes', 'configMaps', '{"metadata":{"name":"c"},"binaryData":{"x":[1,2]}}'),
]

const scalars: readonly BodyCase[] = [
  ...['x', '1z', '', '.', '+', '1.2.3', '1Ki', '1kk', '1e', '1e3', '1E', '1Ei3', '-5m', '1 ', '1m2', '.5', '5.', '1mi'].map((text) =>
    container(`quantity ${JSON.stringify(text)}`, `"resources":{"limits":{"cpu":${JSON.stringify(text)}}}`),
  ),
  ...['true', '1.5', '{}', '[1]', 'null'].map((json) => container(`quantity ${json}`, `"resources":{"limits":{"cpu":${json}}}`)),
  ...[
    'x',
    '',
    '2020-01-01T00:00:00',
    '2020-13-01T00:00:00Z',
    '2020-02-30T00:00:00Z',
    '2020-01-01T25:00:00Z',
    '2020-01-01',
    '2020-01-01T00:00:00Zx',
    '2020-01-01 00:00:00Z',
    '2020-01-01T00:00:00.5+02:00',
    '2020-1-1T00:00:00Z',
  ].map((text) => pod(`time ${text}`, `{${containers}}`, `,"creationTimestamp":${JSON.stringify(text)}`)),
  ...['x', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00.123456Z', '2020-01-01T00:00:00.123456789Z', '2020-01-01T00:61:00.123456Z'].map((text) =>
    other(`micro time ${text}`, 'leases', `{"metadata":{"name":"l"},"spec":{"renewTime":"${text}"}}`),
  ),
  ...['a&', 'aGk', 'aGk=', 'aG\\nk=', 'aGkaGk', 'aG==', 'aG=', 'a===', 'aGk=aGk=', '=', 'aG=k', ''].map((text) =>
    other(`bytes ${text}`, 'configMaps', `{"metadata":{"name":"c"},"binaryData":{"x":"${text}"}}`),
  ),
]

const syntax: readonly BodyCase[] = [
  ...[
    '{"apiVersion":"v1","kind":"Pod",', 'hello', '', '{"metadata":{}} x', '[1]', '{"metadata":{"name":"p",}}', 'null', '"x"', "{'metadata':1}", '{"a" 1}', '{"a":1 "b"}',
    '[1 2]', '{"a":tru}', '{"a":01}', '{"a":1.}', '{"a":1.x}', '{"a":1e}', '{"a":1e+x}', '{"a":-}', '{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":"\n"}', '{"a":"é', '{"a":\u0001}', '{"é":1}é', '5', 'true',
    '{"apiVersion":"a/b/c","kind":"Pod"}', '{"kind":5}', '{"apiVersion":{}}', '{"apiVersion":null,"kind":null,"metadata":{"name":"p"}}', '{"kind":"Pud","apiVersion":"v1"}', '{"kind":"Pod","apiVersion":"v2"}', '{"kind":"Service","apiVersion":"v1"}',
    '{"kind":"List","apiVersion":"v1"}', '{"kind":"Deployment","apiVersion":"apps/v1"}', '{"kind":"Widget","apiVersion":"schema.example.com/v1"}',
  ].map((body) => rawPod(`text ${JSON.stringify(body)}`, body)),
  other('another kind', 'deployments', '{"kind":"Pod","apiVersion":"v1"}'),
  other('another version', 'autoscalers', '{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","metadata":{"name":"w"}}'),
] // biome-ignore format: one text after the other

const customs: readonly BodyCase[] = [
  widget('custom: nothing wrong', '{}'),
  widget('custom: unknown', '{"zoo":1,"bar":{"x":1},"parts":[{"name":"a","q":1},{"name":"b","a":1,"b":2}]}', ',"foo":1'),
  widget('custom: repeated', '{"size":"s","size":"m","any":{"a":1,"a":2},"map":{"k":"1","k":"2"},"zoo":1,"zoo":2}', ',"name":"x"'),
  widget('custom: kept and known', '{"any":{"x":1,"known":{"a":"b","c":1}}}'),
  widget('custom: embedded', '{"resource":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","foo":1},"data":{"a":"b"},"zip":1}}'),
  widget('custom: object for text', '{"size":{"a":1}}'),
  widget('custom: number in labels', '{}', ',"labels":{"a":1}'),
  widget('custom: text for labels', '{}', ',"labels":"x"'),
  widget('custom: bad time', '{}', ',"creationTimestamp":"x"'),
  other('custom: text for metadata', 'widgets', '{"apiVersion":"schema.example.com/v1","kind":"Widget","metadata":"x"}'),
  other(
    'custom: unknown at the top',
    'widgets',
    '{"apiVersion":"schema.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{},"extra":1,"status":{"x":1}}',
  ),
  other('custom: no kind', 'widgets', '{"metadata":{"name":"w"}}'),
  other('custom: no version', 'widgets', '{"kind":"Widget","metadata":{"name":"w"}}'),
  other('custom: another version', 'widgets', '{"apiVersion":"schema.example.com/v2","kind":"Widget","metadata":{"name":"w"}}'),
  other('custom: broken', 'widgets', '{"apiVersion":"v1","kind":'),
  other('custom: list', 'widgets', '[]'),
  other('custom: null', 'widgets', 'null'),
  other(
    'definition: unknown',
    'definitions',
    '{"metadata":{"name":"x"},"spec":{"group":"g","foo":1,"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","bar":1,"properties":{"a":{"zip":1,"items":{"type":"string","zap":1}}}}}}]}}',
  ),
  other('definition: items', 'definitions', '{"metadata":{"name":"x"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{"items":{"type":5}}}}]}}'),
  other(
    'definition: additional',
    'definitions',
    '{"metadata":{"name":"x"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{"additionalProperties":"x"}}}]}}',
  ),
  other(
    'definition: type',
    'definitions',
    '{"metadata":{"name":"x"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{"properties":{"a":{"maximum":"x"}}}}}]}}',
  ),
]

const head = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n'
const yamls: readonly BodyCase[] = [
  yaml('yaml: unknown', `${head}spec: {containers: [{name: a, image: b}], foo: 1}`),
  yaml('yaml: repeated', `${head}spec:\n  hostname: a\n  hostname: b\n  foo: 1\n  containers: [{name: a, image: b}]\n  hostname: c`),
  yaml('yaml: repeated number', 'apiVersion: v1\nkind: Pod\nmetadata: {name: p, 1: a, 1: b, true: c}'),
  yaml('yaml: open list', 'a: ['),
  yaml('yaml: tab', 'a:\n\tb: 1'),
  yaml('yaml: anchor', 'a: *x'),
  yaml('yaml: number', `${head}spec: {terminationGracePeriodSeconds: 3.0, containers: [{name: a, image: b}]}`),
  yaml('yaml: half number', `${head}spec: {terminationGracePeriodSeconds: 3.5}`),
  ...['on', 'y', 'No', '0x1F', '1_000', '+1', '1e3', '.5', '0777', '~', '2020-01-01', '"1"'].map((text) =>
    yaml(`yaml: label ${text}`, `apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: ${text}}}`),
  ),
  yaml('yaml: two documents', `${head}---\na: b`),
  yaml('yaml: empty', ''),
  yaml('yaml: text', 'hello'),
  yaml('yaml: json', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","name":"q"}}'),
  yaml('yaml: alias', 'apiVersion: v1\nkind: Pod\nmetadata: &m {name: p}\nspec: *m'),
  yaml('yaml: merged', 'apiVersion: v1\nkind: Pod\nmetadata: {<<: {name: p}}\nspec: {containers: [{name: a, image: b}]}'),
]

export const bodyCases: readonly BodyCase[] = [...fields, ...types, ...scalars, ...syntax, ...customs, ...yamls]
