import type { Deployment, IntOrPercent, ReplicaSet } from '../../../api/workloads.ts'

export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'

export function wantedReplicas({ spec }: Deployment | ReplicaSet): number {
  return spec.replicas ?? 1
}

export function isRolling({ spec }: Deployment): boolean {
  return (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** How many pods there may be above the wanted number. */
export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0
}

/** How many of the wanted pods may be missing. */
export function maxUnavailable(deployment: Deployment): number {
  const wanted = wantedReplicas(deployment)
  return isRolling(deployment) ? Math.min(fenceposts(deployment).unavailable, wanted) : 0
}

/** Shares round up for surge and down for what may be missing; if nothing is left of either, one may be missing, or nothing would ever move. */
function fenceposts(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const wanted = wantedReplicas(deployment)
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = Math.ceil(scaled(maxSurge, wanted))
  const unavailable = Math.floor(scaled(maxUnavailable, wanted))
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function scaled(value: IntOrPercent, whole: number): number {
  return typeof value === 'number' ? value : (Number.parseInt(value, 10) * whole) / 100
}

export function sumOf(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((sum, set) => sum + (count(set) ?? 0), 0)
}

/** What the new set may have now, beside all the others; `sets` contain it. */
export function newSetReplicas(deployment: Deployment, sets: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const wanted = wantedReplicas(deployment)
  if (!isRolling(deployment)) return wanted
  const current = wantedReplicas(newSet)
  const room = wanted + maxSurge(deployment) - sumOf(sets, wantedReplicas)
  return room <= 0 ? current : current + Math.min(room, wanted - current)
}

/** It has all that is wanted, knows it, and all of them are available. */
export function isSaturated(deployment: Deployment, newSet: ReplicaSet | undefined): boolean {
  if (newSet === undefined) return false
  const wanted = wantedReplicas(deployment)
  return (
    wantedReplicas(newSet) === wanted && countIn(newSet, desiredReplicasAnnotation) === wanted && (newSet.status?.availableReplicas ?? 0) === wanted
  )
}

/** Of an annotation; undefined if there is none that is a number. */
export function countIn({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation] ?? ''
  return /^[0-9]{1,10}$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined
}

export type Sized = { readonly set: ReplicaSet; readonly size: number }

/** New sizes of the active sets of a Deployment that was scaled during a rollout: each keeps its share, and the largest gets what rounding leaves. */
export function proportionalSizes(deployment: Deployment, activeSets: readonly ReplicaSet[]): readonly Sized[] {
  const wanted = wantedReplicas(deployment)
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0
  const toAdd = allowed - sumOf(activeSets, wantedReplicas)
  const sets =
    toAdd === 0 ? activeSets : activeSets.toSorted((a, b) => wantedReplicas(b) - wantedReplicas(a) || compareCreation(a, b) * (toAdd > 0 ? -1 : 1))
  let added = 0
  const sizes = sets.map((set) => {
    const left = toAdd - added
    const share = left === 0 ? 0 : toAdd > 0 ? Math.min(fraction(deployment, set), left) : Math.max(fraction(deployment, set), left)
    added += share
    return { set, size: wantedReplicas(set) + share }
  })
  return sizes.map(({ set, size }, i) => ({ set, size: i === 0 ? Math.max(size + toAdd - added, 0) : size }))
}

/** By how many replicas a set grows (or shrinks, below 0) with its Deployment. */
function fraction(deployment: Deployment, set: ReplicaSet): number {
  const size = wantedReplicas(set)
  if (wantedReplicas(deployment) === 0) return -size
  const maximum = wantedReplicas(deployment) + maxSurge(deployment)
  const maximumBefore = countIn(set, maxReplicasAnnotation) || (deployment.status?.replicas ?? 0)
  return maximumBefore === 0 ? 0 : Math.floor((size * maximum) / maximumBefore + 0.5) - size
}

/** Oldest first. */
export function compareCreation({ metadata: a }: ReplicaSet, { metadata: b }: ReplicaSet): number {
  const [createdA, createdB] = [a.creationTimestamp ?? '', b.creationTimestamp ?? '']
  return createdA === createdB ? (a.name < b.name ? -1 : 1) : createdA < createdB ? -1 : 1
}
