import {
  configMap,
  configMaps,
  core,
  deployment,
  deployments,
  object,
  pod,
  pods,
  replicaSet,
  replicaSets,
  secrets,
  service,
  services,
} from '../objects.ts'
import { get, patch, post, rule, topic } from '../script.ts'

const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json'
const asTable = { headers: { accept } }
/** An object is created and shown as a row. */
const shown = (path: string, body: { readonly metadata?: unknown }): readonly ReturnType<typeof post>[] => {
  const { name } = body.metadata as { readonly name: string }
  return [post(path, body, { only: ['message'] }), get(`${path}/${name}?includeObject=None`, asTable)]
}
const running = { phase: 'Running', podIP: '10.1.1.1', podIPs: [{ ip: '10.1.1.1' }], conditions: [{ type: 'Ready', status: 'True' }] }
const statusOf = (name: string, status: unknown): readonly ReturnType<typeof post>[] => [
  post(pods, pod(name, { nodeName: 'n' }), { only: [] }),
  patch('merge', `${pods}/${name}/status`, { status }, { only: ['message'] }),
  get(`${pods}/${name}?includeObject=None`, asTable),
]
const container = (state: unknown, rest: Readonly<Record<string, unknown>> = {}): unknown => ({
  name: 'main',
  image: 'shop:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...rest,
})

export const tables = topic('tables', [
  rule(
    'what comes with a row',
    post(configMaps, configMap('a', { x: '1', y: '2' }), { only: [] }),
    get(configMaps, asTable),
    get(`${configMaps}?includeObject=None`, asTable),
    get(`${configMaps}?includeObject=Object`, asTable),
    get(`${configMaps}?includeObject=Metadata`, asTable),
    get(`${configMaps}?includeObject=Nothing`, asTable),
    get(`${configMaps}/a`, asTable),
  ),
  rule('an empty table', get(`${configMaps}?labelSelector=none`, asTable)),
  rule('pages of rows', post(configMaps, configMap('b'), { only: [] }), get(`${configMaps}?limit=1&includeObject=None`, asTable)),
  rule('the older form', get(`${configMaps}/a?includeObject=None`, { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1beta1' } })),
  rule('errors are no tables', get(`${configMaps}/missing`, asTable)),
  rule(
    'Deployments and ReplicaSets',
    ...shown(deployments, deployment('web')),
    ...shown(replicaSets, replicaSet('rs', { replicas: 2 })),
    patch(
      'merge',
      `${deployments}/web/status`,
      { status: { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 } },
      { only: [] },
    ),
    get(`${deployments}/web?includeObject=None`, asTable),
  ),
  rule(
    'Pods',
    ...shown(pods, pod('p')),
    ...statusOf('running', {
      ...running,
      containerStatuses: [
        container({ running: {} }, { ready: true, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt: '2001-01-01T00:00:00Z' } } }),
      ],
    }),
  ),
  rule(
    'Pods in trouble',
    ...statusOf('pulling', { phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })] }),
    ...statusOf('crashing', { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 4 })] }),
    ...statusOf('done', { phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }),
    ...statusOf('killed', { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }),
    ...statusOf('evicted', { phase: 'Failed', reason: 'Evicted' }),
  ),
  rule(
    'Services',
    ...shown(
      services,
      service('ip', {
        ports: [
          { name: 'a', port: 80, targetPort: 8080 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
        clusterIP: 'None',
      }),
    ),
    ...shown(services, service('name', { type: 'ExternalName', externalName: 'example.com' })),
    ...shown(services, service('none', { ports: undefined, clusterIP: 'None', selector: undefined })),
  ),
  rule(
    'other kinds of the core',
    ...shown(secrets, object('v1', 'Secret', 's', { stringData: { a: 'b' } })),
    ...shown(`${core}/serviceaccounts`, object('v1', 'ServiceAccount', 'sa')),
    ...shown(`${core}/endpoints`, object('v1', 'Endpoints', 'e', { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] })),
    ...shown('/api/v1/namespaces', object('v1', 'Namespace', '{ns}-t')),
    ...shown('/api/v1/nodes', object('v1', 'Node', 'node-{run}', { metadata: { labels: { 'node-role.kubernetes.io/worker': '' } } })),
  ),
  rule(
    'Events',
    ...shown(
      `${core}/events`,
      object('v1', 'Event', 'ev', {
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        type: 'Warning',
        reason: 'Bad',
        message: 'it went\nwrong',
        count: 3,
        source: { component: 'me' },
        firstTimestamp: '2001-01-01T00:00:00Z',
        lastTimestamp: '2001-01-01T00:00:00Z',
      }),
    ),
  ),
  rule(
    'Leases',
    ...shown(
      '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
      object('coordination.k8s.io/v1', 'Lease', 'l', { spec: { holderIdentity: 'me' } }),
    ),
  ),
  rule(
    'EndpointSlices',
    ...shown(
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
      object('discovery.k8s.io/v1', 'EndpointSlice', 'es', {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.1.1'] }, { addresses: ['10.1.1.2'] }],
        ports: [{ port: 80 }],
      }),
    ),
  ),
  rule(
    'Jobs and CronJobs',
    ...shown(
      '/apis/batch/v1/namespaces/{ns}/jobs',
      object('batch/v1', 'Job', 'j', { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } }),
    ),
    ...shown(
      '/apis/batch/v1/namespaces/{ns}/cronjobs',
      object('batch/v1', 'CronJob', 'cj', {
        spec: {
          schedule: '0 0 * * *',
          suspend: true,
          jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } },
        },
      }),
    ),
  ),
  rule(
    'roles',
    ...shown('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles', object('rbac.authorization.k8s.io/v1', 'Role', 'r', { rules: [] })),
    ...shown(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rb', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'ServiceAccount', name: 'sa', namespace: '{ns}' },
          { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
        ],
      }),
    ),
  ),
  rule(
    'ingresses and autoscalers',
    ...shown(
      '/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses',
      object('networking.k8s.io/v1', 'Ingress', 'i', {
        spec: {
          ingressClassName: 'c',
          rules: [
            {
              host: 'a.example.com',
              http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
            },
          ],
        },
      }),
    ),
    ...shown(
      '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'h', {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          maxReplicas: 3,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
        },
      }),
    ),
  ),
  rule(
    'other workloads',
    ...shown(
      '/apis/apps/v1/namespaces/{ns}/statefulsets',
      object('apps/v1', 'StatefulSet', 'st', {
        spec: {
          serviceName: 's',
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'x' }] } },
        },
      }),
    ),
    ...shown(
      '/apis/apps/v1/namespaces/{ns}/daemonsets',
      object('apps/v1', 'DaemonSet', 'ds', {
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'x' }] } },
        },
      }),
    ),
  ),
  rule(
    'budgets',
    ...shown(
      '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
      object('policy/v1', 'PodDisruptionBudget', 'b', { spec: { minAvailable: '50%', selector: {} } }),
    ),
  ),
])
