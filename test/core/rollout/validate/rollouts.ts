import { type RolloutWorld, validateRollout } from '../../../../src/core/rollout/validate/validateRollout.ts'
import { mistakeText } from '../../../../src/core/spec/findings.ts'
import { compileRegex } from '../../../../src/lib/regex.ts'

/** What tests begin from: it is right. */
export function canaryRollout(): Record<string, unknown> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', namespace: 'default', uid: '1' },
    spec: {
      replicas: 5,
      selector: { matchLabels: { app: 'shop' } },
      template: {
        metadata: { labels: { app: 'shop' } },
        spec: { containers: [{ name: 'shop', image: 'shop:1', ports: [{ containerPort: 8080 }] }] },
      },
      strategy: {
        canary: {
          stableService: 'stable',
          canaryService: 'canary',
          trafficRouting: { plugins: { 'spillway/edge': {} } },
          steps: [{ setWeight: 5 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '10m' } }],
        },
      },
    },
  }
}

export function blueGreenRollout(): Record<string, unknown> {
  return edited(canaryRollout(), { 'spec.strategy': { blueGreen: { activeService: 'active', previewService: 'preview' } } })
}

/** A copy with values set (undefined: taken away) at paths like `spec.strategy.canary.steps.0.setWeight`. */
export function edited(object: Record<string, unknown>, edits: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy = structuredClone(object)
  for (const [path, value] of Object.entries(edits)) {
    const keys = path.split('.')
    const last = keys.pop()!
    let parent: Record<string, unknown> = copy
    for (const key of keys) parent = (parent[key] ??= {}) as Record<string, unknown>
    if (value === undefined) delete parent[last]
    else parent[last] = value
  }
  return copy
}

export function told(rollout: unknown, world: RolloutWorld = {}): readonly string[] {
  return validateRollout(rollout, world, compileRegex).map(mistakeText)
}
