import type { JsonObject } from '../../../../../src/sandbox/unstructured.ts'
import type { Case } from '../cases.ts'

/** Objects that are accepted with a warning; events that are refused. */

const of = (apiVersion: string, kind: string, more: object = {}, metadata: object = {}): Case['object'] =>
  ({ apiVersion, kind, metadata: { name: 'kinds-one', ...metadata }, ...more }) as unknown as Case['object']
const container = { name: 'app', image: 'nginx' }
const pod = (name: string, spec: object, metadata: object = {}): Case => ({
  name: `pod: ${name}`,
  object: of('v1', 'Pod', { spec: { containers: [container], ...spec } }, metadata),
})
const withContainer = (name: string, fields: object): Case => pod(name, { containers: [{ ...container, ...fields }] })
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ ...container, resources: { limits: { memory: '1.5' } } }] } }
const workload = (kind: string): Case['object'] =>
  of('apps/v1', kind, { spec: { replicas: 0, selector: { matchLabels: { app: 'a' } }, template } }, { name: 'kinds.one' })
const service = (name: string, spec: object): Case => ({
  name: `service: ${name}`,
  object: of('v1', 'Service', { spec: { ports: [{ port: 80 }], ...spec } }),
})
const about = { kind: 'Pod', namespace: 'kinds-golden', name: 'p' }
const event = (name: string, more: object): Case => ({
  name: `event: ${name}`,
  object: of('events.k8s.io/v1', 'Event', { regarding: about, ...more }),
})
const coreEvent = (name: string, more: object): Case => ({
  name: `core event: ${name}`,
  object: of('v1', 'Event', { involvedObject: about, ...more }),
})
const whole = {
  reason: 'R',
  action: 'A',
  type: 'Normal',
  reportingController: 'a.b/c',
  reportingInstance: 'i',
  eventTime: '2020-01-01T00:00:00.000000Z',
}

export const cases: readonly Case[] = [
  pod('a name with dots', {}, { name: 'a.b' }),
  pod('old labels', { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
  pod('a spread of nothing', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] }),
  pod('a host twice', { hostAliases: [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }] }),
  pod('pull secrets twice', { imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] }),
  pod('negative grace', { terminationGracePeriodSeconds: -1 }),
  withContainer('half a byte', { resources: { limits: { memory: '0.5' }, requests: { memory: '100m', 'ephemeral-storage': '1500m' } } }),
  withContainer('a variable twice', {
    env: [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
      { name: 'B', value: 'x' },
      { name: 'B', value: '$(B)y' },
    ],
  }),
  withContainer('a port twice', { ports: [{ containerPort: 80 }, { containerPort: 80 }, { containerPort: 80, hostPort: 81 }] }),
  pod('a port name twice', {
    containers: [
      { ...container, ports: [{ containerPort: 80, name: 'a' }] },
      { name: 'b', image: 'x', ports: [{ containerPort: 81, name: 'a' }] },
    ],
  }),
  { name: 'deployment', object: workload('Deployment'), patch: { spec: { minReadySeconds: 1 } } },
  { name: 'replica set', object: workload('ReplicaSet') },
  { name: 'daemon set', object: of('apps/v1', 'DaemonSet', { spec: { selector: { matchLabels: { app: 'a' } }, template } }) },
  {
    name: 'job',
    object: of(
      'batch/v1',
      'Job',
      { spec: { suspend: true, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
      { name: 'kinds.one' },
    ),
  },
  service('external addresses of none', { clusterIP: 'None', externalIPs: ['203.0.113.1'], sessionAffinity: 'ClientIP' }),
  service('a name of none', { externalName: 'a.b' }),
  {
    name: 'ingress of an old class',
    object: of(
      'networking.k8s.io/v1',
      'Ingress',
      { spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } } },
      { annotations: { 'kubernetes.io/ingress.class': 'x' } },
    ),
  },
  { name: 'secret without a certificate', object: of('v1', 'Secret', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x', 'tls.key': 'y' } }) },
  event('nothing', {}),
  event('old fields', {
    ...whole,
    type: 'x',
    deprecatedCount: 1,
    deprecatedSource: { component: 'c' },
    deprecatedFirstTimestamp: '2020-01-01T00:00:00Z',
  }),
  event('too long', {
    ...whole,
    reason: 'x'.repeat(129),
    action: 'x'.repeat(129),
    note: 'x'.repeat(1025),
    reportingInstance: 'x'.repeat(129),
    reportingController: 'A B',
  }),
  event('a short series', { ...whole, series: { count: 1, lastObservedTime: null } }),
  { ...event('a change', whole), patch: { note: 'other', reportingInstance: 'j' } as JsonObject },
  coreEvent('elsewhere', { involvedObject: { ...about, namespace: 'other' } }),
  coreEvent('of the cluster', { involvedObject: { kind: 'Node', name: 'n' } }),
  coreEvent('without a reporter', { eventTime: '2020-01-01T00:00:00.000000Z' }),
]
