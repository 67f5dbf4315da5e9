import type { JsonObject } from '../../../../../src/sandbox/unstructured.ts'
import type { Case } from '../cases.ts'

const of = (apiVersion: string, kind: string, more: object = {}, metadata: object = {}): Case['object'] =>
  ({ apiVersion, kind, metadata: { name: 'kinds-one', ...metadata }, ...more }) as unknown as Case['object']
const core = (kind: string, more: object = {}, metadata: object = {}): Case['object'] => of('v1', kind, more, metadata)
const service = (spec: object): Case['object'] => core('Service', { spec: { ports: [{ port: 80 }], ...spec } })
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'nginx' }] } }
const workload = (kind: string, spec: object = {}): Case['object'] =>
  of('apps/v1', kind, { spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } })
const about = {
  involvedObject: { kind: 'Pod', namespace: 'kinds-golden', name: 'p', fieldPath: 'spec.containers{app}' },
  reason: 'Why',
  message: ' what \n',
  type: 'Warning',
}
const regarding = { kind: 'Pod', namespace: 'kinds-golden', name: 'p' }
const eventTime = '2020-01-01T00:00:00.500000Z'
const reporting = { reportingController: 'example.com/c', reportingInstance: 'i', action: 'Act', eventTime }
const loadBalancer = (ingress: readonly JsonObject[]): JsonObject => ({ loadBalancer: { ingress } })

export const cases: readonly Case[] = [
  { name: 'namespace', object: core('Namespace') },
  {
    name: 'namespace of many',
    object: core('Namespace', { spec: { finalizers: ['example.com/f'] }, status: { phase: 'Terminating' } }, { labels: { a: 'b' } }),
  },
  { name: 'config map', object: core('ConfigMap') },
  {
    name: 'config map with data',
    object: core('ConfigMap', { data: { b: '2', a: '1' }, binaryData: { c: 'aGk=' }, immutable: true }),
    patch: { metadata: { labels: { a: 'b' } } },
  },
  { name: 'secret', object: core('Secret') },
  { name: 'secret of texts', object: core('Secret', { data: { z: 'aGk=', a: 'aGk=' }, stringData: { a: 'ä', b: '' } }) },
  { name: 'service account', object: core('ServiceAccount', { secrets: [{ name: 's' }], imagePullSecrets: [{ name: 'p' }] }) },
  {
    name: 'lease',
    object: of('coordination.k8s.io/v1', 'Lease', {
      spec: { holderIdentity: 'me', renewTime: '2020-01-01T00:00:00.123000Z', leaseDurationSeconds: 15 },
    }),
  },
  { name: 'lease without a spec', object: of('coordination.k8s.io/v1', 'Lease') },
  {
    name: 'core event',
    readAs: 'events.k8s.io/v1',
    object: core('Event', {
      ...about,
      count: 3,
      firstTimestamp: '2020-01-01T00:00:00Z',
      lastTimestamp: '2020-01-01T02:00:00+02:00',
      source: { component: 'c', host: 'h' },
    }),
  },
  {
    name: 'core event in a series',
    readAs: 'events.k8s.io/v1',
    object: core('Event', {
      ...about,
      reportingComponent: 'example.com/c',
      reportingInstance: 'i',
      action: 'Act',
      eventTime,
      series: { count: 5, lastObservedTime: '2020-01-01T00:00:00.000001Z' },
    }),
  },
  { name: 'event', readAs: 'v1', object: of('events.k8s.io/v1', 'Event', { regarding, reason: 'Why', note: 'what', type: 'Normal', ...reporting }) },
  { name: 'service', object: service({ selector: { app: 'a' } }), patch: { spec: { ports: [{ port: 80, targetPort: 'http' }] } } },
  { name: 'headless service', object: service({ clusterIP: 'None', selector: { app: 'a' } }) },
  { name: 'headless service without pods', object: service({ clusterIP: 'None' }) },
  { name: 'service by name', object: service({ type: 'ExternalName', externalName: 'example.com', ports: undefined }) },
  {
    name: 'service with node ports',
    object: service({
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, protocol: 'UDP' },
        { name: 'b', port: 80 },
        { name: 'c', port: 81 },
      ],
    }),
    patch: { spec: { type: 'ClusterIP' } },
  },
  {
    name: 'service with a balancer',
    object: service({ type: 'LoadBalancer' }),
    status: loadBalancer([{ ip: '203.0.113.2' }, { hostname: 'a.example.com' }]),
    patch: { spec: { type: 'NodePort' } },
  },
  {
    name: 'service with a local balancer',
    object: service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', allocateLoadBalancerNodePorts: false }),
  },
  {
    name: 'sticky service',
    object: service({ sessionAffinity: 'ClientIP', externalIPs: ['203.0.113.1'] }),
    patch: { spec: { type: 'ExternalName', externalName: 'a.b' } },
  },
  { name: 'service outside of the range', object: service({ clusterIP: '10.97.0.1' }) },
  { name: 'deployment', object: workload('Deployment', { replicas: 0 }), patch: { spec: { minReadySeconds: 3, replicas: 0 } } },
  { name: 'deployment that recreates', object: workload('Deployment', { strategy: { type: 'Recreate' }, replicas: 0, paused: false }) },
  {
    name: 'deployment at once',
    object: workload('Deployment', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, progressDeadlineSeconds: 5 }),
  },
  {
    name: 'deployment shown',
    object: workload('Deployment', { replicas: 0 }),
    status: { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
  },
  { name: 'replica set', object: workload('ReplicaSet', { replicas: 0 }), status: { replicas: 3, readyReplicas: 2 } },
  {
    name: 'replica set with expressions',
    object: workload('ReplicaSet', {
      selector: {
        matchLabels: { app: 'a' },
        matchExpressions: [
          { key: 'b', operator: 'NotIn', values: ['2', '1'] },
          { key: 'app', operator: 'Exists' },
        ],
      },
    }),
  },
]
