import { get, rule, send, topic } from '../script.ts'

const aggregated = (version: string): { readonly headers: Readonly<Record<string, string>> } => ({
  headers: { accept: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json` },
})
const groups = [
  'apps',
  'batch',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'autoscaling',
  'events.k8s.io',
]
const others = ['authentication.k8s.io', 'authorization.k8s.io', 'networking.k8s.io', 'policy']
const coreResources = [
  'configmaps',
  'endpoints',
  'events',
  'namespaces',
  'namespaces/finalize',
  'namespaces/status',
  'nodes',
  'nodes/status',
  'pods',
  'pods/binding',
  'pods/eviction',
  'pods/exec',
  'pods/log',
  'pods/status',
  'secrets',
  'serviceaccounts',
  'serviceaccounts/token',
  'services',
  'services/status',
]
const schema = (name: string): string => `components.schemas.[io.k8s.api.${name}]`

export const discovery = topic('discovery', [
  rule('the server tells its version', get('/version', { only: ['major', 'minor', 'gitVersion', 'platform'] })),
  rule(
    'health is asked for in three ways',
    get('/healthz', { until: { ':status': 200 } }),
    get('/livez', { until: { ':status': 200 } }),
    get('/readyz', { until: { ':status': 200 } }),
    get('/healthz/ping'),
  ),
  rule('the root names paths', get('/', { only: [] })),
  rule('legacy: versions of the core group', get('/api'), get('/api/')),
  rule('legacy: groups', get('/apis', { only: ['kind', 'apiVersion', ...[...groups, ...others].map((name) => `groups.[name=${name}]`)] })),
  rule('legacy: one group', ...[...groups, ...others].map((name) => get(`/apis/${name}`))),
  rule(
    'legacy: resources of the core group',
    get('/api/v1', { only: ['kind', 'groupVersion', ...coreResources.map((name) => `resources.[name=${name}]`)] }),
  ),
  rule('legacy: resources of the apps group', get('/apis/apps/v1')),
  rule('legacy: resources of other groups', get('/apis/batch/v1'), get('/apis/apiextensions.k8s.io/v1'), get('/apis/rbac.authorization.k8s.io/v1')),
  rule('legacy: kinds that are only asked', get('/apis/authorization.k8s.io/v1'), get('/apis/authentication.k8s.io/v1')),
  rule('legacy: more groups', get('/apis/autoscaling/v2'), get('/apis/discovery.k8s.io/v1'), get('/apis/events.k8s.io/v1'), get('/apis/policy/v1')),
  rule(
    'legacy: resources of small groups',
    get('/apis/coordination.k8s.io/v1'),
    get('/apis/networking.k8s.io/v1', { only: ['kind', 'groupVersion', 'resources.[name=ingresses]', 'resources.[name=ingressclasses]'] }),
  ),
  rule(
    'what no group has is not found',
    get('/apis/nothing.example'),
    get('/apis/apps/v9'),
    get('/api/v9'),
    get('/nothing'),
    get('/apis/nothing.example/v1/x'),
  ),
  rule(
    'aggregated: the core group in one answer',
    get('/api', {
      ...aggregated('v2'),
      only: [
        'kind',
        'apiVersion',
        ...['configmaps', 'pods', 'services', 'events', 'namespaces', 'nodes'].map((name) => `items.0.versions.0.resources.[resource=${name}]`),
      ],
    }),
  ),
  rule(
    'aggregated: all groups in one answer',
    get('/apis', {
      ...aggregated('v2'),
      only: [
        'kind',
        'apiVersion',
        ...['apps', 'batch', 'rbac.authorization.k8s.io', 'discovery.k8s.io', 'coordination.k8s.io'].map((name) => `items.[metadata.name=${name}]`),
      ],
    }),
  ),
  rule(
    'aggregated: also as kubectl asked for it first',
    get('/apis', { ...aggregated('v2beta1'), only: ['kind', 'apiVersion', 'items.[metadata.name=coordination.k8s.io]'] }),
  ),
  rule('aggregated: a form that nobody knows falls back', get('/apis', { ...aggregated('v9'), only: ['kind', 'apiVersion'] })),
  rule('OpenAPI v3 is a document for each group', get('/openapi/v3', { only: ['paths.api/v1', 'paths.apis/apps/v1', 'paths.apis/batch/v1'] })),
  rule(
    'OpenAPI v3 of the core group',
    get('/openapi/v3/api/v1', {
      only: [
        'openapi',
        schema('core.v1.ConfigMap.x-kubernetes-group-version-kind'),
        'components.schemas.[io.k8s.api.core.v1.Container].required',
        'components.schemas.[io.k8s.api.core.v1.Container].properties.image.type',
        'components.schemas.[io.k8s.api.core.v1.Container].properties.ports.x-kubernetes-list-map-keys',
        'components.schemas.[io.k8s.api.core.v1.PodSpec].properties.containers.x-kubernetes-patch-merge-key',
        'components.schemas.[io.k8s.api.core.v1.ConfigMap].x-kubernetes-group-version-kind',
      ],
    }),
  ),
  rule('OpenAPI v3 of nothing', get('/openapi/v3/apis/nothing.example/v1')),
  rule(
    'OpenAPI v2 is one document',
    get('/openapi/v2', {
      only: [
        'swagger',
        'definitions.[io.k8s.api.apps.v1.Deployment].x-kubernetes-group-version-kind',
        'definitions.[io.k8s.api.core.v1.PodSpec].required',
        'definitions.[io.k8s.api.core.v1.ContainerPort].properties.containerPort.format',
      ],
    }),
  ),
  rule(
    'other methods on what is only read',
    send('POST', '/api'),
    send('DELETE', '/version'),
    send('HEAD', '/api/v1'),
    send('OPTIONS', '/api/v1/namespaces'),
  ),
])
