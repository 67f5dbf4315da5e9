/** The TrafficSplit: what the edges are asked for. */
import type { SplitRole, SplitService, TrafficSplitSpec } from '../../api/trafficSplit.ts'
import { backendServiceName } from './backendServices.ts'
import { type CanaryPass, isServing, sharedServices } from './canaryPass.ts'
import { inFlightAt, isInTraffic, readyAt } from './edges.ts'
import type { SplitPlan } from './plan.ts'
import { routesAt, type StepRoutes } from './steps.ts'
import { edgesGate, type TrafficPlan } from './traffic.ts'
import type { VersionSet } from './view.ts'

export function planSplit(pass: CanaryPass, { weights }: TrafficPlan, growing: ReadonlySet<VersionSet>): SplitPlan {
  const { view, canary, edge } = pass
  const stable = view.stableSet ?? view.newSet
  if (stable === undefined) return { kind: 'kept' }
  // A Service that serves already, with pods of whatever else, goes on so until there is something to split.
  if (view.observed.split === undefined && stable.ready === 0) return { kind: 'kept' }
  const live = liveSets(pass, growing, weights)
  const canarySet = view.newSet !== stable && view.newSet !== undefined && live.includes(view.newSet) ? view.newSet : undefined
  const { routes, mirrors } = canarySet === undefined ? { routes: [], mirrors: [] } : plannedRoutes(pass, canarySet)
  const options = { ...(edge.stickiness && { stickiness: edge.stickiness }), ...(edge.fallback && { fallback: edge.fallback }) }
  const shares = live
    .map(({ hash }) => ({ podTemplateHash: hash, weight: weights.get(hash) ?? 0 }))
    .filter(({ podTemplateHash, weight }) => weight > 0 || podTemplateHash === stable.hash || podTemplateHash === canarySet?.hash)
  const shared = sharedServices(pass).map(
    (name): SplitService => ({
      name,
      ...(name === canary.stableService && { role: 'stable' as const }),
      weights: shares,
      ...(routes.length > 0 && { routes: routes.map((route) => ({ ...route, podTemplateHash: canarySet?.hash ?? stable.hash })) }),
      ...(mirrors.length > 0 && { mirrors: mirrors.map((mirror) => ({ ...mirror, podTemplateHash: canarySet?.hash ?? stable.hash })) }),
      ...options,
    }),
  )
  const own = canary.canaryService === undefined ? [] : [canaryEntry(pass, canary.canaryService, stable, canarySet)]
  const spec: TrafficSplitSpec = {
    totalWeight: canary.totalWeight,
    backends: live.map((set) => ({
      podTemplateHash: set.hash,
      role: roleOf(set, stable, canarySet),
      service: backendServiceName(view.rollout, set.hash),
    })),
    services: [...shared, ...own],
  }
  return { kind: 'wanted', spec }
}

function roleOf(set: VersionSet, stable: VersionSet, canary: VersionSet | undefined): SplitRole {
  return set === stable ? 'stable' : set === canary ? 'canary' : 'old'
}

/** Stable first, then the canary, then what has yet to go. */
function liveSets({ view }: CanaryPass, growing: ReadonlySet<VersionSet>, weights: ReadonlyMap<string, number>): readonly VersionSet[] {
  const first = [view.stableSet, view.newSet].filter((set) => set !== undefined)
  const all = [...new Set([...first, ...view.olderSets])]
  const isKept = (set: VersionSet): boolean =>
    set === (view.stableSet ?? view.newSet) ||
    set.size > 0 ||
    set.present > 0 ||
    growing.has(set) ||
    (weights.get(set.hash) ?? 0) > 0 ||
    inFlightAt(view.edges.needed, set.hash) > 0
  return all.filter(isKept)
}

/** What the canary's own Service leads to: the canary once it can answer, stable before and after. */
function canaryEntry(pass: CanaryPass, name: string, stable: VersionSet, canarySet: VersionSet | undefined): SplitService {
  const { view, canary } = pass
  const led = view.observed.split?.spec.services.find((service) => service.name === name)?.weights ?? []
  const canAnswer = (set: VersionSet): boolean =>
    set.available > 0 && (readyAt(view.edges.speaking, set.hash) > 0 || led.some((part) => part.podTemplateHash === set.hash && part.weight > 0))
  const target = isServing(pass) && canarySet !== undefined && canAnswer(canarySet) ? canarySet : stable
  return { name, role: 'canary', weights: [{ podTemplateHash: target.hash, weight: canary.totalWeight }] }
}

/** Routes lead to a canary that can answer: there is nobody who would answer in its place. */
export function plannedRoutes(pass: CanaryPass, set: VersionSet): StepRoutes {
  const { view, canary, progress } = pass
  const none: StepRoutes = { routes: [], mirrors: [] }
  if (progress.kind !== 'stepping' || set.available === 0) return none
  const wanted = routesAt(canary, progress.stepIndex)
  if (isInTraffic(view.observed.split, set.hash)) return wanted
  const isReady = edgesGate(pass) === undefined && readyAt(view.edges.needed, set.hash) > 0
  return isReady ? wanted : none
}
