import type { JsonObject } from '../../../../../src/sandbox/unstructured.ts'
import type { Case } from '../cases.ts'

/** Objects of other kinds that are refused, and changes that are. */

const of = (apiVersion: string, kind: string, more: object = {}, metadata: object = {}): Case['object'] =>
  ({ apiVersion, kind, metadata: { name: 'kinds-one', ...metadata }, ...more }) as unknown as Case['object']
const core = (kind: string, more: object = {}, metadata: object = {}): Case['object'] => of('v1', kind, more, metadata)
const json = (value: object): JsonObject => value as JsonObject

const port = { port: 80 }
const service = (name: string, spec: object, metadata: object = {}): Case => ({
  name: `service: ${name}`,
  object: core('Service', { spec }, metadata),
})
const changedService = (name: string, spec: object, patch: object): Case => ({ ...service(name, spec), patch: json(patch) })

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'nginx' }] } }
const never = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
const selector = { matchLabels: { app: 'a' } }
const apps = (kind: string, spec: object): Case['object'] => of('apps/v1', kind, { spec: { replicas: 0, selector, template, ...spec } })
const deployment = (name: string, spec: object): Case => ({ name: `deployment: ${name}`, object: apps('Deployment', spec) })
const replicaSet = (name: string, spec: object): Case => ({ name: `replica set: ${name}`, object: apps('ReplicaSet', spec) })
const job = (name: string, spec: object, metadata: object = {}): Case => ({
  name: `job: ${name}`,
  object: of('batch/v1', 'Job', { spec: { suspend: true, template: never, ...spec } }, metadata),
})
const cronJob = (name: string, spec: object, metadata: object = {}): Case => ({
  name: `cron job: ${name}`,
  object: of('batch/v1', 'CronJob', { spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: never } }, ...spec } }, metadata),
})
const config = (name: string, kind: string, more: object, patch?: object): Case => ({
  name: `${kind}: ${name}`,
  object: core(kind, more),
  ...(patch !== undefined && { patch: json(patch) }),
})
const ingress = (name: string, spec: object, metadata: object = {}): Case => ({
  name: `ingress: ${name}`,
  object: of('networking.k8s.io/v1', 'Ingress', { spec }, metadata),
})
const backend = { service: { name: 's', port: { number: 80 } } }
const paths = (name: string, path: object): Case => ingress(name, { rules: [{ http: { paths: [{ backend, ...path }] } }] })
const toBackend = (name: string, defaultBackend: object): Case => ingress(name, { defaultBackend })
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const hpa = (name: string, spec: object, version = 'v2'): Case => ({
  name: `autoscaler: ${name}`,
  object: of(`autoscaling/${version}`, 'HorizontalPodAutoscaler', { spec: { scaleTargetRef, maxReplicas: 3, ...spec } }),
})
const metric = (name: string, each: object): Case => hpa(name, { metrics: [each] })
const pdb = (name: string, spec: object): Case => ({ name: `budget: ${name}`, object: of('policy/v1', 'PodDisruptionBudget', { spec }) })
const slice = (name: string, more: object, patch?: object): Case => ({
  name: `slice: ${name}`,
  object: of('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [], ...more }),
  ...(patch !== undefined && { patch: json(patch) }),
})
const rbac = (name: string, kind: string, more: object, patch?: object): Case => ({
  name: `${kind}: ${name}`,
  object: of('rbac.authorization.k8s.io/v1', kind, more),
  ...(patch !== undefined && { patch: json(patch) }),
})
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }

export const cases: readonly Case[] = [
  service('no ports', {}),
  service('a bad name', { ports: [port] }, { name: '1-a' }),
  service('ports without names', { ports: [port, { port: 81 }] }),
  service('port names twice', {
    ports: [
      { ...port, name: 'a' },
      { port: 81, name: 'a' },
    ],
  }),
  service('ports twice', {
    ports: [
      { ...port, name: 'a' },
      { ...port, name: 'b' },
    ],
  }),
  service('bad ports', {
    ports: [
      { port: 0, name: 'A_', protocol: 'x', targetPort: 'B_' },
      { port: 70000, name: 'b', targetPort: 70000 },
    ],
  }),
  service('a bad type', { ports: [port], type: 'Nope' }),
  service('a bad selector', { ports: [port], selector: { 'a b': 'c d' } }),
  service('a bad affinity', { ports: [port], sessionAffinity: 'Nope' }),
  service('a bad affinity time', { ports: [port], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 99999 } } }),
  service('no external name', { type: 'ExternalName' }),
  service('a bad external name', { type: 'ExternalName', externalName: 'a_b' }),
  service('an external name with an address', { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.1.1' }),
  service('a node port of none', { ports: [{ ...port, nodePort: 30001 }] }),
  service('a node port out of range', { type: 'NodePort', ports: [{ ...port, nodePort: 80 }] }),
  service('node ports twice', {
    type: 'NodePort',
    ports: [
      { ...port, name: 'a', nodePort: 30123 },
      { port: 81, name: 'b', nodePort: 30123 },
    ],
  }),
  service('headless node ports', { type: 'NodePort', clusterIP: 'None', ports: [port] }),
  service('a headless balancer', { type: 'LoadBalancer', clusterIP: 'None', ports: [port] }),
  service('a bad address', { clusterIP: 'x', ports: [port] }),
  service('a policy of none', { externalTrafficPolicy: 'Local', ports: [port] }),
  service('a bad policy', { type: 'NodePort', externalTrafficPolicy: 'x', internalTrafficPolicy: 'y', ports: [port] }),
  service('a class of none', { loadBalancerClass: 'a.b/c', ports: [port] }),
  service('ranges of none', { loadBalancerSourceRanges: ['10.0.0.0/8'], ports: [port] }),
  service('a bad external address', { externalIPs: ['x'], ports: [port] }),
  service('two families', { ipFamilies: ['IPv4', 'IPv4', 'x'], ports: [port] }),
  changedService(
    'the address is changed',
    { clusterIP: '10.96.77.1', ports: [port] },
    { spec: { clusterIP: '10.96.77.2', clusterIPs: ['10.96.77.2'] } },
  ),
  changedService('it becomes headless', { ports: [port], clusterIP: '10.96.77.3' }, { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),

  deployment('negative numbers', { replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: -1 }),
  deployment('no selector', { selector: null }),
  deployment('an empty selector', { selector: {} }),
  deployment('another selector', { selector: { matchLabels: { app: 'b' } } }),
  deployment('a bad selector', {
    selector: {
      matchLabels: { app: 'a' },
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: '', operator: 'x' },
      ],
    },
  }),
  deployment('no template', { template: null }),
  deployment('no containers', { template: { metadata: template.metadata } }),
  deployment('a bad template', { template: { ...template, spec: { ...never.spec, activeDeadlineSeconds: 3 } } }),
  deployment('a bad strategy', { strategy: { type: 'x' } }),
  deployment('recreation with numbers', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
  deployment('nothing may move', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  deployment('bad percentages', { strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '101%' } } }),
  deployment('negative steps', { strategy: { rollingUpdate: { maxSurge: -1, maxUnavailable: '-1%' } } }),
  deployment('too short a deadline', { progressDeadlineSeconds: 3, minReadySeconds: 3 }),
  {
    ...deployment('the selector is changed', {}),
    patch: json({ spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } } }),
    status: json({ replicas: 1, readyReplicas: 2, availableReplicas: 3, updatedReplicas: 2 }),
  },
  replicaSet('negative numbers', { replicas: -1, minReadySeconds: -1 }),
  replicaSet('an empty selector', { selector: {} }),
  replicaSet('another selector', { selector: { matchLabels: { app: 'b' } } }),
  { ...replicaSet('more are ready than are there', {}), status: json({ replicas: 1, readyReplicas: 2 }) },
  { name: 'stateful set: a change of claims', object: apps('StatefulSet', { serviceName: 's' }), patch: json({ spec: { serviceName: 't' } }) },
  { name: 'stateful set: an empty selector', object: apps('StatefulSet', { selector: {} }) },
  { name: 'daemon set: another selector', object: of('apps/v1', 'DaemonSet', { spec: { selector: { matchLabels: { app: 'b' } }, template } }) },

  job('negative numbers', { parallelism: -1, completions: -1, backoffLimit: -1, activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1 }),
  job('a template that restarts', { template }),
  job('a bad mode', { completionMode: 'x' }),
  job('an indexed one without a number', { completionMode: 'Indexed', parallelism: 2 }),
  job('limits of indexes without indexes', { backoffLimitPerIndex: 1 }),
  job('another selector', { manualSelector: true, selector: { matchLabels: { app: 'b' } } }),
  job('no selector', { manualSelector: true }),
  {
    ...job('the template is changed', { manualSelector: true, selector }),
    patch: json({ spec: { template: { spec: { dnsPolicy: 'Default' } }, selector: { matchLabels: { app: 'a', b: 'c' } } } }),
  },
  { ...job('the number is changed', {}), patch: json({ spec: { completions: 7 } }) },
  cronJob('a bad schedule', { schedule: 'x' }),
  cronJob('no schedule', { schedule: '' }),
  cronJob('a bad policy', { concurrencyPolicy: 'x', startingDeadlineSeconds: -1, failedJobsHistoryLimit: -1 }),
  cronJob('a long name', {}, { name: 'a'.repeat(53) }),

  config('a bad key', 'ConfigMap', { data: { 'a b': 'x' } }),
  config('a key twice', 'ConfigMap', { data: { a: 'x' }, binaryData: { a: 'eA==' } }),
  config('too much', 'ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }),
  config('sealed data', 'ConfigMap', { data: { a: 'x' }, immutable: true }, { data: { a: 'y' }, immutable: false }),
  config('a bad key', 'Secret', { data: { 'a/b': 'eA==' } }),
  config('no certificate', 'Secret', { type: 'kubernetes.io/tls' }),
  config('no account', 'Secret', { type: 'kubernetes.io/service-account-token' }),
  config('no docker config', 'Secret', { type: 'kubernetes.io/dockerconfigjson' }),
  config('no password', 'Secret', { type: 'kubernetes.io/basic-auth' }),
  config('another type', 'Secret', { stringData: { a: 'b' } }, { type: 'a/b' }),
  config('sealed data', 'Secret', { stringData: { a: 'b' }, immutable: true }, { stringData: { a: 'c' } }),

  ingress('nothing', {}),
  ingress('bad hosts', { rules: [{ host: '1.2.3.4' }, { host: 'A_' }, { host: '*' }, { host: 'a.*.b' }] }),
  ingress('no paths', { rules: [{ http: { paths: [] } }] }),
  ingress('bad secrets', { defaultBackend: backend, tls: [{ hosts: ['A_', '*.x.y'], secretName: 'B_' }], ingressClassName: 'C_' }),
  ingress('two classes', { defaultBackend: backend, ingressClassName: 'a' }, { annotations: { 'kubernetes.io/ingress.class': 'b' } }),
  paths('no type of path', { path: '/' }),
  paths('a bad type of path', { path: '/', pathType: 'x' }),
  paths('a relative path', { path: 'x', pathType: 'Prefix' }),
  paths('a path with steps', { path: '/a//b/../c/.', pathType: 'Exact' }),
  paths('no path', { pathType: 'Prefix' }),
  paths('a relative path of its own', { path: 'x', pathType: 'ImplementationSpecific' }),
  toBackend('no backend', {}),
  toBackend('no port', { service: { name: 's' } }),
  toBackend('two ports', { service: { name: 's', port: { number: 80, name: 'a' } } }),
  toBackend('a bad port', { service: { name: '', port: { number: 70000 } } }),
  toBackend('a bad name', { service: { name: 'A_', port: { name: 'B_' } } }),
  toBackend('two backends', { ...backend, resource: { kind: 'K', name: 'n' } }),
  { name: 'ingress class: no controller', object: of('networking.k8s.io/v1', 'IngressClass', { spec: {} }) },
  { name: 'ingress class: a bad controller', object: of('networking.k8s.io/v1', 'IngressClass', { spec: { controller: 'x' } }) },
  {
    name: 'policy: bad',
    object: of('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: { podSelector: {}, policyTypes: ['x'], ingress: [{ from: [{}], ports: [{ protocol: 'x', port: 70000 }] }] },
    }),
  },

  hpa('bad numbers', { minReplicas: 0, maxReplicas: 0 }),
  hpa('less than least', { minReplicas: 5, maxReplicas: 3 }),
  hpa('no target', { scaleTargetRef: { kind: '', name: '' } }),
  hpa('an old one with bad numbers', { minReplicas: 5, maxReplicas: 3, targetCPUUtilizationPercentage: 0 }, 'v1'),
  hpa('bad rules', {
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 5000, selectPolicy: 'x', policies: [{ type: 'x', value: 0, periodSeconds: 0 }] },
      scaleDown: { stabilizationWindowSeconds: -1, policies: [{ type: 'Pods', value: 1, periodSeconds: 2000 }] },
    },
  }),
  metric('a metric of nothing', { type: 'Resource' }),
  metric('a metric of another', { type: 'Pods', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } } }),
  metric('a metric without a target', { type: 'Resource', resource: { name: 'cpu', target: { type: 'x' } } }),
  metric('a metric with two targets', {
    type: 'Resource',
    resource: { name: '', target: { type: 'Utilization', averageUtilization: 0, averageValue: '-1' } },
  }),
  metric('a metric of a bad type', { type: 'x' }),
  metric('a metric of pods', { type: 'Pods', pods: { metric: { name: '' }, target: { type: 'Value', value: '1' } } }),
  metric('a metric of an object', {
    type: 'Object',
    object: { describedObject: { kind: 'K', name: 'n' }, metric: { name: 'm' }, target: { type: 'Value' } },
  }),

  pdb('both', { minAvailable: 1, maxUnavailable: 1, selector }),
  pdb('bad numbers', { minAvailable: '101%', selector: { matchLabels: { 'a b': 'c' } } }),
  pdb('negative', { maxUnavailable: -1, unhealthyPodEvictionPolicy: 'x' }),

  slice('a bad type', { addressType: 'x' }),
  slice('no type', { addressType: '' }),
  slice('no addresses', { endpoints: [{ addresses: [] }] }),
  slice('bad addresses', { endpoints: [{ addresses: ['x', '127.0.0.1', '169.254.1.1', '0.0.0.0', '224.0.0.1'], hostname: 'A_', nodeName: 'B_' }] }),
  slice('names twice', { ports: [{ name: 'a' }, { name: 'a' }, { name: 'A_', protocol: 'x' }] }),
  slice('another type', {}, { addressType: 'IPv6' }),
  {
    name: 'endpoints: bad',
    object: core('Endpoints', { subsets: [{}, { addresses: [{ ip: '127.0.0.1' }, { ip: 'x' }], ports: [{ port: 0 }, { port: 1 }] }] }),
  },

  rbac('bad rules', 'Role', { rules: [{}, { nonResourceURLs: ['/x'], verbs: ['get'], resources: ['x'] }, { verbs: ['get'] }] }),
  rbac('bad aggregation', 'ClusterRole', { aggregationRule: {} }),
  rbac('a bad role', 'RoleBinding', {
    roleRef: { kind: 'x', name: '' },
    subjects: [
      { kind: 'x', name: '' },
      { kind: 'ServiceAccount', name: 'A_', apiGroup: 'x' },
      { kind: 'User', name: 'u', apiGroup: 'x' },
    ],
  }),
  rbac('a role of a namespace', 'ClusterRoleBinding', { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 's' }] }),
  rbac('another role', 'RoleBinding', { roleRef }, { roleRef: { name: 'edit' } }),

  { name: 'lease: bad', object: of('coordination.k8s.io/v1', 'Lease', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }) },
  { name: 'namespace: a bad name', object: core('Namespace', {}, { name: 'a.b' }) },
  { name: 'priority class: too high', object: of('scheduling.k8s.io/v1', 'PriorityClass', { value: 2000000000, preemptionPolicy: 'x' }) },
  { name: 'priority class: of the system', object: of('scheduling.k8s.io/v1', 'PriorityClass', { value: 1 }, { name: 'system-x' }) },
  { name: 'claim: bad', object: core('PersistentVolumeClaim', { spec: { accessModes: ['x'], volumeMode: 'x' } }) },
  { name: 'claim: of nothing', object: core('PersistentVolumeClaim', { spec: {} }) },
  { name: 'quota: bad', object: core('ResourceQuota', { spec: { hard: { nope: '1' } } }) },
  { name: 'quota: negative', object: core('ResourceQuota', { spec: { hard: { pods: '-1' } } }) },
  { name: 'controller revision: nothing', object: of('apps/v1', 'ControllerRevision', { revision: -1 }) },
  { name: 'config map: a bad change of labels', object: core('ConfigMap'), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  {
    name: 'service: a bad change of labels',
    object: core('Service', { spec: { ports: [port] } }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  { name: 'role: a bad change of labels', object: of('rbac.authorization.k8s.io/v1', 'Role'), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  { name: 'pod: a bad change of labels', object: core('Pod', { spec: template.spec }), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  {
    name: 'ingress: a bad change of labels',
    object: of('networking.k8s.io/v1', 'Ingress', { spec: { defaultBackend: backend } }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  { name: 'deployment: a bad change of labels', object: apps('Deployment', {}), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  {
    name: 'job: a bad change of labels',
    object: of('batch/v1', 'Job', { spec: { suspend: true, template: never } }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  { name: 'lease: a bad change of labels', object: of('coordination.k8s.io/v1', 'Lease'), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  {
    name: 'budget: a bad change of labels',
    object: of('policy/v1', 'PodDisruptionBudget', { spec: {} }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  {
    name: 'autoscaler: a bad change of labels',
    object: of('autoscaling/v2', 'HorizontalPodAutoscaler', { spec: { scaleTargetRef, maxReplicas: 3 } }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  {
    name: 'slice: a bad change of labels',
    object: of('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [] }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  { name: 'namespace: a bad change of labels', object: core('Namespace'), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  { name: 'account: a bad change of labels', object: core('ServiceAccount'), patch: json({ metadata: { labels: { 'a b': 'c' } } }) },
  {
    name: 'claim: a bad change of labels',
    object: core('PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }),
    patch: json({ metadata: { labels: { 'a b': 'c' } } }),
  },
  job('a selector of its own', { selector: { matchLabels: { a: 'b' } } }),
  {
    name: 'node: bad taints',
    object: core('Node', {
      spec: {
        taints: [
          { key: 'a b', effect: 'x' },
          { key: 'a', value: 'c d', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    }),
  },
  {
    ...service('a bad status', { type: 'LoadBalancer', ports: [port] }),
    status: json({ loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '1.2.3.4' }] } }),
  },
  { ...toBackend('a bad status', backend), status: json({ loadBalancer: { ingress: [{ ip: 'x' }, { hostname: 'A_' }] } }) },
  { name: 'pod: a bad address', object: core('Pod', { spec: template.spec }), status: json({ podIP: 'x' }) },
  { name: 'namespace: an end without an end', object: core('Namespace', {}, { name: 'kinds-two' }), status: json({ phase: 'Terminating' }) },
  slice('kept endpoints', { endpoints: [{ addresses: ['10.1.0.1'] }] }, { addressType: 'IPv6' }),
  { ...deployment('negative counts', {}), status: json({ replicas: -1 }) },
  { name: 'config map: an unknown finalizer', object: core('ConfigMap'), patch: json({ metadata: { finalizers: ['mine'] } }) },
  { name: 'deployment: an unknown finalizer', object: apps('Deployment', {}), patch: json({ metadata: { finalizers: ['mine'] } }) },
  { name: 'lease: an unknown finalizer', object: of('coordination.k8s.io/v1', 'Lease', {}, { finalizers: ['mine'] }) },
  { name: 'budget: an unknown finalizer', object: of('policy/v1', 'PodDisruptionBudget', { spec: {} }, { finalizers: ['mine'] }) },
  {
    name: 'slice: an unknown finalizer',
    object: of('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [] }, { finalizers: ['mine'] }),
  },
  { name: 'role: an unknown finalizer', object: of('rbac.authorization.k8s.io/v1', 'Role', {}, { finalizers: ['mine'] }) },
  { name: 'namespace: an unknown finalizer', object: core('Namespace', {}, { finalizers: ['mine'] }) },
  {
    name: 'autoscaler: an unknown finalizer',
    object: of('autoscaling/v2', 'HorizontalPodAutoscaler', { spec: { scaleTargetRef, maxReplicas: 3 } }, { finalizers: ['mine'] }),
  },
  {
    name: 'ingress: an unknown finalizer',
    object: of('networking.k8s.io/v1', 'Ingress', { spec: { defaultBackend: backend } }, { finalizers: ['mine'] }),
  },
  { name: 'config map: another uid', object: core('ConfigMap'), patch: json({ metadata: { uid: 'other' } }) },
  { name: 'account: a bad name', object: core('ServiceAccount', {}, { name: 'A_' }) },
]
