/** What one pass over a canary is about: the world, the spec, and how far it is. */
import { type EdgeOptions, edgeOptionsOf } from './edgeOptions.ts'
import type { Progress } from './parse.ts'
import { canaryScaleAt, routedCanaryCount } from './replicaCounts.ts'
import type { CanarySettings } from './settings.ts'
import { routesAt, weightAt } from './steps.ts'
import type { View } from './view.ts'

export type CanaryPass = {
  readonly view: View
  readonly canary: CanarySettings
  readonly progress: Progress
  readonly edge: EdgeOptions
}

export function canaryPass(view: View, canary: CanarySettings, progress: Progress): CanaryPass {
  return { view, canary, progress, edge: edgeOptionsOf(canary.trafficRouting?.plugins) }
}

/** Whose requests the split parts by weight. */
export function sharedServices({ canary, edge }: Pick<CanaryPass, 'canary' | 'edge'>): readonly string[] {
  const names = canary.stableService === undefined ? edge.services : [canary.stableService, ...edge.services]
  return [...new Set(names)].filter((name) => name !== canary.canaryService)
}

/** Every Service whose requests go by the split. */
export function entryServices(pass: Pick<CanaryPass, 'canary' | 'edge'>): readonly string[] {
  const { canaryService } = pass.canary
  return [...sharedServices(pass), ...(canaryService === undefined ? [] : [canaryService])]
}

/** The canary's share if nothing is in the way. */
export function canaryWeight({ canary, progress }: Pick<CanaryPass, 'canary' | 'progress'>): number {
  switch (progress.kind) {
    case 'initial':
    case 'settled':
    case 'promotingFully':
      return canary.totalWeight
    case 'aborted':
      return 0
    case 'stepping':
      return weightAt(canary, progress.stepIndex)
  }
}

/** Whether those who ask for the canary itself are meant to get it. */
export function isServing(pass: CanaryPass): boolean {
  const { progress, view } = pass
  const isUnderWay = progress.kind === 'stepping' || progress.kind === 'promotingFully'
  return isUnderWay && (canarySize(pass) > 0 || view.settings.replicas === 0)
}

/** Pods that the canary is meant to have where edges carry the traffic, as long as it is wanted. */
export function canarySize({ view, canary, progress }: CanaryPass): number {
  const { replicas } = view.settings
  if (progress.kind !== 'stepping') return progress.kind === 'aborted' ? 0 : replicas
  const { stepIndex } = progress
  const scale = canaryScaleAt(canary.steps, stepIndex)
  const size = routedCanaryCount(replicas, { weight: weightAt(canary, stepIndex), totalWeight: canary.totalWeight }, scale)
  // Whoever is sent there by a header needs a pod, though nobody else is.
  const { routes, mirrors } = routesAt(canary, stepIndex)
  return routes.length + mirrors.length > 0 && replicas > 0 && scale.kind !== 'replicas' ? Math.max(size, 1) : size
}
