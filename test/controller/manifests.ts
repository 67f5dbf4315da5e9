import type { Rollout, RolloutSpec } from '../../src/api/rollout.ts'
import type { Service } from '../../src/api/services.ts'

export const at = { namespace: 'default', name: 'shop' }
const labels = { app: 'shop' }

/** Of a canary by pods alone, with a pause in the midst. */
export function shop(image: string, spec: Partial<RolloutSpec> = {}): Rollout {
  return {
    metadata: at,
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: templateOf(image),
      strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }] } },
      ...spec,
    },
  }
}

export function templateOf(image: string): NonNullable<RolloutSpec['template']> {
  return { metadata: { labels }, spec: { containers: [{ name: 'shop', image }] } }
}

export function service(name: string, spec: Partial<Service['spec']> = {}): Service {
  return { metadata: { ...at, name }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }], ...spec } }
}
