import { core, object } from '../objects.ts'
import { apply, edit, get, patch, post, put, remove, rule, topic } from '../script.ts'

const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases'
const events = `${core}/events`
const newEvents = '/apis/events.k8s.io/v1/namespaces/{ns}/events'
const namespaces = '/api/v1/namespaces'
const nodes = '/api/v1/nodes'
const event = (name: string, rest: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> =>
  object('v1', 'Event', name, {
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: '{ns}' },
    reason: 'Started',
    message: 'it did',
    type: 'Normal',
    source: { component: 'me' },
    firstTimestamp: '2001-01-01T00:00:00Z',
    lastTimestamp: '2001-01-01T00:00:00Z',
    count: 1,
    ...rest,
  })

export const small = topic('small', [
  rule(
    'Leases are held and handed over',
    post(
      leases,
      object('coordination.k8s.io/v1', 'Lease', 'leader', {
        spec: {
          holderIdentity: 'a',
          leaseDurationSeconds: 15,
          acquireTime: '2001-01-01T00:00:00.000000Z',
          renewTime: '2001-01-01T00:00:00.000000Z',
          leaseTransitions: 0,
        },
      }),
      { save: { lease: '' } },
    ),
    put(`${leases}/leader`, edit('lease', { 'spec.renewTime': '2001-01-01T00:00:02.5Z' }), { save: { renewed: '' } }),
    put(`${leases}/leader`, edit('lease', { 'spec.holderIdentity': 'b' })),
    put(`${leases}/leader`, edit('renewed', { 'spec.holderIdentity': '', 'spec.leaseDurationSeconds': 1 })),
    put(`${leases}/new`, object('coordination.k8s.io/v1', 'Lease', 'new', { spec: { holderIdentity: 'a' } })),
  ),
  rule(
    'Leases that cannot be',
    post(leases, object('coordination.k8s.io/v1', 'Lease', 'x', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })),
    post(leases, object('coordination.k8s.io/v1', 'Lease', 'x', { spec: { renewTime: 'now' } })),
    post(
      leases,
      object('coordination.k8s.io/v1', 'Lease', 'x2', { spec: { renewTime: '2001-01-01T00:00:00Z', acquireTime: '2001-01-01T00:00:00.123456789Z' } }),
    ),
    post(leases, object('coordination.k8s.io/v1', 'Lease', 'x3')),
  ),
  rule(
    'Events are written and counted',
    post(events, event('e1')),
    patch('strategic', `${events}/e1`, { count: 2, lastTimestamp: '2001-01-01T00:00:01Z', message: 'again' }),
    put(`${events}/e2`, event('e2')),
    get(`${newEvents}/e1`),
    remove(`${events}/e2`),
  ),
  rule(
    'Events of the newer form',
    post(
      newEvents,
      object('events.k8s.io/v1', 'Event', 'n1', {
        eventTime: '2001-01-01T00:00:00.000000Z',
        reportingController: 'me.example.com/x',
        reportingInstance: 'x-1',
        action: 'Doing',
        reason: 'Why',
        type: 'Normal',
        regarding: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: '{ns}' },
        note: 'it did',
      }),
    ),
    get(`${events}/n1`),
    post(newEvents, object('events.k8s.io/v1', 'Event', 'n2', { reason: 'Why', type: 'Nothing' })),
  ),
  rule(
    'Events are found by what they are about',
    get(`${events}?fieldSelector=involvedObject.name=p,type=Normal`, { only: ['items.0.metadata.name', 'items.1.metadata.name'] }),
    get(`${events}?fieldSelector=reason=Started`, { only: ['items.0.metadata.name', 'items.1'] }),
    get(`${events}?fieldSelector=involvedObject.kind=Pod,involvedObject.namespace={ns},source=me,reportingComponent=`, {
      only: ['items.0.metadata.name', 'message'],
    }),
    get(`${newEvents}?fieldSelector=regarding.name=p`, { only: ['items.0.metadata.name', 'message'] }),
    get(`${events}?fieldSelector=message=x`),
  ),
  rule(
    'Events that cannot be',
    post(events, event('x', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'other' } })),
    post(events, event('x', { involvedObject: {} })),
    post(events, event('x', { type: 'Sideways' }), { only: ['message', 'type'] }),
  ),
  rule(
    'Namespaces',
    post(namespaces, object('v1', 'Namespace', '{ns}-a', { metadata: { labels: { x: 'y' } } })),
    get(`${namespaces}/{ns}-a`),
    patch('merge', `${namespaces}/{ns}-a`, { metadata: { labels: { 'kubernetes.io/metadata.name': 'other' } } }),
    patch('merge', `${namespaces}/{ns}-a`, { spec: { finalizers: null } }, { only: ['spec'] }),
    post(namespaces, object('v1', 'Namespace', '{ns}-a')),
    patch('merge', `${namespaces}/{ns}-a/status`, { status: { phase: 'Terminating' } }, { only: ['status', 'message'] }),
    get(`${namespaces}?labelSelector=x=y&fieldSelector=metadata.name={ns}-a`, { only: ['items.0.metadata.name', 'items.1'] }),
    get(`${namespaces}?fieldSelector=status.phase=Active,metadata.name=default`, { only: ['items.0.metadata.name', 'items.0.metadata.labels'] }),
    apply(`${namespaces}/{ns}-b`, 'me', object('v1', 'Namespace', '{ns}-b')),
  ),
  rule(
    'what is there from the start',
    get(`${namespaces}/kube-system`, { only: ['metadata.labels', 'spec', 'status'] }),
    get(`${namespaces}/kube-public`, { only: ['metadata.labels'] }),
    get(`${namespaces}/kube-node-lease`, { only: ['metadata.labels'] }),
    get('/api/v1/namespaces/default/services/kubernetes', { only: ['metadata.labels', 'spec.type', 'spec.ports.0.name', 'spec.ports.0.port'] }),
    get('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', { only: ['metadata.labels', 'addressType', 'ports.0.name'] }),
    get('/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical', { only: ['value', 'globalDefault'] }),
    get('/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical', { only: ['value'] }),
  ),
  rule(
    'Nodes',
    post(nodes, object('v1', 'Node', 'small-{run}', { spec: { podCIDR: '10.1.0.0/24' }, status: { capacity: { cpu: 2 } } })),
    patch('strategic', `${nodes}/small-{run}/status`, {
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        allocatable: { cpu: '2', memory: '1Gi' },
      },
    }),
    patch('strategic', `${nodes}/small-{run}`, { spec: { unschedulable: true } }),
    get(`${nodes}?fieldSelector=spec.unschedulable=true,metadata.name=small-{run}`, { only: ['items.0.spec'] }),
    patch('strategic', `${nodes}/small-{run}`, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, { only: ['spec.taints'] }),
    patch('strategic', `${nodes}/small-{run}`, { spec: { taints: [{ key: 'a', effect: 'Never' }] } }, { only: ['message'] }),
    remove(`${nodes}/small-{run}`),
  ),
  rule(
    'ServiceAccounts',
    post(`${core}/serviceaccounts`, object('v1', 'ServiceAccount', 'sa', { imagePullSecrets: [{ name: 'x' }], automountServiceAccountToken: false })),
    patch('strategic', `${core}/serviceaccounts/sa`, { imagePullSecrets: [{ name: 'y' }], secrets: [{ name: 'z' }] }),
  ),
  rule(
    'revisions of controllers',
    post(
      '/apis/apps/v1/namespaces/{ns}/controllerrevisions',
      object('apps/v1', 'ControllerRevision', 'cr', { data: { any: { thing: 1 } }, revision: 1 }),
    ),
    post('/apis/apps/v1/namespaces/{ns}/controllerrevisions', object('apps/v1', 'ControllerRevision', 'cr2', { data: {}, revision: -1 }), {
      only: ['message'],
    }),
  ),
])
