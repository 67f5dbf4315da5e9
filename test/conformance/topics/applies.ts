import { configMap, configMaps, deployment, deployments, object, podTemplate } from '../objects.ts'
import { apply, edit, get, patch, post, put, rule, send, topic } from '../script.ts'

const at = (name: string): string => `${configMaps}/${name}`
const web = `${deployments}/web`
const image = (name: string): unknown =>
  object('apps/v1', 'Deployment', 'web', { spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } })
const owners = { only: ['metadata.managedFields', 'spec.replicas', 'spec.template.spec.containers', 'message', 'details'] }

export const applies = topic('applies', [
  rule(
    'what is not there is created',
    apply(at('a'), 'me', configMap('a', { x: '1' })),
    apply(at('a'), 'me', configMap('a', { x: '1' })),
    apply(at('a'), 'me', configMap('a', { x: '2', y: '1' })),
    apply(at('a'), 'me', configMap('a', { y: '1' })),
    apply(at('a'), 'me', configMap('a')),
  ),
  rule(
    "another's field is a conflict",
    apply(at('b'), 'first', configMap('b', { x: '1', y: '1' })),
    apply(at('b'), 'second', configMap('b', { x: '2' })),
    apply(at('b'), 'second', configMap('b', { x: '1' })),
    apply(at('b'), 'second', configMap('b', { x: '2' })),
    apply(at('b'), 'second', configMap('b', { x: '2' }), { force: true }),
    apply(at('b'), 'first', configMap('b', { y: '1' })),
    apply(at('b'), 'second', configMap('b', {})),
  ),
  rule(
    'conflicts with those who update',
    post(`${configMaps}?fieldManager=editor`, configMap('c', { x: '1', y: '1' })),
    apply(at('c'), 'me', configMap('c', { x: '2', y: '2', z: '1' })),
    apply(at('c'), 'me', configMap('c', { x: '2' }), { force: true }),
    patch('merge', `${at('c')}?fieldManager=editor`, { data: { x: '3' } }),
    apply(at('c'), 'me', configMap('c', { x: '2' })),
  ),
  rule(
    'who applies must say so',
    send('PATCH', at('a'), { body: configMap('a'), headers: { 'content-type': 'application/apply-patch+yaml' } }),
    apply(at('a'), '', configMap('a')),
    apply(at('a'), 'x'.repeat(129), configMap('a')),
    apply(at('a'), 'me%00', configMap('a')),
  ),
  rule(
    'bodies that cannot be applied',
    apply(at('a'), 'me', '{'),
    apply(at('a'), 'me', ''),
    apply(at('a'), 'me', { kind: 'ConfigMap' }),
    apply(at('a'), 'me', { apiVersion: 'v1', kind: 'ConfigMap' }),
    apply(at('a'), 'me', configMap('other')),
    apply(at('a'), 'me', configMap('a', {}, { managedFields: [] })),
    apply(at('a'), 'me', { ...configMap('a'), nothing: 1 }),
    apply(at('a'), 'me', configMap('a', {}, { resourceVersion: '1' })),
    apply(at('a'), 'me', object('v1', 'Secret', 'a')),
    apply(at('a'), 'me', configMap('a', {}, { namespace: 'other' })),
    apply(at('a'), 'me', { ...configMap('a'), data: { a: 1 } }),
    apply(at('a'), 'me', 'a: b: c'),
    apply(at('a'), 'me', '- 1'),
  ),
  rule('YAML', apply(at('yaml'), 'me', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  x: "1"\n')),
  rule(
    'lists are merged by their keys',
    apply(web, 'me', deployment('web', { replicas: 2 })),
    apply(web, 'you', image('shop:2'), owners),
    apply(web, 'you', image('shop:2'), { ...owners, force: true }),
    apply(
      web,
      'sidecar',
      object('apps/v1', 'Deployment', 'web', {
        spec: { template: { spec: { containers: [{ name: 'side', image: 'log:1', env: [{ name: 'A', value: '1' }] }] } } },
      }),
      owners,
    ),
    apply(web, 'sidecar', object('apps/v1', 'Deployment', 'web', { spec: {} }), owners),
  ),
  rule(
    'what nobody owns any more is gone or falls back',
    apply(web, 'scaler', object('apps/v1', 'Deployment', 'web', { spec: { replicas: 2 } }), owners),
    apply(web, 'me', deployment('web'), owners),
    apply(web, 'scaler', object('apps/v1', 'Deployment', 'web', {}), owners),
    get(web, owners),
  ),
  rule(
    'subresources have owners of their own',
    apply(`${web}/scale`, 'scaler', { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } }),
    apply(
      `${web}/scale`,
      'scaler',
      { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } },
      { force: true },
    ),
    get(web, owners),
    apply(
      `${web}/status`,
      'prober',
      object('apps/v1', 'Deployment', 'web', { status: { observedGeneration: 1, conditions: [{ type: 'Probed', status: 'True' }] } }),
      { only: ['status', 'metadata.managedFields'] },
    ),
  ),
  rule(
    'an update takes fields over',
    get(web, { save: { web: '' }, only: [] }),
    put(`${web}?fieldManager=editor`, edit('web', { 'spec.minReadySeconds': 7, 'spec.replicas': 5 }), owners),
    put(`${web}?fieldManager=editor`, edit('web', { 'metadata.resourceVersion': undefined, 'metadata.managedFields': [{}] }), owners),
    get(web, { ...owners, save: { web: '' } }),
    put(web, edit('web', { 'metadata.managedFields': [{ manager: 'x', operation: 'Nothing' }] }), owners),
    put(web, edit('web', { 'metadata.managedFields': undefined }), owners),
  ),
  rule(
    'managers may be taken off',
    patch('merge', web, { metadata: { managedFields: [{}] } }, owners),
    patch('json', at('a'), [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]),
    patch('merge', at('a'), { metadata: { managedFields: null } }),
  ),
  rule(
    'metadata has owners',
    apply(at('meta'), 'me', configMap('meta', {}, { labels: { a: '1', b: '1' }, annotations: { x: '1' }, finalizers: ['example.com/x'] })),
    apply(
      at('meta'),
      'you',
      configMap(
        'meta',
        {},
        {
          finalizers: ['example.com/y'],
          ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '8a4b4d30-0000-4000-8000-000000000000' }],
        },
      ),
    ),
    apply(at('meta'), 'me', configMap('meta', {}, { labels: { a: '1' } })),
    apply(at('meta'), 'you', configMap('meta', {})),
  ),
  rule(
    'applying dry',
    apply(`${at('dry')}?dryRun=All`, 'me', configMap('dry', { x: '1' })),
    get(at('dry')),
    apply(`${at('b')}?dryRun=All`, 'third', configMap('b', { y: '9' })),
    apply(`${at('b')}?dryRun=All`, 'third', configMap('b', { y: '9' }), { force: true }),
  ),
  rule(
    "kubectl's own annotation counts as an apply before",
    post(
      `${configMaps}?fieldManager=kubectl-client-side-apply`,
      configMap(
        'moved',
        { x: '1', y: '1' },
        {
          annotations: {
            'kubectl.kubernetes.io/last-applied-configuration':
              '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"moved"},"data":{"x":"1","y":"1"}}',
          },
        },
      ),
    ),
    apply(at('moved'), 'kubectl', configMap('moved', { x: '2' })),
  ),
  rule(
    'sets and whole values',
    apply(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles/r',
      'me',
      object('rbac.authorization.k8s.io/v1', 'Role', 'r', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    ),
    apply(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles/r',
      'you',
      object('rbac.authorization.k8s.io/v1', 'Role', 'r', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] }),
    ),
  ),
  rule(
    'invalid results',
    apply(web, 'bad', object('apps/v1', 'Deployment', 'web', { spec: { template: podTemplate({ app: 'other' }) } }), { force: true }),
    apply(`${deployments}/none`, 'bad', object('apps/v1', 'Deployment', 'none', { spec: {} })),
    apply(web, 'bad', object('apps/v1', 'Deployment', 'web', { spec: { template: { spec: { containers: [{ image: 'x' }] } } } })),
    apply(
      web,
      'bad',
      object('apps/v1', 'Deployment', 'web', {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'x', image: 'x' },
                { name: 'x', image: 'y' },
              ],
            },
          },
        },
      }),
    ),
  ),
])
