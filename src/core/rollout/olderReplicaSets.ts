/** When ReplicaSets go that are neither stable nor wanted. */
import type { Instant } from './observed.ts'
import type { Sized } from './replicaCounts.ts'

/** A ReplicaSet that is left over. */
export type Older = Sized & { readonly hash: string; readonly revision: number }

/**
 * Sizes by hash, where the pods are the weight: all are to go, newest revision first, but for pods that are missed if they go. Pods that are not available go at once.
 * `spareAvailable` is what is available in all ReplicaSets above the least that must be.
 */
export function olderCounts(older: readonly Older[], spareAvailable: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  let spare = Math.max(0, spareAvailable)
  for (const { hash, replicas, available } of newestFirst(older)) {
    const healthy = Math.min(replicas, available)
    const removed = Math.min(healthy, spare)
    spare -= removed
    counts.set(hash, healthy - removed)
  }
  return counts
}

export type DelayedScaleDown = Older & { readonly deadline: Instant | undefined }
export type DelayRules = { readonly delayMs: number; readonly revisionLimit: number | undefined; readonly now: Instant }

export type ScaleDown =
  | { readonly kind: 'setDeadline'; readonly at: Instant }
  | { readonly kind: 'wait'; readonly until: Instant }
  | { readonly kind: 'go'; readonly because: 'delay over' | 'too many waiting' | 'no delay' }

/** What becomes of each that has pods and was stable or active once, by hash: newest revisions first, at most `revisionLimit` of them wait. */
export function delayedScaleDowns(older: readonly DelayedScaleDown[], { delayMs, revisionLimit, now }: DelayRules): ReadonlyMap<string, ScaleDown> {
  const verdicts = new Map<string, ScaleDown>()
  let waiting = 0
  for (const { hash, replicas, deadline } of newestFirst(older)) {
    if (replicas === 0) continue
    const verdict = ((): ScaleDown => {
      if (deadline !== undefined && deadline <= now) return { kind: 'go', because: 'delay over' }
      if (deadline === undefined && delayMs <= 0) return { kind: 'go', because: 'no delay' }
      if (revisionLimit !== undefined && waiting >= revisionLimit) return { kind: 'go', because: 'too many waiting' }
      return deadline === undefined ? { kind: 'setDeadline', at: now + delayMs } : { kind: 'wait', until: deadline }
    })()
    if (verdict.kind !== 'go') waiting++
    verdicts.set(hash, verdict)
  }
  return verdicts
}

function newestFirst<T extends Older>(older: readonly T[]): readonly T[] {
  return older.toSorted((a, b) => b.revision - a.revision || (a.hash < b.hash ? -1 : 1))
}
