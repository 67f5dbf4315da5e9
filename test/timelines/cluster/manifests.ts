/** The Rollouts and Services that timelines are about. */
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy, Rollout, RolloutSpec } from '../../../src/api/rollout.ts'
import { edgePlugin, rolloutGroup, rolloutVersion } from '../../../src/api/rolloutLabels.ts'
import type { Service } from '../../../src/api/services.ts'

export const rolloutName = 'shop'
export const stableService = 'shop-stable'
export const canaryService = 'shop-canary'
export const activeService = 'shop-active'
export const previewService = 'shop-preview'

export type RolloutOptions = Omit<RolloutSpec, 'strategy' | 'selector' | 'template'> & { readonly image?: string }

/** Of which the edge carries out the weights; its managed routes are implied. */
export function edgeCanary(steps: readonly CanaryStep[], options: RolloutOptions = {}, canary: CanaryStrategy = {}): Rollout {
  return rolloutOf({ canary: { stableService, canaryService, trafficRouting: { plugins: { [edgePlugin]: {} } }, steps, ...canary } }, options)
}

/** Of which the number of pods is the weight. */
export function podCanary(steps: readonly CanaryStep[], options: RolloutOptions = {}, canary: CanaryStrategy = {}): Rollout {
  return rolloutOf({ canary: { steps, ...canary } }, options)
}

export function blueGreen(options: RolloutOptions = {}, strategy: Partial<BlueGreenStrategy> = {}): Rollout {
  return rolloutOf({ blueGreen: { activeService, previewService, ...strategy } }, options)
}

function rolloutOf(strategy: NonNullable<RolloutSpec['strategy']>, { image = 'shop:v1', ...spec }: RolloutOptions): Rollout {
  const labels = { app: rolloutName }
  return {
    apiVersion: `${rolloutGroup}/${rolloutVersion}`,
    kind: 'Rollout',
    metadata: { name: rolloutName, namespace: 'default' },
    spec: {
      replicas: 5,
      ...spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image, ports: [{ containerPort: 8080 }] }] } },
      strategy,
    },
  }
}

export function servicesOf({ spec }: Rollout): readonly Service[] {
  const { canary, blueGreen: blue } = spec.strategy ?? {}
  const names = [canary?.stableService, canary?.canaryService, blue?.activeService, blue?.previewService]
  return names.filter((name) => name !== undefined).map(serviceOf)
}

function serviceOf(name: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: rolloutName }, ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] },
  }
}

/** `v2` of a pod with image `shop:v2`. */
export function versionOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1)
}
