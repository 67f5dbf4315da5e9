import { core, deployment, deployments, pod, pods, replicaSet, replicaSets, service, services } from '../objects.ts'
import { edit, get, patch, post, put, remove, rule, topic } from '../script.ts'

const web = `${deployments}/web`
const eviction = (name: string, rest: Readonly<Record<string, unknown>> = {}): unknown => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name },
  ...rest,
})
const accounts = `${core}/serviceaccounts`
const budget = (name: string, spec: Readonly<Record<string, unknown>>): unknown => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, ...spec },
})

export const subresources = topic('subresources', [
  rule(
    'status is written apart from the rest',
    post(deployments, deployment('web'), { save: { web: '' } }),
    put(
      `${web}/status`,
      edit('web', {
        'spec.replicas': 9,
        'metadata.labels': { not: 'taken' },
        status: { observedGeneration: 1, replicas: 1, unavailableReplicas: 1 },
      }),
      { save: { stated: '' } },
    ),
    put(web, edit('stated', { 'spec.replicas': 2, status: { replicas: 77 } }), { save: { specced: '' } }),
    patch('merge', `${web}/status`, { status: { readyReplicas: 1 } }),
    patch('strategic', `${web}/status`, { status: { conditions: [{ type: 'Available', status: 'True', reason: 'R', message: 'm' }] } }),
    patch('strategic', `${web}/status`, { status: { conditions: [{ type: 'Progressing', status: 'True' }] } }),
    get(`${web}/status`),
  ),
  rule(
    'status that cannot be',
    patch('merge', `${web}/status`, { status: { replicas: -1 } }),
    patch('merge', `${web}/status`, { status: { availableReplicas: 99 } }),
    patch('merge', `${web}/status`, { status: { replicas: 'x' } }),
    put(`${web}/status`, edit('web', {})),
    get(`${deployments}/missing/status`),
  ),
  rule(
    'scale is read and written',
    get(`${web}/scale`, { save: { scale: '' } }),
    put(`${web}/scale`, edit('scale', { 'spec.replicas': 5 })),
    put(`${web}/scale`, edit('scale', { 'spec.replicas': 6 })),
    patch('merge', `${web}/scale`, { spec: { replicas: 7 } }),
    get(web, { only: ['spec.replicas', 'metadata.generation', 'metadata.managedFields'] }),
  ),
  rule(
    'scale that cannot be',
    patch('merge', `${web}/scale`, { spec: { replicas: -1 } }),
    patch('merge', `${web}/scale`, { spec: { replicas: 'x' } }),
    patch('strategic', `${web}/scale`, { spec: { replicas: 3 } }),
    patch('json', `${web}/scale`, [{ op: 'replace', path: '/spec/replicas', value: 3 }]),
    put(`${web}/scale`, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'web' }, spec: { replicas: 4 } }),
    put(`${web}/scale`, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'other' }, spec: {} }),
    put(`${web}/scale`, deployment('web')),
    get(`${deployments}/missing/scale`),
    post(`${web}/scale`, {}),
    remove(`${web}/scale`),
  ),
  rule(
    'ReplicaSets are scaled likewise',
    post(replicaSets, replicaSet('rs'), { only: [] }),
    get(`${replicaSets}/rs/scale`),
    patch('merge', `${replicaSets}/rs/scale`, { spec: { replicas: 0 } }),
  ),
  rule(
    "a Pod's status is written by its node",
    post(pods, pod('p', { nodeName: 'n' }), { save: { pod: '' } }),
    patch('strategic', `${pods}/p/status`, {
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          { name: 'main', ready: true, restartCount: 0, image: 'shop:1', imageID: 'x', state: { running: { startedAt: '2001-01-01T00:00:00Z' } } },
        ],
        podIP: '10.1.1.1',
        podIPs: [{ ip: '10.1.1.1' }],
        hostIP: '10.0.0.1',
        hostIPs: [{ ip: '10.0.0.1' }],
      },
    }),
    patch('strategic', `${pods}/p/status`, {
      status: {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'X' },
          { type: 'ContainersReady', status: 'False' },
        ],
      },
    }),
    patch(
      'strategic',
      `${pods}/p/status`,
      { spec: { containers: [{ name: 'main', image: 'not-taken' }] }, metadata: { labels: { 'taken?': 'no' } } },
      { only: ['spec.containers.0.image', 'metadata.labels', 'message'] },
    ),
    patch('strategic', `${pods}/p/status`, { status: { podIP: 'no address' } }, { only: ['reason', 'details', 'status.podIP'] }),
    patch('strategic', `${pods}/p/status`, { status: { phase: 'Nothing' } }, { only: ['reason', 'details', 'status.phase'] }),
  ),
  rule(
    'Pods are bound to nodes',
    post(pods, pod('unbound'), { only: [] }),
    post(`${pods}/unbound/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'unbound' },
      target: { apiVersion: 'v1', kind: 'Node', name: 'n1' },
    }),
    get(`${pods}/unbound`, { only: ['spec.nodeName', 'status.conditions'] }),
    post(`${pods}/unbound/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'unbound' }, target: { kind: 'Node', name: 'n2' } }),
    post(`${pods}/missing/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'missing' }, target: { kind: 'Node', name: 'n2' } }),
    post(`${pods}/unbound/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'unbound' } }),
  ),
  rule(
    'Pods are evicted',
    post(pods, pod('e1', {}, { labels: { app: 'free' } }), { only: [] }),
    post(`${pods}/e1/eviction`, eviction('e1')),
    get(`${pods}/e1`, { only: ['reason', 'metadata.deletionGracePeriodSeconds', 'metadata.name'] }),
    post(`${pods}/missing/eviction`, eviction('missing')),
    post(`${pods}/e1/eviction`, eviction('other')),
    post(pods, pod('e2', { nodeName: 'n' }), { only: [] }),
    post(`${pods}/e2/eviction?dryRun=All`, eviction('e2')),
    post(`${pods}/e2/eviction`, eviction('e2', { deleteOptions: { gracePeriodSeconds: 5 } })),
    post(`${pods}/e2/eviction`, eviction('e2', { deleteOptions: { gracePeriodSeconds: 5 } })),
    get(`${pods}/e2`, { only: ['metadata.deletionGracePeriodSeconds', 'status.conditions'] }),
  ),
  rule(
    'budgets hold evictions back',
    post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', budget('kept', { minAvailable: 1 })),
    post(pods, pod('kept', { nodeName: 'n' }, { labels: { app: 'kept' } }), { only: [] }),
    patch('merge', `${pods}/kept/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, { only: [] }),
    patch(
      'merge',
      '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets/kept/status',
      { status: { observedGeneration: 1, expectedPods: 1, currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0 } },
      { only: ['status'] },
    ),
    post(`${pods}/kept/eviction`, eviction('kept')),
  ),
  rule(
    'tokens of service accounts',
    post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
    post(`${accounts}/robot/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
    post(`${accounts}/robot/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600, audiences: ['edge'] },
    }),
    post(`${accounts}/robot/token`, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 5 } }),
    post(`${accounts}/missing/token`, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} }),
    post(`${accounts}/robot/token`, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'missing' } },
    }),
    post(`${accounts}/robot/token`, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'x' } },
    }),
    get(`${accounts}/robot`),
  ),
  rule(
    'Services have a status',
    post(services, service('lb', { type: 'LoadBalancer' })),
    patch('merge', `${services}/lb/status`, { status: { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } } }),
    patch('merge', `${services}/lb/status`, { status: { loadBalancer: { ingress: [{ ip: 'x' }] } } }),
  ),
  rule(
    "Pods' streams want a Pod",
    get(`${pods}/missing/log`),
    get(`${pods}/unbound/log?container=nothing`),
    get(`${pods}/unbound/log?tailLines=-1`),
    get(`${pods}/p/log?previous=maybe&sinceSeconds=0`),
  ),
  rule(
    'ephemeral containers are added',
    patch(
      'strategic',
      `${pods}/p/ephemeralcontainers`,
      { spec: { ephemeralContainers: [{ name: 'debug', image: 'x' }] } },
      { only: ['spec.ephemeralContainers', 'reason'] },
    ),
    patch(
      'strategic',
      `${pods}/p`,
      { spec: { ephemeralContainers: [{ name: 'debug2', image: 'x' }] } },
      { only: ['spec.ephemeralContainers', 'reason'] },
    ),
  ),
])
