/** Which pods the Services of a canary select: for clients that go round the edges, and where there are none. */
import { managedByAnnotation, podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import type { Service } from '../../api/services.ts'
import type { CanaryPass } from './traffic.ts'
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

export function canarySelectors({ view, canary, progress }: CanaryPass): ReadonlyMap<string, string | null> {
  const selectors = new Map<string, string | null>()
  const point = (name: string | undefined, set: VersionSet | undefined): void => {
    const service = name === undefined ? undefined : view.observed.services.get(name)
    if (service === undefined || set === undefined || selectedHash(service) === set.hash) return
    if (canSelect(view, service, set)) selectors.set(service.metadata.name, set.hash)
  }
  const stable = view.stableSet ?? view.newSet
  point(canary.stableService, stable)
  point(canary.canaryService, progress.kind === 'stepping' || progress.kind === 'promotingFully' ? view.newSet : stable)
  return selectors
}
