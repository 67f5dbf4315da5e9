/** Sizes while a user has the rollout paused: the shares stand still, the whole may still change. */
import { desiredReplicasAnnotation } from '../../api/rolloutLabels.ts'
import type { VersionSet, View } from './view.ts'

/** `spec.replicas` when the set was last sized; undefined: that was not written. */
export function desiredReplicasIn({ set }: VersionSet): number | undefined {
  const text = set.metadata.annotations?.[desiredReplicasAnnotation]
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** As much of the whole as before. */
export function pausedSize({ settings }: View, set: VersionSet, wanted: number): number {
  const before = desiredReplicasIn(set)
  if (set.size === 0 || before === undefined || before === settings.replicas) return set.size
  if (before === 0) return wanted
  return Math.max(1, Math.round((set.size * settings.replicas) / before))
}

/** Of both that were sized last, where their numbers alone are the shares: together no more than the whole and its surge. */
export function pausedSizes(
  { view, atMost }: PausedPair,
  wanted: { readonly canary: number; readonly stable: number },
): ReadonlyMap<VersionSet, number> {
  const { newSet, stableSet, settings } = view
  const pair = [...new Set([newSet, stableSet])].filter((set) => set !== undefined)
  const sizes = new Map(pair.map((set) => [set, pausedSize(view, set, set === newSet ? wanted.canary : wanted.stable)]))
  const sum = [...sizes.values()].reduce((total, size) => total + size, 0)
  const before = pair.reduce((total, { size }) => total + size, 0)
  const room = Math.max(atMost, before)
  if (sum <= room || settings.replicas === 0 || newSet === undefined || stableSet === undefined || newSet === stableSet) return sizes
  const canary = Math.max(Math.min(newSet.size, 1), Math.floor((room * (sizes.get(newSet) ?? 0)) / sum))
  return new Map([
    [newSet, canary],
    [stableSet, room - canary],
  ])
}

type PausedPair = { readonly view: View; readonly atMost: number }
