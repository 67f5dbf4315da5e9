import type { PolicyRule, Role, RoleBinding } from './rbac.ts'

/** Roles that every cluster has from its first moment, for the kinds that are served here. */

const bootstrapping = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
}
const group = 'rbac.authorization.k8s.io'
const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']

const viewed: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'endpoints', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'serviceaccounts', 'services'],
    verbs: read,
  },
  { apiGroups: [''], resources: ['bindings', 'events', 'limitranges', 'namespaces', 'pods/log', 'pods/status', 'resourcequotas'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  {
    apiGroups: ['apps'],
    resources: ['controllerrevisions', 'daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale', 'statefulsets'],
    verbs: read,
  },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: read },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: read },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: read },
]

const edited: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: read },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ['pods/eviction', 'serviceaccounts/token'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'secrets', 'serviceaccounts', 'services'],
    verbs: write,
  },
  {
    apiGroups: ['apps'],
    resources: ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale', 'statefulsets'],
    verbs: write,
  },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: write },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: write },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: write },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...write, ...read] },
]

const administered: readonly PolicyRule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
  { apiGroups: [group], resources: ['rolebindings', 'roles'], verbs: [...write, ...read] },
]

const health = ['/healthz', '/livez', '/readyz', '/version', '/version/']

/** `aggregate` as the labels have it: roles so labelled make up the rules of the one named. */
const aggregates = (to: string): string => `rbac.authorization.k8s.io/aggregate-to-${to}`

export const bootstrapRoles: readonly Role[] = [
  role('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  aggregated('admin', [...edited, ...administered, ...viewed], []),
  aggregated('edit', [...edited, ...viewed], ['admin']),
  aggregated('view', viewed, ['edit']),
  role('system:aggregate-to-admin', administered, ['admin']),
  role('system:aggregate-to-edit', edited, ['edit']),
  role('system:aggregate-to-view', viewed, ['view']),
  role('system:basic-user', [
    { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  role('system:discovery', [{ nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', ...health, '/openapi', '/openapi/*'].sort(), verbs: ['get'] }]),
  role('system:public-info-viewer', [{ nonResourceURLs: health, verbs: ['get'] }]),
  role('system:auth-delegator', [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]),
]

export const bootstrapBindings: readonly RoleBinding[] = [
  binding('cluster-admin', ['system:masters']),
  binding('system:basic-user', ['system:authenticated']),
  binding('system:discovery', ['system:authenticated']),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
]

function role(name: string, rules: readonly PolicyRule[], aggregatesTo: readonly string[] = []): Role {
  const labels = { ...bootstrapping.labels, ...Object.fromEntries(aggregatesTo.map((to) => [aggregates(to), 'true'])) }
  return { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name, ...bootstrapping, labels }, rules }
}

function aggregated(name: string, rules: readonly PolicyRule[], aggregatesTo: readonly string[]): Role {
  return { ...role(name, rules, aggregatesTo), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates(name)]: 'true' } }] } } as Role
}

function binding(name: string, groups: readonly string[]): RoleBinding {
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, ...bootstrapping },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name },
    subjects: groups.map((each) => ({ apiGroup: group, kind: 'Group', name: each })),
  }
}
