import type { JsonObject } from '../../../../../src/sandbox/unstructured.ts'
import type { Case } from '../cases.ts'

const of = (apiVersion: string, kind: string, more: object = {}, metadata: object = {}): Case['object'] =>
  ({ apiVersion, kind, metadata: { name: 'kinds-one', ...metadata }, ...more }) as unknown as Case['object']
const core = (kind: string, more: object = {}, metadata: object = {}): Case['object'] => of('v1', kind, more, metadata)
const apps = (kind: string, more: object = {}): Case['object'] => of('apps/v1', kind, more)
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'nginx' }] } }
const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
const selector = { matchLabels: { app: 'a' } }
const net = (kind: string, more: object = {}): Case['object'] => of('networking.k8s.io/v1', kind, more)
const rbac = (kind: string, more: object = {}): Case['object'] => of('rbac.authorization.k8s.io/v1', kind, more)
const slice = (more: object): Case['object'] => of('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', endpoints: [], ...more })
const backend = (port: object): object => ({ service: { name: 's', port } })
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const hpa = (version: string, spec: object = {}, metadata: object = {}): Case['object'] =>
  of(`autoscaling/${version}`, 'HorizontalPodAutoscaler', { spec: { scaleTargetRef, maxReplicas: 3, ...spec } }, metadata)
const pods = { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } }
const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '0.5Gi' } } }
const external = { type: 'External', external: { metric: { name: 'q', selector }, target: { type: 'Value', value: '1000m' } } }
const status = (each: object): JsonObject => each as JsonObject
const subjects = [
  { kind: 'User', name: 'u' },
  { kind: 'Group', name: 'g' },
  { kind: 'ServiceAccount', name: 's', namespace: 'n' },
]

export const cases: readonly Case[] = [
  { name: 'endpoint slice', object: slice({}) },
  {
    name: 'endpoint slice of many',
    object: slice({
      ports: [{ port: 80 }, { name: 'b', port: 81, protocol: 'UDP' }, { name: 'c' }, { name: 'd', port: 83 }],
      endpoints: [
        { addresses: ['10.1.0.1'], conditions: {} },
        { addresses: ['10.1.0.2'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'p' }, nodeName: 'n' },
      ],
    }),
    patch: { endpoints: [] },
  },
  {
    name: 'endpoints',
    object: core('Endpoints', {
      subsets: [
        {
          addresses: [{ ip: '10.1.0.1' }, { ip: '10.1.0.2' }],
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        },
      ],
    }),
  },
  { name: 'endpoints of none', object: core('Endpoints') },
  { name: 'job', object: of('batch/v1', 'Job', { spec: { template: { ...once, metadata: {} }, suspend: true } }) },
  {
    name: 'job of many',
    object: of('batch/v1', 'Job', {
      spec: {
        template: once,
        parallelism: 3,
        suspend: true,
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
      },
    }),
  },
  {
    name: 'job with a selector',
    object: of('batch/v1', 'Job', { spec: { template: once, suspend: true, manualSelector: true, selector, completions: 2 } }),
  },
  { name: 'cron job', object: of('batch/v1', 'CronJob', { spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: once } } } }) },
  { name: 'stateful set', object: apps('StatefulSet', { spec: { serviceName: 's', selector, template, replicas: 0 } }) },
  {
    name: 'stateful set with claims',
    object: apps('StatefulSet', {
      spec: {
        selector,
        template,
        updateStrategy: { type: 'OnDelete' },
        volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }],
      },
    }),
  },
  {
    name: 'daemon set',
    object: apps('DaemonSet', { spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector: { a: 'b' } } } } }),
    patch: { spec: { template: { metadata: { annotations: { a: 'b' } } } } },
  },
  { name: 'replication controller', object: core('ReplicationController', { spec: { replicas: 0, template } }) },
  { name: 'pod template', object: core('PodTemplate', { template }) },
  {
    name: 'controller revision',
    object: of(
      'apps/v1',
      'ControllerRevision',
      { revision: 3, data: { a: 1 } },
      { ownerReferences: [{ ...scaleTargetRef, uid: 'x', controller: true }] },
    ),
  },
  {
    name: 'ingress',
    object: net('Ingress', { spec: { defaultBackend: backend({ number: 80 }) } }),
    status: status({ loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { hostname: 'a.example.com' }] } }),
  },
  {
    name: 'ingress of many hosts',
    object: net('Ingress', {
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['a.b'] }],
        rules: ['a.b', 'b.b', '', 'c.b', 'd.b'].map((host) => ({
          ...(host !== '' && { host }),
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend({ name: 'http' }) }] },
        })),
      },
    }),
  },
  {
    name: 'ingress class',
    object: net('IngressClass', { spec: { controller: 'example.com/c', parameters: { apiGroup: 'a.b', kind: 'K', name: 'n' } } }),
  },
  {
    name: 'network policy',
    object: net('NetworkPolicy', { spec: { podSelector: {}, egress: [{ ports: [{ port: 80 }] }] } }),
    patch: { spec: { podSelector: selector } },
  },
  { name: 'role', object: rbac('Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }) },
  { name: 'role of nothing', object: rbac('Role') },
  { name: 'cluster role', object: rbac('ClusterRole', { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }) },
  { name: 'role binding', object: rbac('RoleBinding', { roleRef: { kind: 'Role', name: 'r' }, subjects }) },
  { name: 'cluster role binding', object: rbac('ClusterRoleBinding', { roleRef: { kind: 'ClusterRole', name: 'view' } }) },
  {
    name: 'autoscaler',
    object: hpa('v2'),
    status: status({
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7, averageValue: '1' } } }],
    }),
  },
  {
    name: 'autoscaler of many metrics',
    readAs: 'autoscaling/v1',
    object: hpa('v2', { metrics: [pods, memory, external], behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }),
  },
  { name: 'autoscaler by value', object: hpa('v2', { minReplicas: 2, metrics: [external] }) },
  {
    name: 'old autoscaler',
    readAs: 'autoscaling/v2',
    object: hpa('v1', { targetCPUUtilizationPercentage: 50 }),
    patch: { spec: { targetCPUUtilizationPercentage: 60 } },
  },
  { name: 'old autoscaler of nothing', readAs: 'autoscaling/v2', object: hpa('v1') },
  { name: 'disruption budget', object: of('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: '50%', selector } }) },
  {
    name: 'disruption budget of one',
    object: of('policy/v1', 'PodDisruptionBudget', { spec: { maxUnavailable: 1 } }),
    status: status({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 }),
  },
  { name: 'priority class', object: of('scheduling.k8s.io/v1', 'PriorityClass', { value: 5, description: 'd' }) },
  {
    name: 'limit range',
    object: core('LimitRange', {
      spec: {
        limits: [
          { type: 'Container', max: { cpu: '2' }, min: { cpu: '100m', memory: '1Mi' } },
          { type: 'Pod', max: { cpu: '4' } },
        ],
      },
    }),
  },
  {
    name: 'resource quota',
    object: core('ResourceQuota', { spec: { hard: { 'limits.cpu': '2', pods: '10', 'requests.cpu': 1 } } }),
    status: status({ hard: { 'limits.cpu': '2', pods: '10', 'requests.cpu': '1' }, used: { pods: '3', 'limits.cpu': '0', 'requests.cpu': '500m' } }),
  },
  {
    name: 'node',
    object: core(
      'Node',
      {
        status: {
          capacity: { cpu: '2' },
          nodeInfo: { kubeletVersion: 'v1' },
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.1.0.1' }],
        },
      },
      { labels: { 'node-role.kubernetes.io/b': '', 'kubernetes.io/role': 'a' } },
    ),
  },
  { name: 'node that is cordoned', object: core('Node', { spec: { unschedulable: true, podCIDR: '10.1.0.0/24' } }) },
  {
    name: 'claim',
    object: core('PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } }),
  },
  {
    name: 'claim that is bound',
    object: core('PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } }, volumeName: 'v', storageClassName: 's' },
    }),
  },
]
