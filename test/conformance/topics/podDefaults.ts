import { pod, pods } from '../objects.ts'
import { post, rule, topic } from '../script.ts'

type Fields = Readonly<Record<string, unknown>>

const whole = (path: string, body: unknown): ReturnType<typeof post> =>
  post(path, body, { only: ['spec', 'status', 'metadata.labels', 'metadata.annotations', 'metadata.generation', 'data', 'type', 'message'] })
const podOf = (name: string, spec: Fields): ReturnType<typeof post> => whole(pods, pod(name, spec))
const containerOf = (name: string, container: Fields): ReturnType<typeof post> =>
  podOf(name, { containers: [{ name: 'main', image: 'shop:1', ...container }] })
const refused = (path: string, body: unknown): ReturnType<typeof post> => post(path, body, { only: ['message', 'reason', 'details'] })

export const podDefaults = topic('podDefaults', [
  rule(
    'Pods',
    podOf('p1', {}),
    podOf('p2', { hostNetwork: true, containers: [{ name: 'main', image: 'shop', ports: [{ containerPort: 80 }] }] }),
    podOf('p3', { serviceAccountName: 'robot', securityContext: { runAsUser: 1 }, restartPolicy: 'OnFailure' }),
  ),
  rule(
    'images and when to pull them',
    containerOf('i1', { image: 'shop' }),
    containerOf('i2', { image: 'shop:latest' }),
    containerOf('i3', { image: 'reg.example.com:5000/shop@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }),
  ),
  rule(
    'probes',
    containerOf('pr1', {
      livenessProbe: { httpGet: { port: 80 } },
      readinessProbe: { tcpSocket: { port: 'x' } },
      startupProbe: { exec: { command: ['a'] }, periodSeconds: 3 },
    }),
    containerOf('pr2', {
      livenessProbe: { grpc: { port: 1 } },
      lifecycle: { postStart: { httpGet: { port: 80 } }, preStop: { sleep: { seconds: 1 } } },
    }),
  ),
  rule(
    'resources decide the class',
    containerOf('r1', { resources: { limits: { cpu: '0.5', memory: '1Gi' } } }),
    containerOf('r2', { resources: { requests: { cpu: '1000m' }, limits: { cpu: 2 } } }),
    containerOf('r3', { resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '100m', memory: '64Mi' } } }),
  ),
  rule(
    'env from elsewhere',
    containerOf('e1', {
      env: [
        { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'C', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } },
        { name: 'D' },
      ],
      envFrom: [{ secretRef: { name: 's' } }],
    }),
  ),
  rule(
    'volumes',
    podOf('v1', {
      volumes: [
        { name: 'a' },
        { name: 'b', configMap: { name: 'x' } },
        { name: 'c', secret: { secretName: 's' } },
        { name: 'd', hostPath: { path: '/x' } },
        { name: 'e', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'f', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
      containers: [{ name: 'main', image: 'x', volumeMounts: [{ name: 'a', mountPath: '/a' }] }],
    }),
  ),
  rule(
    'other fields of Pods',
    podOf('o1', {
      initContainers: [{ name: 'init', image: 'x' }],
      tolerations: [{ operator: 'Exists' }],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }],
      priorityClassName: 'system-node-critical',
      hostAliases: [{ ip: '1.2.3.4', hostnames: ['a'] }],
    }),
  ),
  rule(
    'Pods that cannot be',
    refused(pods, pod('x', { containers: [] })),
    refused(pods, pod('x', { restartPolicy: 'Maybe' })),
    refused(pods, pod('x', { terminationGracePeriodSeconds: -1 })),
    refused(
      pods,
      pod('x', {
        containers: [
          {
            name: 'a',
            image: 'a',
            env: [{ name: '' }, { name: 'A=B' }, { name: 'x', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
        ],
      }),
    ),
    refused(
      pods,
      pod('x', {
        containers: [
          {
            name: 'a',
            image: 'a',
            ports: [{ containerPort: 0 }, { containerPort: 80, name: 'TOO_long_name_of_a_port' }, { containerPort: 81, protocol: 'X' }],
          },
        ],
      }),
    ),
    refused(pods, pod('x', { containers: [{ name: 'a', image: ' a' }] })),
    refused(pods, pod('x', { containers: [{ name: 'a', image: 'a', livenessProbe: {} }] })),
    refused(pods, pod('x', { containers: [{ name: 'a', image: 'a', livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 1 } } }] })),
    refused(
      pods,
      pod('x', { containers: [{ name: 'a', image: 'a', livenessProbe: { httpGet: { port: 0 }, successThreshold: 2, periodSeconds: -1 } }] }),
    ),
    refused(pods, pod('x', { containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }] })),
    refused(pods, pod('x', { containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'none', mountPath: '/a' }] }] })),
    refused(pods, pod('x', { containers: [{ name: 'a', image: 'a', imagePullPolicy: 'X' }] })),
    refused(pods, pod('x', { priorityClassName: 'nothing' })),
    refused(pods, pod('x', { nodeName: 'Bad Node' })),
    refused(pods, pod('x', { initContainers: [{ name: 'main', image: 'x' }] })),
    refused(pods, pod('x', { hostNetwork: true, containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 80, hostPort: 81 }] }] })),
    refused(pods, pod('x', { nodeSelector: { 'a b': '1' } })),
  ),
])
