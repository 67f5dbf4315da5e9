import { configMap, configMaps, deployment, deployments, pod, pods } from '../objects.ts'
import { get, patch, post, put, rule, send, topic } from '../script.ts'

const raw = (body: string, path = configMaps, headers: Readonly<Record<string, string>> = {}): ReturnType<typeof send> =>
  send('POST', path, { body, headers })
const yaml = { 'content-type': 'application/yaml' }
const as = (type: string): { readonly headers: Readonly<Record<string, string>> } => ({ headers: { 'content-type': type } })
const unknown = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'u', nothing: 1 }, data: {}, extra: true }
const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

export const errors = topic('errors', [
  rule(
    'bodies that are no JSON',
    raw('{'),
    raw(''),
    raw('null'),
    raw('[]'),
    raw('"text"'),
    raw('{"a":1}'),
    raw('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}} more'),
    raw('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a",}}'),
    raw('{"kind":1}'),
    raw("{'kind':'ConfigMap'}"),
    raw('\u0000'),
  ),
  rule(
    'bodies that are no YAML',
    raw('a: b: c', configMaps, yaml),
    raw('kind: ConfigMap\n\tmetadata: x', configMaps, yaml),
    raw('- a', configMaps, yaml),
    raw('kind: ConfigMap\napiVersion: v1\nmetadata: {name: y1}\ndata: {a: 1}', configMaps, yaml),
    raw('kind: ConfigMap\napiVersion: v1\nmetadata: {name: y2}\ndata: {a: "1", a: "2"}', `${configMaps}?fieldValidation=Strict`, yaml),
    raw('kind: ConfigMap\napiVersion: v1\nmetadata: {name: y3}\n---\nkind: ConfigMap', configMaps, yaml),
    raw('kind: ConfigMap\napiVersion: v1\nmetadata: &m {name: y4, labels: {a: b}}\n', configMaps, yaml),
  ),
  rule(
    'kinds that nobody knows',
    raw('{"kind":"Nothing","apiVersion":"v1","metadata":{"name":"x"}}'),
    raw('{"kind":"ConfigMap","apiVersion":"nothing.example/v1","metadata":{"name":"x"}}'),
    raw('{"kind":"ConfigMap","apiVersion":"a/b/c","metadata":{"name":"x"}}'),
    raw('{"kind":"DeploymentList","apiVersion":"apps/v1","items":[]}', deployments),
    raw('{"kind":"List","apiVersion":"v1","items":[]}'),
    raw('{"kind":"Status","apiVersion":"v1"}'),
  ),
  rule(
    'content types that nobody reads',
    post(configMaps, configMap('t'), as('text/plain')),
    post(configMaps, configMap('t'), as('application/xml')),
    post(configMaps, configMap('t'), as('application/merge-patch+json')),
    post(configMaps, configMap('t1'), { ...as(''), only: ['kind', 'message'] }),
    post(configMaps, configMap('t2'), { ...as('application/json; charset=utf-8'), only: ['kind', 'message'] }),
    post(configMaps, configMap('t3'), as('nonsense')),
  ),
  rule(
    'bodies that are too large',
    post(configMaps, configMap('big', { a: 'x'.repeat(1_100_000) }), { only: ['message', 'reason', 'details.causes.0.reason', 'code'] }),
    post(configMaps, configMap('huge', { a: 'x'.repeat(3_300_000) })),
    patch('merge', `${configMaps}/x`, { data: { a: 'x'.repeat(3_300_000) } }),
  ),
  rule(
    'deep bodies',
    raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deep"},"x":${deep(9_000)}}`, configMaps),
    raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deeper"},"x":${deep(11_000)}}`, configMaps),
  ),
  rule(
    'unknown fields, as asked',
    post(`${configMaps}?fieldValidation=Strict`, unknown),
    post(`${configMaps}?fieldValidation=Warn`, unknown),
    post(`${configMaps}?fieldValidation=Ignore`, { ...unknown, metadata: { name: 'u2', nothing: 1 } }),
    post(configMaps, { ...unknown, metadata: { name: 'u3', nothing: 1 } }),
    post(`${configMaps}?fieldValidation=Maybe`, unknown),
    put(`${configMaps}/u?fieldValidation=Strict`, unknown),
    patch('merge', `${configMaps}/u?fieldValidation=Strict`, { extra: 1 }),
    patch('strategic', `${configMaps}/u?fieldValidation=Strict`, { extra: 1 }),
    patch('json', `${configMaps}/u?fieldValidation=Strict`, [{ op: 'add', path: '/extra', value: 1 }]),
  ),
  rule(
    'unknown fields in depth',
    post(
      `${deployments}?fieldValidation=Strict`,
      deployment('d', {
        nothing: 1,
        strategy: { type: 'Recreate', more: {} },
        template: {
          metadata: { labels: { app: 'd' }, x: 1 },
          spec: { containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 1, y: 1 }] }], Z: 1 },
        },
      }),
    ),
  ),
  rule(
    'fields twice',
    raw(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d1","name":"d2"},"data":{"a":"1","a":"2"}}',
      `${configMaps}?fieldValidation=Strict`,
    ),
    raw('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d1","name":"d2"},"data":{"a":"1","a":"2"}}', `${configMaps}?fieldValidation=Warn`),
    raw('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d3"},"data":{"a":"1"},"Data":{"b":"2"}}', `${configMaps}?fieldValidation=Warn`),
  ),
  rule(
    'values of another type',
    post(deployments, deployment('t', { replicas: 'three' })),
    post(deployments, deployment('t', { replicas: 1.5 })),
    post(deployments, deployment('t', { paused: 'yes' })),
    post(deployments, deployment('t', { template: [] })),
    post(deployments, deployment('t', { selector: 'a=b' })),
    post(deployments, deployment('t', { replicas: 3_000_000_000 })),
    post(configMaps, { ...configMap('t'), data: ['a'] }),
    post(configMaps, { ...configMap('t'), immutable: 1 }),
    post(pods, pod('t', { containers: {} })),
    post(pods, pod('t', { containers: [{ name: 1 }] })),
    post(pods, pod('t', { containers: [{ name: 'a', image: 'a', resources: { limits: { cpu: 'lots' } } }] })),
    post(pods, pod('t', { terminationGracePeriodSeconds: '30' })),
    post(pods, pod('t', { containers: [{ name: 'a', image: 'a', livenessProbe: { httpGet: { port: {} } } }] })),
  ),
  rule(
    'several causes at once',
    post(
      deployments,
      deployment('Bad_Name', {
        replicas: -1,
        selector: { matchLabels: { app: 'other' } },
        strategy: { type: 'Sideways' },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: {
            restartPolicy: 'Never',
            containers: [
              { name: '', image: '' },
              { name: 'a', image: 'a', ports: [{ containerPort: 70000 }] },
              { name: 'a', image: 'b' },
            ],
          },
        },
      }),
    ),
    post(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'empty' } }),
    post(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'empty' } }),
  ),
  rule(
    'nulls',
    post(configMaps, { ...configMap('n1'), data: null }),
    post(configMaps, { ...configMap('n2'), data: { a: null } }),
    post(deployments, deployment('n3', { replicas: null, strategy: null }), { only: ['spec.replicas', 'spec.strategy'] }),
    post(pods, pod('n4', { containers: [null] })),
  ),
  rule(
    'parameters that cannot be',
    post(`${configMaps}?dryRun=Some`, configMap('p')),
    post(`${configMaps}?dryRun=All&dryRun=All`, configMap('p')),
    post(`${configMaps}?dryRun=true`, configMap('p')),
    post(`${configMaps}?fieldManager=a%0Ab`, configMap('p')),
    post(`${configMaps}?fieldManager=${'x'.repeat(200)}`, configMap('p')),
    post(`${configMaps}?fieldManager=caf%C3%A9`, configMap('p1'), { only: ['metadata.managedFields', 'message'] }),
  ),
  rule(
    'dry',
    post(`${configMaps}?dryRun=All`, configMap('dry', { a: '1' })),
    get(`${configMaps}/dry`),
    post(
      `${configMaps}?dryRun=All`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'dry-' } },
      { only: ['kind', 'metadata.generateName'] },
    ),
    post(`${configMaps}?dryRun=All`, configMap('Bad Name'), { only: ['reason'] }),
    post(configMaps, configMap('dry2'), { only: [] }),
    post(`${configMaps}?dryRun=All`, configMap('dry2')),
    put(`${configMaps}/dry2?dryRun=All`, configMap('dry2', { a: '1' })),
    get(`${configMaps}/dry2`),
  ),
  rule(
    'paths that lead nowhere',
    get('/api/v1/namespaces/{ns}/'),
    get('/api/v1/namespaces/{ns}/configmaps/?fieldSelector=metadata.name=u'),
    get('/api/v1/namespaces//configmaps', { only: ['kind', 'code', 'message'] }),
    get('/api/v1//configmaps'),
    get('/apis/apps/v1/namespaces/{ns}/nothings'),
    get('/apis/apps/v1/deployments/x'),
    get('/api/v1/pods/a/b/c/d'),
    get('/API/v1'),
    get('/api/v1/namespaces/{ns}/configmaps/a%2Fb'),
    get('/api/v1/namespaces/{ns}/configmaps/Bad%20Name'),
    send('PUT', '/api/v1/namespaces'),
    send('POST', '/apis/apps'),
  ),
])
