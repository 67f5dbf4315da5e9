import type { JsonObject } from '../../../../../src/sandbox/unstructured.ts'
import type { Case } from '../cases.ts'

/** Pods that are refused, and changes of pods that are. */

const container = { name: 'app', image: 'nginx' }
const of = (spec: object, metadata: object = {}): Case['object'] =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', ...metadata }, spec: { containers: [container], ...spec } }) as unknown as Case['object']
const pod = (name: string, spec: object, metadata: object = {}): Case => ({ name, object: of(spec, metadata) })
/** With these fields in its only container. */
const withContainer = (name: string, fields: object, spec: object = {}): Case => pod(name, { containers: [{ ...container, ...fields }], ...spec })
const changed = (name: string, patch: object, spec: object = {}, metadata: object = {}): Case => ({
  name,
  object: of(spec, metadata),
  patch: patch as JsonObject,
})
const env = (name: string, ...each: readonly object[]): Case => withContainer(name, { env: each })
const probe = (name: string, probe: object, field = 'livenessProbe'): Case => withContainer(name, { [field]: probe })
const volume = (name: string, ...volumes: readonly object[]): Case => pod(name, { volumes })
const node = (terms: object): object => ({ affinity: { nodeAffinity: terms } })

export const cases: readonly Case[] = [
  pod('a bad name', {}, { name: 'Bad_Name' }),
  pod('too long a name', {}, { name: 'a'.repeat(254) }),
  pod('a bad generated name', {}, { name: 'x', generateName: 'Bad-' }),
  pod('bad labels', {}, { labels: { 'a b': 'x' } }),
  pod('a bad label value', {}, { labels: { a: 'b c' } }),
  pod('too long a label', {}, { labels: { a: 'x'.repeat(64) } }),
  pod('a label with slashes', {}, { labels: { 'a/b/c': 'x' } }),
  pod('a label with a bad prefix', {}, { labels: { '_/c': 'x' } }),
  pod('a bad annotation', {}, { annotations: { 'A B': 'x' } }),
  pod('a bad finalizer', {}, { finalizers: ['a b'] }),
  pod('a bad owner', {}, { ownerReferences: [{ apiVersion: 'v1', kind: '', name: '', uid: '' }] }),
  pod('no containers', { containers: [] }),
  pod('containers that are not said', { containers: null }),
  pod('a container without anything', { containers: [{}] }),
  pod('a bad container name', { containers: [{ name: 'A_b', image: 'x' }] }),
  pod('two containers of a name', { containers: [container, container] }),
  pod('an init container of the same name', { initContainers: [container] }),
  pod('an init container with probes', { initContainers: [{ name: 'i', image: 'x', readinessProbe: { tcpSocket: { port: 1 } } }] }),
  pod('an init container with a bad restart policy', { initContainers: [{ name: 'i', image: 'x', restartPolicy: 'Never' }] }),
  withContainer('a container with a restart policy', { restartPolicy: 'Always' }),
  withContainer('an image with spaces', { image: ' nginx ' }),
  withContainer('a bad pull policy', { imagePullPolicy: 'Sometimes' }),
  withContainer('a bad message policy', { terminationMessagePolicy: 'x' }),
  withContainer('a port of zero', { ports: [{ containerPort: 0 }] }),
  withContainer('ports out of range', { ports: [{ containerPort: 70000, hostPort: -1 }] }),
  withContainer('a bad protocol', { ports: [{ containerPort: 1, protocol: 'HTTP' }] }),
  withContainer('bad port names', {
    ports: [
      { containerPort: 1, name: 'Bad_name_that_is_long' },
      { containerPort: 2, name: '8080' },
      { containerPort: 3, name: '-a--b' },
    ],
  }),
  withContainer('port names twice', {
    ports: [
      { containerPort: 1, name: 'a' },
      { containerPort: 2, name: 'a' },
    ],
  }),
  withContainer('host ports twice', {
    ports: [
      { containerPort: 1, hostPort: 80 },
      { containerPort: 2, hostPort: 80 },
    ],
  }),
  withContainer('host ports that differ', { ports: [{ containerPort: 1, hostPort: 80 }] }, { hostNetwork: true }),
  env('a variable without a name', { value: 'x' }),
  env('a variable with a bad name', { name: 'a=b', value: 'x' }),
  env('a variable from nowhere', { name: 'a', valueFrom: {} }),
  env('a variable with both', { name: 'a', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }),
  env('a variable from two', { name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } } }),
  env('a variable of no field', { name: 'a', valueFrom: { fieldRef: { fieldPath: '' } } }),
  env('a variable of an unknown field', { name: 'a', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }),
  env('a variable of all labels', { name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }),
  env('a variable of a label', { name: 'a', valueFrom: { fieldRef: { fieldPath: "metadata.labels['x']" } } }),
  env('a variable of an unknown resource', { name: 'a', valueFrom: { resourceFieldRef: { resource: 'limits.x' } } }),
  env('a variable of no key', { name: 'a', valueFrom: { configMapKeyRef: { name: 'c' } } }),
  env('a variable of a bad key', { name: 'a', valueFrom: { secretKeyRef: { name: 'S_', key: '..a' } } }),
  withContainer('variables from nowhere', { envFrom: [{}] }),
  withContainer('variables from two', { envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'b' } }] }),
  withContainer('variables of no name', { envFrom: [{ configMapRef: {} }] }),
  withContainer('a mount of no volume', { volumeMounts: [{ name: 'nope', mountPath: '/x' }] }),
  withContainer('a mount at nowhere', { volumeMounts: [{ name: 'a' }] }, { volumes: [{ name: 'a' }] }),
  withContainer(
    'two mounts at one place',
    {
      volumeMounts: [
        { name: 'a', mountPath: '/x' },
        { name: 'a', mountPath: '/x' },
      ],
    },
    { volumes: [{ name: 'a' }] },
  ),
  withContainer('a mount of an absolute part', { volumeMounts: [{ name: 'a', mountPath: '/x', subPath: '/y' }] }, { volumes: [{ name: 'a' }] }),
  withContainer('a negative request', { resources: { requests: { cpu: '-1' } } }),
  withContainer('a request over its limit', { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
  withContainer('an unknown resource', { resources: { limits: { gpu: '1' } } }),
  withContainer('half a device', { resources: { limits: { 'example.com/gpu': '500m' } } }),
  withContainer('a bad user', { securityContext: { runAsUser: -1 } }),
  withContainer('a contradiction of privileges', { securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
  probe('a probe of nothing', {}),
  probe('a probe of two', { exec: { command: ['x'] }, tcpSocket: { port: 1 } }),
  probe('a probe without a command', { exec: {} }),
  probe('a probe of a bad port', { httpGet: { port: 70000 } }),
  probe('a probe of a bad port name', { httpGet: { port: 'A_B' } }),
  probe('a probe of a bad scheme', { httpGet: { port: 1, scheme: 'ftp' } }),
  probe('a probe with a bad header', { httpGet: { port: 1, httpHeaders: [{ name: 'a b', value: 'x' }] } }),
  probe('a probe with negative times', { tcpSocket: { port: 1 }, periodSeconds: -1, timeoutSeconds: -1, initialDelaySeconds: -1 }),
  probe('a liveness probe that must succeed twice', { tcpSocket: { port: 1 }, successThreshold: 2 }),
  probe('a readiness probe with grace', { tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 5 }, 'readinessProbe'),
  withContainer('a hook of nothing', { lifecycle: { preStop: {} } }),
  withContainer('a sleep that is too long', { lifecycle: { preStop: { sleep: { seconds: 99 } } } }),
  volume('a volume without a name', { emptyDir: {} }),
  volume('a volume with a bad name', { name: 'a.b' }),
  volume('two volumes of a name', { name: 'a' }, { name: 'a' }),
  volume('a volume of two kinds', { name: 'a', emptyDir: {}, hostPath: { path: '/x' } }),
  volume(
    'volumes of nothing',
    { name: 'a', secret: {} },
    { name: 'b', configMap: {} },
    { name: 'c', hostPath: {} },
    { name: 'd', persistentVolumeClaim: {} },
    { name: 'e', nfs: {} },
  ),
  volume('bad host paths', { name: 'a', hostPath: { path: '/../x', type: 'Nope' } }),
  volume('bad modes and paths', {
    name: 'a',
    configMap: {
      name: 'c',
      defaultMode: 1000,
      items: [
        { key: 'k', path: '../x' },
        { key: '', path: '/y' },
      ],
    },
  }),
  volume('a projection of nothing', { name: 'a', projected: { sources: [{ secret: {} }] } }),
  volume('a token for nobody', { name: 'a', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
  volume('a downward file of nothing', { name: 'a', downwardAPI: { items: [{ path: 'x' }] } }),
  volume('a downward file of an address', { name: 'a', downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'status.podIP' } }] } }),
  pod('a bad restart policy', { restartPolicy: 'Maybe' }),
  pod('a bad DNS policy', { dnsPolicy: 'Maybe' }),
  pod('no DNS', { dnsPolicy: 'None' }),
  pod('a bad node selector', { nodeSelector: { 'a b': 'c d' } }),
  pod('a bad account, node and host', { serviceAccountName: 'A_', nodeName: 'B_', hostname: 'a.b', subdomain: 'C' }),
  pod('a bad deadline', { activeDeadlineSeconds: 0 }),
  pod('bad groups', { securityContext: { fsGroup: -1, runAsUser: -2, supplementalGroups: [-3] } }),
  pod('bad tolerations', {
    tolerations: [
      { operator: 'Equal' },
      { key: 'a', operator: 'Exists', value: 'x' },
      { key: 'a', operator: 'Nope' },
      { key: 'a', tolerationSeconds: 3 },
      { key: 'a', effect: 'x' },
    ],
  }),
  pod('bad host aliases', { hostAliases: [{ ip: 'x', hostnames: ['A_'] }] }),
  pod('bad readiness gates', { readinessGates: [{ conditionType: 'a b' }] }),
  pod('gates with a node', { nodeName: 'n', schedulingGates: [{ name: 'a.b/c' }, { name: 'a.b/c' }] }),
  pod('bad spreads', { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x' }] }),
  pod('no terms', node({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } })),
  pod(
    'bad terms',
    node({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'a', operator: 'In' },
              { key: 'a', operator: 'Exists', values: ['x'] },
              { key: 'a', operator: 'Gt', values: [] },
              { key: 'a b', operator: 'x' },
            ],
          },
          { matchFields: [{ key: 'x', operator: 'In', values: ['a'] }] },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }],
    }),
  ),
  pod('a bad pod affinity', {
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchExpressions: [{ key: 'a', operator: 'x' }] } }] },
    },
  }),
  pod('a bad class', { priorityClassName: 'A_' }),
  pod('ephemeral containers', { ephemeralContainers: [{ name: 'e', image: 'x' }] }),
  changed('an image is changed', { spec: { containers: [{ ...container, image: 'other' }] } }),
  changed('a container is added', { spec: { containers: [container, { name: 'b', image: 'x' }] } }),
  changed('a deadline is set', { spec: { activeDeadlineSeconds: 5 } }),
  changed('a deadline is put off', { spec: { activeDeadlineSeconds: 9 } }, { activeDeadlineSeconds: 5 }),
  changed('a deadline is taken away', { spec: { activeDeadlineSeconds: null } }, { activeDeadlineSeconds: 5 }),
  changed('tolerations are taken away', { spec: { tolerations: [] } }),
  changed('a toleration is added', {
    spec: {
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'a', operator: 'Exists' },
      ],
    },
  }),
  changed('a label is changed', { metadata: { labels: { a: 'c' } } }, {}, { labels: { a: 'b' } }),
  changed('a gate is added', { spec: { schedulingGates: [{ name: 'a' }] } }),
  changed('an owner is added', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'y' }] } }),
]
