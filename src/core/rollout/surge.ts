/** How far a Rollout may leave its number of pods while it changes: `maxSurge` and `maxUnavailable`, in pods. */
import type { IntOrPercent } from '../../api/workloads.ts'

/** Both in pods. */
export type Surge = { readonly maxSurge: number; readonly maxUnavailable: number }
export type SurgeSpec = { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent }

const defaultShare = '25%'

/** Surge is rounded up, unavailability down; where both come to nothing, one pod may be missing, or nothing could ever move. */
export function resolveSurge(replicas: number, { maxSurge = defaultShare, maxUnavailable = defaultShare }: SurgeSpec): Surge {
  const surge = resolveIntOrPercent(maxSurge, replicas, 'up')
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, 'down')
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) }
}

/** Every text is a percentage, one without `%` too; one that is no number, and a negative amount, count as 0. */
export function resolveIntOrPercent(amount: IntOrPercent, total: number, rounding: 'up' | 'down'): number {
  const percent = typeof amount === 'string' ? Number(amount.trim().replace(/%$/, '') || Number.NaN) : undefined
  const exact = percent === undefined ? Number(amount) : (percent * total) / 100
  const whole = rounding === 'up' ? Math.ceil(exact) : Math.floor(exact)
  return Number.isFinite(whole) ? Math.max(0, whole) : 0
}
