import type { Case } from '../cases.ts'

const container = { name: 'app', image: 'nginx' }
const pod = (name: string, spec: Case['object']): Case => ({ name, object: spec })
const of = (spec: object, metadata: object = {}): Case['object'] =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', ...metadata }, spec: { containers: [container], ...spec } }) as unknown as Case['object']
const times = { startedAt: '2020-01-01T00:00:00Z', finishedAt: '2020-06-01T00:00:00Z' }
const state = (name: string, more: object): object => ({ name, image: 'nginx', imageID: '', ready: false, restartCount: 0, ...more })
const running = { running: { startedAt: times.startedAt } }
const waiting = (reason: string): object => ({ waiting: { reason } })
const ended = (exitCode: number, more: object = {}): object => ({ terminated: { exitCode, ...times, ...more } })

const shown = (name: string, status: object, object: Case['object'] = of({})): Case => ({ name, object, status: status as Case['object'] })
const initial = of({
  initContainers: [
    { name: 'first', image: 'busybox:1' },
    { name: 'second', image: 'busybox:1' },
  ],
})
const sidecar = of({ initContainers: [{ name: 'side', image: 'busybox:1', restartPolicy: 'Always' }] })

const everything = of(
  {
    containers: [
      {
        ...container,
        image: 'registry.example.com:5000/team/app@sha256:0123456789012345678901234567890123456789012345678901234567890123',
        command: ['app'],
        args: [],
        env: [
          { name: 'A', value: '' },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'D', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
          { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
        ],
        envFrom: [{ configMapRef: { name: 'c' } }, { prefix: 'X_', secretRef: { name: 's' } }],
        ports: [{ containerPort: 80 }, { name: 'udp', containerPort: 53, protocol: 'UDP' }],
        resources: { limits: { cpu: '1000m', memory: '0.5Gi', 'ephemeral-storage': '1e9' }, requests: { cpu: 0.25 } },
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { tcpSocket: { port: 'udp' }, periodSeconds: 3 },
        startupProbe: { grpc: { port: 9000 } },
        lifecycle: { preStop: { httpGet: { port: 80 } }, postStart: { exec: { command: ['true'] } } },
        securityContext: {},
        volumeMounts: [
          { name: 'a', mountPath: '/a' },
          { name: 'b', mountPath: '/b', readOnly: false },
        ],
        stdin: false,
        tty: true,
      },
    ],
    volumes: [
      { name: 'a' },
      { name: 'b', emptyDir: { medium: 'Memory', sizeLimit: '1024Mi' } },
      { name: 'c', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
      { name: 'd', secret: { secretName: 's' } },
      { name: 'e', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      {
        name: 'f',
        projected: {
          sources: [
            { serviceAccountToken: { path: 't' } },
            { configMap: { name: 'c' } },
            { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          ],
        },
      },
      { name: 'g', hostPath: { path: '/tmp' } },
      { name: 'h', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'i', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } } },
      { name: 'j', csi: { driver: 'd.example.com' } },
      { name: 'k', nfs: { server: 's', path: '/' } },
    ],
    serviceAccountName: 'someone',
    hostNetwork: true,
    hostAliases: [{ ip: '127.0.0.1', hostnames: ['a'] }],
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }],
      },
    },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { a: 'b' } } }],
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    readinessGates: [{ conditionType: 'example.com/ready' }],
    nodeSelector: {},
  },
  { labels: { b: '2', a: '1' }, annotations: { 'example.com/x': '' } },
)

/** Each is the size of a volume, as which no amount is rounded. */
const amounts = [
  ...['0', '1', '-0', '1000', '1024', '1500', '1k', '1000k', '1.5k', '0.5', '.5', '1m', '1000m', '1500m', '1u', '1n', '0.1n'],
  ...[
    '1Ki',
    '1024Ki',
    '1.5Ki',
    '0.5Ki',
    '0.5Gi',
    '1.1Gi',
    '1023Ki',
    '1Ei',
    '2048Mi',
    '1e3',
    '12e6',
    '1500e3',
    '1.5e-3',
    '1e-3',
    '9223372036854775807',
    '9223372036854775808',
    '+1',
    '01',
    '5.',
    '1E3',
    '100000000000000000000',
    '1.500',
    '1.25',
    '007Mi',
    '9Ki',
    '8Ki',
    '1001',
    '1.0',
    '2.50k',
    '1000Gi',
    '1234567890123456Ki',
    '99999999999999Ki',
    '1e18',
    '0.100',
  ],
]

export const cases: readonly Case[] = [
  pod('the least', of({})),
  pod('everything', everything),
  pod(
    'tags',
    of({
      containers: ['app:1', 'app:latest', 'a.b/c', 'a.b:5000/c', 'localhost/x:y', 'app@sha256:01'].map((image, index) => ({
        name: `c${index}`,
        image,
      })),
    }),
  ),
  pod(
    'init and sidecar',
    of({ initContainers: [{ name: 'init', image: 'a:1', restartPolicy: 'Always', resources: { limits: { memory: '1Gi' } } }] }),
  ),
  pod('guaranteed', of({ containers: [{ ...container, resources: { limits: { cpu: '1', memory: '1Gi' } } }] })),
  pod('burstable', of({ containers: [{ ...container, resources: { requests: { cpu: '1' } } }] })),
  pod(
    'odd amounts',
    of({ containers: [{ ...container, resources: { requests: { cpu: '0.1', memory: '1000000' }, limits: { cpu: '1.0001', memory: '1.1Gi' } } }] }),
  ),
  pod('amounts', of({ volumes: amounts.map((sizeLimit, index) => ({ name: `v${index}`, emptyDir: { sizeLimit } })) })),
  pod('pod resources', of({ resources: { limits: { cpu: '1', memory: '1Gi' } } })),
  pod('gated', of({ schedulingGates: [{ name: 'example.com/wait' }] })),
  pod('unknown priority class', of({ priorityClassName: 'nope' })),
  pod('critical', of({ priorityClassName: 'system-cluster-critical' })),
  pod('fields of old clients', of({ serviceAccount: 'old', hostNetwork: false, nodeSelector: null })),
  pod('a status that is dropped', { ...of({}), status: { phase: 'Running', podIP: '1.2.3.4' } }),
  shown('shown running', {
    phase: 'Running',
    podIP: '10.0.0.1',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [state('app', { ready: true, state: running })],
  }),
  shown('shown crashing', {
    phase: 'Running',
    containerStatuses: [state('app', { restartCount: 3, state: waiting('CrashLoopBackOff'), lastState: ended(1) })],
  }),
  shown('shown completed', { phase: 'Succeeded', containerStatuses: [state('app', { state: ended(0, { reason: 'Completed' }) })] }),
  shown('shown failed', { phase: 'Failed', containerStatuses: [state('app', { state: ended(2) })] }),
  shown('shown signalled', { phase: 'Failed', containerStatuses: [state('app', { state: ended(137, { signal: 9 }) })] }),
  shown('shown evicted', { phase: 'Failed', reason: 'Evicted' }),
  shown('shown pulling', { phase: 'Pending', containerStatuses: [state('app', { state: waiting('ImagePullBackOff') })] }),
  shown(
    'shown initializing',
    { phase: 'Pending', initContainerStatuses: [state('first', { state: ended(0) }), state('second', { state: running })] },
    initial,
  ),
  shown(
    'shown failing to initialize',
    { phase: 'Pending', initContainerStatuses: [state('first', { restartCount: 2, state: ended(3, { reason: 'Error' }), lastState: ended(3) })] },
    initial,
  ),
  shown(
    'shown waiting to initialize',
    { phase: 'Pending', initContainerStatuses: [state('first', { state: waiting('CrashLoopBackOff') })] },
    initial,
  ),
  shown(
    'shown with a sidecar',
    {
      phase: 'Running',
      initContainerStatuses: [state('side', { ready: true, started: true, restartCount: 1, lastState: ended(1), state: running })],
      containerStatuses: [state('app', { ready: true, state: running })],
    },
    sidecar,
  ),
  shown(
    'shown with gates',
    { phase: 'Running', conditions: [{ type: 'example.com/a', status: 'True' }] },
    of({ readinessGates: [{ conditionType: 'example.com/a' }, { conditionType: 'example.com/b' }] }),
  ),
]
