import type { KubeObject } from '../../src/api/meta.ts'
import { configMaps, pods, type Resource } from '../../src/kube/resource.ts'

export const kinds: readonly Resource[] = [configMaps, pods]

/** Objects as clusters have them: a third of a Deployment's pod is repeated in each of its pods. */
export function objectOf(resource: Resource, i: number): KubeObject {
  const app = `shop-${i % 50}`
  const metadata = {
    name: `${app}-6f7c9d5b84-${i.toString(36).padStart(5, '0')}`,
    namespace: 'default',
    labels: { app, 'app.kubernetes.io/name': app, 'app.kubernetes.io/part-of': 'the-shop', 'pod-template-hash': '6f7c9d5b84' },
    annotations: { 'bench/value': '0', 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
  }
  if (resource === configMaps) {
    const data = Object.fromEntries(
      Array.from({ length: 8 }, (_, k) => [`SETTING_${k}`, `https://service-${k}.${app}.svc.cluster.local:8443/v1/${i}`]),
    )
    return { metadata, data } as KubeObject
  }
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, timeoutSeconds: 2 }
  const container = (name: string): unknown => ({
    name,
    image: `registry.example.com/the-shop/${app}-${name}:v1.24.${i % 7}`,
    ports: [{ name: 'http', containerPort: name === 'main' ? 8080 : 9090 }],
    env: Array.from({ length: 10 }, (_, k) => ({ name: `SETTING_${k}`, value: `value-${k}-of-${app}` })),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    readinessProbe: probe,
    livenessProbe: probe,
    volumeMounts: [{ name: 'settings', mountPath: '/etc/settings', readOnly: true }],
  })
  const spec = {
    automountServiceAccountToken: false,
    containers: [container('main'), container('sidecar')],
    volumes: [{ name: 'settings', configMap: { name: app } }],
  }
  return { metadata, spec } as KubeObject
}

/** What a kubelet would have told of a pod. */
export function statusOf(i: number): unknown {
  const at = new Date(1_700_000_000_000 + i * 1_000).toISOString().replace('.000Z', 'Z')
  const condition = (type: string): unknown => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: at })
  const container = (name: string): unknown => ({
    name,
    ready: true,
    started: true,
    restartCount: 0,
    image: `registry.example.com/the-shop/shop-${i % 50}-${name}:v1.24.${i % 7}`,
    imageID: `registry.example.com/the-shop/shop-${name}@sha256:${'0123456789abcdef'.repeat(4)}`,
    containerID: `containerd://${i.toString(16).padStart(64, '0')}`,
    state: { running: { startedAt: at } },
    lastState: {},
  })
  return {
    phase: 'Running',
    podIP: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    hostIP: `10.9.0.${i % 20}`,
    startTime: at,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    containerStatuses: [container('main'), container('sidecar')],
  }
}
