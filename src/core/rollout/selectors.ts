/** Which pods the Services of a canary select: for clients that go round the edges, and where there are none. */
import { managedByAnnotation, podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import type { Service } from '../../api/services.ts'
import { type CanaryPass, isServing } from './canaryPass.ts'
import { podTarget } from './podSizes.ts'
import type { Router } from './router.ts'
import type { VersionSet, View } from './view.ts'

/** A Service that nobody has yet changes hands when every pod is available: until then it serves whatever it did. */
export function canSelect({ settings }: View, service: Service, set: VersionSet): boolean {
  const isOurs = service.metadata.annotations?.[managedByAnnotation] !== undefined && selectedHash(service) !== undefined
  if (isOurs) return set.available > 0 || settings.replicas === 0
  return set.available >= Math.min(settings.replicas, Math.max(set.size, 1))
}

export function selectedHash(service: Service): string | undefined {
  return service.spec.selector?.[podTemplateHashLabel]
}

export function canarySelectors(pass: CanaryPass, router: Router): ReadonlyMap<string, string | null> {
  const { view, canary } = pass
  const selectors = new Map<string, string | null>()
  const point = (name: string | undefined, set: VersionSet | undefined): void => {
    const service = name === undefined ? undefined : view.observed.services.get(name)
    if (service === undefined || set === undefined || selectedHash(service) === set.hash) return
    if (canSelect(view, service, set)) selectors.set(service.metadata.name, set.hash)
  }
  const stable = view.stableSet ?? view.newSet
  // Where pods alone are the weight, a stable version that is to have none leaves its Service to the canary before it goes.
  const isLeft = router === 'pods' && view.newSet !== undefined && view.newSet.available > 0 && podTarget(pass).stable === 0
  point(canary.stableService, isLeft ? view.newSet : stable)
  point(canary.canaryService, isServing(pass) ? view.newSet : stable)
  return selectors
}
