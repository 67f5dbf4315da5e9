/** What the demo releases: a shop of five pods behind an Ingress, by the steps of a careful team, seconds for its minutes. */
import type { KubeObject } from '../api/meta.ts'
import type { CanaryStep, Rollout } from '../api/rollout.ts'

export const shop = { namespace: 'default', name: 'shop' } as const
const labels = { app: 'shop' }
const container = 'app'
const port = 8080

export const shopSteps: readonly CanaryStep[] = [
  { setWeight: 5 },
  { pause: {} },
  { setWeight: 20 },
  { pause: { duration: 10 } },
  { setWeight: 40 },
  { pause: { duration: 10 } },
  { setWeight: 60 },
  { pause: { duration: 5 } },
  { setWeight: 80 },
  { pause: { duration: 5 } },
]

/** The version that fails three times in ten. */
export const badVersion = 'v3'

/** What `set image` is given for a version. */
export function imageOf(version: string): string {
  return `${container}=spillway/demo:${version}`
}

export function shopObjects(): readonly KubeObject[] {
  const pod = {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: container,
          image: 'spillway/demo:v1',
          ports: [{ name: 'http', containerPort: port }],
          readinessProbe: { httpGet: { path: '/api', port: 'http' }, periodSeconds: 1 },
        },
      ],
    },
  }
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: shop,
    spec: {
      replicas: 5,
      selector: { matchLabels: labels },
      template: pod as unknown as NonNullable<Rollout['spec']['template']>,
      strategy: {
        canary: {
          stableService: 'shop-stable',
          canaryService: 'shop-canary',
          scaleDownDelaySeconds: 10,
          abortScaleDownDelaySeconds: 10,
          trafficRouting: { plugins: { 'spillway/edge': {} } },
          steps: shopSteps,
        },
      },
    },
  } satisfies Rollout
  return [service('shop-stable'), service('shop-canary'), ingress('shop-stable'), rollout]
}

function service(name: string): KubeObject {
  const spec = { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] }
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...shop, name }, spec } as KubeObject
}

/** Of every host: whoever finds the address sees the shop. */
function ingress(to: string): KubeObject {
  const backend = { service: { name: to, port: { name: 'http' } } }
  const spec = { ingressClassName: 'spillway', rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] }
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: shop, spec } as KubeObject
}
