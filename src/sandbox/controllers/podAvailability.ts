import { isPodTerminal, type Pod, podCondition } from '../../api/pod.ts'
import { msOf } from '../../api/time.ts'

/** Neither ended nor about to be. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined
}

/** Since when (wall ms) it has been ready; undefined: it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'Ready')
  return condition?.status === 'True' ? (msOf(condition.lastTransitionTime) ?? 0) : undefined
}

/** When (wall ms) it is, was or will be available if it stays ready; undefined: it is not ready. */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const sinceMs = readySinceMs(pod)
  return sinceMs === undefined ? undefined : minReadySeconds === 0 ? 0 : sinceMs + minReadySeconds * 1_000
}
