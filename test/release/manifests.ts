/** What is released: a shop of five pods behind an Ingress of the edges. */
import type { CanaryStep, Rollout } from '../../src/api/rollout.ts'
import type { Service } from '../../src/api/services.ts'

export type ShopOptions = {
  /** The image's name, without its tag. */
  readonly image: string
  readonly replicas: number
  readonly variables?: Readonly<Record<string, string>>
}
export const shopHost = 'shop.example.com'
const labels = { app: 'shop' }

function template(version: string, { image, variables = {} }: ShopOptions): Rollout['spec']['template'] {
  // The version is told by the image: nothing else changes with it.
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }))
  const container = {
    name: 'shop',
    image: `${image}:${version}`,
    imagePullPolicy: 'IfNotPresent' as const,
    env,
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 3 },
  }
  return { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 15 } } as unknown as Rollout['spec']['template']
}

function rollout(options: ShopOptions, strategy: Rollout['spec']['strategy']): Rollout {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { replicas: options.replicas, selector: { matchLabels: labels }, template: template('v1', options), strategy } as Rollout['spec'],
  }
}

export function canary(options: ShopOptions, steps: readonly CanaryStep[]): Rollout {
  return rollout(options, {
    canary: {
      stableService: 'shop-stable',
      canaryService: 'shop-canary',
      scaleDownDelaySeconds: 3,
      abortScaleDownDelaySeconds: 3,
      trafficRouting: { plugins: { 'spillway/edge': {} } },
      steps,
    },
  })
}

export function blueGreen(options: ShopOptions, more: Readonly<Record<string, unknown>> = {}): Rollout {
  return rollout(options, { blueGreen: { activeService: 'shop-active', previewService: 'shop-preview', scaleDownDelaySeconds: 5, ...more } })
}

export function servicesOf({ spec }: Rollout): readonly Service[] {
  const { canary, blueGreen } = spec.strategy ?? {}
  const names = [canary?.stableService, canary?.canaryService, blueGreen?.activeService, blueGreen?.previewService].filter(
    (name) => name !== undefined,
  )
  return names.map((name) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }))
}

export function ingressTo(service: string): object {
  const backend = { service: { name: service, port: { name: 'http' } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', namespace: 'default' },
    spec: { ingressClassName: 'spillway', rules: [{ host: shopHost, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }
}
