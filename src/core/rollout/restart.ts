/** Restarting every pod of a Rollout, a few at a time. */
import { isPodReady, isPodTerminal, type Pod } from '../../api/pod.ts'
import { msOf } from '../../api/time.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { Target } from './decision.ts'
import type { Instant } from './observed.ts'

export type RestartFacts = {
  /** `spec.restartAt`. */
  readonly restartAt: string | undefined
  readonly restartedAt: string | undefined
  readonly replicas: number
  readonly maxUnavailable: number
  /** In the order in which their pods are restarted: stable, new, others. */
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
  readonly now: Instant
}

export type Restart =
  | { readonly kind: 'none' }
  | { readonly kind: 'scheduled'; readonly at: Instant }
  /** `evict` may be empty: as many as may be missing are. */
  | { readonly kind: 'running'; readonly evict: readonly Target[]; readonly left: number; readonly lookAgainAt: Instant }
  | { readonly kind: 'done'; readonly restartedAt: string }

/** A refused eviction is asked for again after this; so is a budget that no event tells of. */
const lookAgainMs = 30_000

export function restartOf({ restartAt, restartedAt, replicas, maxUnavailable, replicaSets, pods, now }: RestartFacts): Restart {
  const at = msOf(restartAt)
  if (!restartAt || at === undefined || restartAt === restartedAt) return { kind: 'none' }
  if (at > now) return { kind: 'scheduled', at }
  const old = replicaSets.flatMap((replicaSet) => podsOf(replicaSet, pods)).filter(({ metadata }) => (msOf(metadata.creationTimestamp) ?? at) < at)
  if (old.length === 0) return { kind: 'done', restartedAt: restartAt }
  const available = replicaSets.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0)
  const wanted = replicaSets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
  let budget = available - (Math.max(replicas, wanted) - Math.max(maxUnavailable, 1))
  const evict: Target[] = []
  for (const pod of old) {
    if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) continue
    // Nobody misses a pod that serves nobody.
    if (isPodReady(pod) && budget-- <= 0) continue
    evict.push({ name: pod.metadata.name, uid: pod.metadata.uid ?? '' })
  }
  return { kind: 'running', evict, left: old.length, lookAgainAt: now + lookAgainMs }
}

function podsOf({ metadata: { uid } }: ReplicaSet, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
}
