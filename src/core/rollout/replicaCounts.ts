/**
 * How many pods each version of a canary is to have: where the pods are the weight, how to get there without losing too many or having too many,
 * and where an edge carries out the weight.
 */
import type { CanaryStep } from '../../api/rollout.ts'
import type { Surge } from './surge.ts'

export type CanaryCounts = { readonly canary: number; readonly stable: number }

/** A weight of a total, 100 unless the Rollout has `maxTrafficWeight`. */
export type Share = { readonly weight: number; readonly totalWeight: number }

/** `total` pods of which `canary` are the canary's. */
type Option = { readonly canary: number; readonly total: number }

/**
 * The counts whose ratio is nearest to the weight. Between 0 and all neither side is empty, but for a single pod that may not surge; ties go to more
 * canaries. One pod above `replicas` where surge allows it and that is nearer.
 */
export function countsByWeight(replicas: number, share: Share, maxSurge: number): CanaryCounts {
  const { weight, totalWeight } = share
  if (replicas === 0) return { canary: 0, stable: 0 }
  const exact = (replicas * weight) / totalWeight
  const up = Math.ceil(exact)
  const down = Math.floor(exact)
  const mayBeEmpty = weight <= 0 || weight >= totalWeight || (replicas === 1 && maxSurge === 0)
  const options: Option[] = []
  const consider = (canary: number, total: number): void => {
    if (mayBeEmpty || (canary > 0 && canary < total)) options.push({ canary, total })
  }
  consider(up, replicas)
  // Where rounding up would leave no stable pod, rounding down is all that is left, a tie or not.
  if (!isTie(replicas, share) || options.length === 0) consider(down, replicas)
  if (maxSurge > 0) {
    consider(up, replicas + 1)
    if (!isTie(replicas + 1, share)) consider(down, replicas + 1)
  }
  const best = nearest(options, share)
  return { canary: best.canary, stable: best.total - best.canary }
}

function isTie(total: number, { weight, totalWeight }: Share): boolean {
  return (2 * total * weight) % totalWeight === 0 && (total * weight) % totalWeight !== 0
}

function nearest(options: readonly Option[], { weight, totalWeight }: Share): Option {
  const distance = ({ canary, total }: Option): number => Math.abs((canary * totalWeight) / total - weight)
  return options.reduce((best, option) => (distance(option) < distance(best) ? option : best))
}

/** A ReplicaSet's size as wanted now, and how many of its pods are available. */
export type Sized = { readonly replicas: number; readonly available: number }

export type CanaryMovement = {
  readonly replicas: number
  readonly surge: Surge
  readonly target: CanaryCounts
  readonly canary: Sized
  readonly stable: Sized
  /** Of all other ReplicaSets together. */
  readonly olderReplicas: number
}

/**
 * The next sizes on the way to the target: first more pods, as far as surge allows, stable's before the canary's; then fewer, as far as enough stay
 * available. While older versions have pods, nothing is taken from these two.
 */
export function nextCounts(movement: CanaryMovement): CanaryCounts {
  const { replicas, surge, target, canary, stable, olderReplicas } = movement
  const most = replicas + surge.maxSurge
  const budget = most - canary.replicas - stable.replicas - olderReplicas
  const grownStable = grown(stable.replicas, target.stable, budget)
  const grownCanary = grown(canary.replicas, target.canary, budget - (grownStable - stable.replicas))
  const larger = { canary: grownCanary, stable: grownStable }
  if (olderReplicas > 0) return larger

  // What grows must be available before it counts; of what shrinks, pods that are not available go first, so all of it counts.
  const isIncreasing = target.canary >= canary.replicas
  const counted = isIncreasing ? dependable(canary) + stable.replicas : canary.replicas + dependable(stable)
  const removable = counted - (replicas - surge.maxUnavailable)
  if (removable <= 0) return larger
  const shrunk = isIncreasing
    ? { canary: grownCanary, stable: shrunkBy(removable, stable.replicas, target.stable, grownStable) }
    : { canary: shrunkBy(removable, canary.replicas, target.canary, grownCanary), stable: grownStable }
  return withinMost(shrunk, {
    most,
    target,
    isIncreasing,
    removable: removable - (isIncreasing ? stable.replicas - shrunk.stable : canary.replicas - shrunk.canary),
  })
}

function grown(from: number, target: number, budget: number): number {
  return from < target && budget > 0 ? Math.min(target, from + budget) : from
}

function shrunkBy(removable: number, from: number, target: number, otherwise: number): number {
  return from > target ? Math.max(target, from - removable) : otherwise
}

/** Available pods that are not about to go. */
function dependable({ replicas, available }: Sized): number {
  return Math.min(replicas, available)
}

type Bounds = { readonly most: number; readonly target: CanaryCounts; readonly isIncreasing: boolean; readonly removable: number }

/** Takes from the other side what is above all that may be, as far as it is above its target: a Rollout that was made smaller. */
function withinMost(counts: CanaryCounts, { most, target, isIncreasing, removable }: Bounds): CanaryCounts {
  const excess = Math.min(counts.canary + counts.stable - most, removable)
  if (excess <= 0) return counts
  return isIncreasing
    ? { ...counts, canary: Math.max(Math.min(target.canary, counts.canary), counts.canary - excess) }
    : { ...counts, stable: Math.max(Math.min(target.stable, counts.stable), counts.stable - excess) }
}

/** Whether a step that sets pods or weight has what it asked for. `olderAvailable`: 0 where an edge keeps traffic away from older pods. */
export function isAtCounts(
  target: CanaryCounts,
  seen: { readonly canary: Sized; readonly stable: Sized & { readonly current: number }; readonly olderAvailable: number },
): boolean {
  const { canary, stable, olderAvailable } = seen
  return canary.available >= target.canary && stable.replicas === target.stable && stable.current === target.stable && olderAvailable === 0
}

/** What the last setCanaryScale step says of the canary's size. */
export type CanaryScale =
  | { readonly kind: 'traffic' }
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'replicas'; readonly replicas: number }

/** The last setCanaryScale step at or before `index` holds; past the last step none does. */
export function canaryScaleAt(steps: readonly CanaryStep[], index: number | undefined): CanaryScale {
  if (index === undefined || index >= steps.length) return { kind: 'traffic' }
  const scale = steps.slice(0, index + 1).findLast((step) => step.setCanaryScale)?.setCanaryScale
  if (!scale || scale.matchTrafficWeight) return { kind: 'traffic' }
  if (typeof scale.replicas === 'number') return { kind: 'replicas', replicas: scale.replicas }
  return typeof scale.weight === 'number' ? { kind: 'weight', weight: scale.weight } : { kind: 'traffic' }
}

/** Pods of a canary whose traffic an edge shares out; rounded up, so that any weight but 0 has a pod. */
export function routedCanaryCount(replicas: number, share: Share, scale: CanaryScale): number {
  switch (scale.kind) {
    case 'replicas':
      return scale.replicas
    case 'weight':
      return podsFor(replicas, { ...share, weight: scale.weight })
    case 'traffic':
      return podsFor(replicas, share)
  }
}

/** Pods that carry a share of what `replicas` pods carry; rounded up. */
export function podsFor(replicas: number, { weight, totalWeight }: Share): number {
  return Math.ceil((replicas * weight) / totalWeight)
}
