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
