/** How many pods each version shall have where their number alone is the share. */

import { type CanaryPass, canaryWeight } from './canaryPass.ts'
import type { SizePlan } from './edgeSizes.ts'
import { olderCounts } from './olderReplicaSets.ts'
import { pausedSizes } from './pausedSize.ts'
import { type CanaryCounts, countsByWeight, nextCounts, type Sized } from './replicaCounts.ts'
import { resolveSurge, type Surge } from './surge.ts'
import type { VersionSet, View } from './view.ts'

/** The counts that stand for the weight, which the sizes approach pass by pass. */
export function podTarget(pass: CanaryPass): CanaryCounts {
  const { view, canary } = pass
  const { replicas } = view.settings
  if (view.stableSet === undefined || view.stableSet === view.newSet) return { canary: replicas, stable: 0 }
  return countsByWeight(replicas, { weight: canaryWeight(pass), totalWeight: canary.totalWeight }, surgeOf(pass).maxSurge)
}

function surgeOf({ view, canary }: CanaryPass): Surge {
  return resolveSurge(view.settings.replicas, canary.surge)
}

export function podSizes(pass: CanaryPass): SizePlan {
  const { view } = pass
  const { newSet, stableSet, settings } = view
  const sizes = new Map<VersionSet, number>()
  const target = podTarget(pass)
  // An abort takes its traffic away, whoever has paused what is aborted.
  if (settings.isPaused && pass.progress.kind !== 'aborted') {
    const atMost = settings.replicas + surgeOf(pass).maxSurge - view.olderSets.reduce((sum, { size }) => sum + size, 0)
    for (const [set, size] of pausedSizes({ view, atMost }, target)) sizes.set(set, size)
  } else {
    const canarySet = newSet
    const others = stableSet === newSet ? undefined : stableSet
    const next = nextCounts({
      replicas: settings.replicas,
      surge: surgeOf(pass),
      target,
      canary: sizedOf(canarySet),
      stable: sizedOf(others),
      olderReplicas: view.olderSets.reduce((sum, { size }) => sum + size, 0),
    })
    if (canarySet !== undefined) sizes.set(canarySet, atLeastOne(view, canarySet, next.canary))
    if (others !== undefined) sizes.set(others, atLeastOne(view, others, next.stable))
    for (const [set, size] of olderSizes(view, surgeOf(pass))) sizes.set(set, size)
  }
  const deadlines = new Map(view.sets.filter(({ deadline }) => deadline !== undefined).map((set) => [set, null] as const))
  return { sizes, deadlines, waits: [], wakeAt: undefined }
}

/** The last pod stays while a Service still selects it. */
function atLeastOne(view: View, set: VersionSet, size: number): number {
  return size === 0 && view.settings.replicas > 0 && view.selectedHashes.has(set.hash) ? Math.min(set.size, 1) : size
}

function sizedOf(set: VersionSet | undefined): Sized {
  return { replicas: set?.size ?? 0, available: set?.available ?? 0 }
}

/** Not while a Service selects them. */
function olderSizes(view: View, { maxUnavailable }: Surge): ReadonlyMap<VersionSet, number> {
  const available = view.sets.reduce((sum, set) => sum + set.available, 0)
  const leaving = view.olderSets.filter((set) => set.size > 0 && !view.selectedHashes.has(set.hash))
  const counts = olderCounts(
    leaving.map(({ hash, revision, size, available }) => ({ hash, revision, replicas: size, available })),
    available - (view.settings.replicas - maxUnavailable),
  )
  return new Map(leaving.map((set) => [set, counts.get(set.hash) ?? set.size]))
}
