import { configMap, configMaps, core, deployment, deployments, object, pods, replicaSet, replicaSets, service, services } from '../objects.ts'
import { get, patch, post, remove, rule, topic } from '../script.ts'

const owner = (uid: string, rest: Readonly<Record<string, unknown>> = {}): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'owner',
  uid,
  ...rest,
})
const options = (propagationPolicy: string): unknown => ({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy })
const gone = { until: { ':status': 404 }, only: ['reason'] }
const of = (app: string): string => `labelSelector=app=${app}`
const running = (podIP: string): unknown => ({
  status: {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2001-01-01T00:00:00Z' }],
  },
})
const slices = '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices?labelSelector=kubernetes.io/service-name=web'
const jobs = '/apis/batch/v1/namespaces/{ns}/jobs'
const condition = (at: string): readonly string[] => ['type', 'status', 'reason'].map((field) => `status.conditions.${at}.${field}`)

/** What controllers bring about in the end; the script does what a node would do with pods. */
export const controlled = topic(
  'controlled',
  [
    rule(
      'every namespace gets an account and a certificate',
      get(`${core}/serviceaccounts/default`, { until: { ':status': 200 }, only: ['metadata.name', 'secrets'] }),
      get(`${configMaps}/kube-root-ca.crt`, { until: { ':status': 200 }, only: ['metadata.name'] }),
      remove(`${core}/serviceaccounts/default`, undefined, { only: ['status'] }),
      get(`${core}/serviceaccounts/default`, { until: { ':status': 200 }, only: ['metadata.name'] }),
    ),
    rule(
      'a Deployment has a ReplicaSet, and that has Pods',
      post(deployments, deployment('web'), { only: ['spec.replicas'] }),
      get(`${deployments}/web`, {
        until: { 'status.replicas': 1, 'status.unavailableReplicas': 1, 'status.conditions.1.type': 'Progressing' },
        only: [
          'status.observedGeneration',
          'status.replicas',
          'status.updatedReplicas',
          'status.readyReplicas',
          'metadata.annotations',
          ...condition('[type=Available]'),
          ...condition('[type=Progressing]'),
        ],
      }),
      get(`${replicaSets}?${of('web')}`, {
        until: { 'items.0.status.replicas': 1 },
        only: [
          'items.0.metadata.name',
          'items.0.metadata.labels',
          'items.0.metadata.annotations',
          'items.0.metadata.ownerReferences',
          'items.0.spec',
          'items.0.status',
          'items.1',
        ],
      }),
      get(`${pods}?${of('web')}`, {
        save: { pod: 'items.0.metadata.name' },
        only: ['items.0.metadata.labels', 'items.0.metadata.ownerReferences', 'items.0.metadata.generateName', 'items.0.spec.containers', 'items.1'],
      }),
    ),
    rule(
      'a Service has slices of the Pods that it selects',
      post(services, service('web'), { only: ['spec.selector'] }),
      post('/api/v1/nodes', object('v1', 'Node', '{ns}'), { only: [] }),
      post(`${pods}/{pod}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: '{pod}' }, target: { kind: 'Node', name: '{ns}' } }),
      patch('strategic', `${pods}/{pod}/status`, running('10.1.1.1'), { only: ['status.phase'] }),
      get(slices, {
        until: { 'items.0.endpoints.0.conditions.ready': true },
        only: [
          'items.0.addressType',
          'items.0.ports',
          'items.0.metadata.labels',
          'items.0.metadata.ownerReferences.0.kind',
          'items.0.endpoints.0.conditions',
          'items.0.endpoints.0.addresses',
          'items.0.endpoints.0.targetRef.kind',
          'items.0.endpoints.1',
        ],
      }),
    ),
    rule(
      'a Pod that is ready makes a Deployment available',
      get(`${deployments}/web`, {
        until: { 'status.availableReplicas': 1 },
        only: [
          'status.replicas',
          'status.readyReplicas',
          'status.unavailableReplicas',
          ...condition('[type=Available]'),
          ...condition('[type=Progressing]'),
        ],
      }),
    ),
    rule(
      'another template is another ReplicaSet',
      patch(
        'strategic',
        `${deployments}/web`,
        { spec: { template: { spec: { containers: [{ name: 'main', image: 'shop:2' }] } } } },
        { only: ['metadata.generation'] },
      ),
      get(`${deployments}/web`, {
        until: { 'status.updatedReplicas': 1, 'status.replicas': 2 },
        only: ['status.replicas', 'status.updatedReplicas', 'status.readyReplicas', 'status.availableReplicas', 'metadata.annotations'],
      }),
    ),
    rule(
      'scaled down to nothing',
      patch('merge', `${deployments}/web/scale`, { spec: { replicas: 0 } }, { only: ['spec.replicas'] }),
      get(`${pods}/{pod}`, { until: { 'metadata.deletionGracePeriodSeconds': 30 }, only: ['status.phase'] }),
      get(slices, { until: { 'items.0.endpoints.0.conditions.terminating': true }, only: ['items.0.endpoints.0.conditions'] }),
      remove(`${pods}/{pod}?gracePeriodSeconds=0`, undefined, { only: ['kind'] }),
      get(`${pods}?${of('web')}`, { until: { items: [] }, only: ['items'] }),
      get(slices, { until: { 'items.0.endpoints': null }, only: ['items.0.endpoints'] }),
    ),
    rule(
      'in the foreground dependents go first',
      remove(`${deployments}/web`, options('Foreground'), { only: ['metadata.finalizers'] }),
      get(`${deployments}/web`, gone),
      get(`${replicaSets}?${of('web')}`, { only: ['items'] }),
    ),
    rule(
      'orphans stay, and belong to nobody',
      post(replicaSets, replicaSet('lone'), { only: ['spec.replicas'] }),
      get(`${pods}?${of('lone')}`, { until: { 'items.0.status.phase': 'Pending' }, only: ['items.0.metadata.ownerReferences.0.name'] }),
      remove(`${replicaSets}/lone`, options('Orphan'), { only: ['metadata.finalizers'] }),
      get(`${replicaSets}/lone`, gone),
      get(`${pods}?${of('lone')}`, { only: ['items.0.metadata.ownerReferences', 'items.0.metadata.labels', 'items.1'] }),
    ),
    rule(
      'dependents are collected after their owner',
      post(configMaps, configMap('owner'), { save: { uid: 'metadata.uid' }, only: [] }),
      post(configMaps, configMap('dependent', {}, { ownerReferences: [owner('{uid}')] }), { only: [] }),
      remove(`${configMaps}/owner`, options('Background'), { only: ['status'] }),
      get(`${configMaps}/dependent`, gone),
    ),
    rule(
      'dependents of what never was are collected',
      post(configMaps, configMap('lost', {}, { ownerReferences: [owner('8a4b4d30-0000-4000-8000-000000000000')] }), { only: [] }),
      get(`${configMaps}/lost`, gone),
    ),
    rule(
      'an owner that stays keeps its dependents',
      post(configMaps, configMap('owner'), { save: { uid: 'metadata.uid' }, only: [] }),
      post(
        configMaps,
        configMap('shared', {}, { ownerReferences: [owner('{uid}'), owner('8a4b4d30-0000-4000-8000-000000000000', { name: 'never' })] }),
        { only: [] },
      ),
      get(`${configMaps}/shared`, { until: { 'metadata.ownerReferences.1': undefined }, only: ['metadata.ownerReferences'] }),
    ),
    rule(
      'whoever blocks the end of its owner holds it',
      post(configMaps, configMap('blocker', {}, { ownerReferences: [owner('{uid}', { blockOwnerDeletion: true })], finalizers: ['example.com/x'] }), {
        only: [],
      }),
      remove(`${configMaps}/owner`, options('Foreground'), { only: ['metadata.finalizers'] }),
      get(`${configMaps}/blocker`, { until: { 'metadata.deletionGracePeriodSeconds': 0 }, only: ['metadata.finalizers'] }),
      get(`${configMaps}/owner`, { only: ['metadata.finalizers'] }),
      patch('merge', `${configMaps}/blocker`, { metadata: { finalizers: null } }, { only: [] }),
      get(`${configMaps}/owner`, gone),
    ),
    rule(
      'a Job ends when its Pod has',
      post(
        jobs,
        object('batch/v1', 'Job', 'once', { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } }),
        { only: ['spec.completions'] },
      ),
      get(`${jobs}/once`, {
        until: { 'status.active': 1 },
        only: ['status.active', 'status.ready', 'status.terminating', 'status.uncountedTerminatedPods'],
      }),
      get(`${pods}?labelSelector=job-name=once`, {
        until: { 'items.0.status.phase': 'Pending' },
        save: { pod: 'items.0.metadata.name' },
        only: ['items.0.metadata.finalizers', 'items.0.metadata.ownerReferences.0.kind', 'items.1'],
      }),
      patch('strategic', `${pods}/{pod}/status`, { status: { phase: 'Succeeded' } }, { only: ['status.phase'] }),
      get(`${jobs}/once`, {
        until: { 'status.succeeded': 1, 'status.conditions.1.type': 'Complete' },
        only: [
          'status.succeeded',
          'status.active',
          'status.ready',
          'status.terminating',
          'status.uncountedTerminatedPods',
          ...condition('0'),
          ...condition('1'),
        ],
      }),
      get(`${pods}/{pod}`, { only: ['metadata.finalizers'] }),
    ),
    rule(
      'a namespace goes with all that is in it',
      post('/api/v1/namespaces', object('v1', 'Namespace', '{ns}-sub'), { only: ['status'] }),
      post('/api/v1/namespaces/{ns}-sub/configmaps', configMap('held', {}, { finalizers: ['example.com/x'] }), { only: [] }),
      remove('/api/v1/namespaces/{ns}-sub', undefined, { only: ['status.phase', 'metadata.deletionGracePeriodSeconds'] }),
      get('/api/v1/namespaces/{ns}-sub', { until: { 'status.conditions.4.type': 'NamespaceFinalizersRemaining' }, only: ['status'] }),
      patch('merge', '/api/v1/namespaces/{ns}-sub/configmaps/held', { metadata: { finalizers: null } }, { only: [] }),
      get('/api/v1/namespaces/{ns}-sub', gone),
    ),
  ],
  'at work',
)
