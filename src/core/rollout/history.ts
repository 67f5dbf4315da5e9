/** Revisions: their numbers, and how many of them are kept. */
import { revisionAnnotation, revisionHistoryAnnotation } from '../../api/rolloutLabels.ts'
import { msOf } from '../../api/time.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import { hashOf } from './templateHash.ts'

/** 0 for a ReplicaSet that bears none. */
export function revisionOf({ metadata }: ReplicaSet): number {
  const text = metadata.annotations?.[revisionAnnotation] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** Of a wanted ReplicaSet: what it has if it is the newest, else one above all others. */
export function revisionFor(replicaSet: ReplicaSet | undefined, all: readonly ReplicaSet[]): number {
  const highest = Math.max(0, ...all.filter((other) => other !== replicaSet).map(revisionOf))
  const own = replicaSet === undefined ? 0 : revisionOf(replicaSet)
  return own > highest ? own : highest + 1
}

/** What must be written on a ReplicaSet that is wanted as this revision; a number that it had before is kept in its history. */
export function revisionAnnotations(replicaSet: ReplicaSet, revision: number): Readonly<Record<string, string>> {
  const before = revisionOf(replicaSet)
  if (before === revision) return {}
  const history = replicaSet.metadata.annotations?.[revisionHistoryAnnotation]
  const earlier = before === 0 ? history : history ? `${history},${before}` : String(before)
  return { [revisionAnnotation]: String(revision), ...(earlier && { [revisionHistoryAnnotation]: earlier }) }
}

/** Those beyond the limit, oldest first, that have no pods and that nothing refers to any more. */
export function expiredReplicaSets(older: readonly ReplicaSet[], limit: number, isReferenced: (hash: string) => boolean): readonly ReplicaSet[] {
  const oldestFirst = older.filter(({ metadata }) => metadata.deletionTimestamp === undefined).toSorted(byAge)
  return oldestFirst
    .slice(0, Math.max(0, oldestFirst.length - limit))
    .filter((replicaSet) => isEmpty(replicaSet) && !isReferenced(hashOf(replicaSet)))
}

/** Told to have no pods, and seen to have none since. */
function isEmpty({ metadata, spec, status }: ReplicaSet): boolean {
  const isObserved = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  return spec.replicas === 0 && (status?.replicas ?? 0) === 0 && isObserved
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [msOf(a.metadata.creationTimestamp) ?? 0, msOf(b.metadata.creationTimestamp) ?? 0]
  return x - y || revisionOf(a) - revisionOf(b)
}
