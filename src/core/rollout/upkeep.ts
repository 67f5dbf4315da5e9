/** What every Rollout needs beside its update: pods that are asked to restart, and revisions that nobody keeps any more. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Action } from './decision.ts'
import { expiredReplicaSets } from './history.ts'
import type { Instant } from './observed.ts'
import { restartOf } from './restart.ts'
import { resolveSurge } from './surge.ts'
import type { View } from './view.ts'

export type Upkeep = {
  readonly actions: readonly Action[]
  readonly status: Pick<RolloutStatus, 'restartedAt'>
  readonly wakeAt: Instant | undefined
}

/** `actions` are what the pass does anyway: while it takes pods away by itself, none is restarted. */
export function upkeep(view: View, actions: readonly Action[]): Upkeep {
  const restarted = restart(view, actions)
  const expired = expiredActions(view, actions)
  return { ...restarted, actions: [...expired, ...restarted.actions] }
}

function restart(view: View, actions: readonly Action[]): Upkeep {
  const { status, settings, now, newSet, stableSet, olderSets, rollout } = view
  const { restartAt } = rollout.spec
  const none: Upkeep = { actions: [], status: {}, wakeAt: undefined }
  // Pods of a new version are new; those of the old one go anyway.
  if (view.isNewTemplate) return restartAt === undefined ? none : { ...none, status: { restartedAt: restartAt } }
  const wanted = restartOf({
    restartAt,
    restartedAt: status.restartedAt,
    replicas: settings.replicas,
    maxUnavailable: maxUnavailableIn(view),
    replicaSets: [stableSet, newSet === stableSet ? undefined : newSet, ...olderSets].flatMap((set) => (set === undefined ? [] : [set.set])),
    pods: view.observed.pods,
    now,
  })
  switch (wanted.kind) {
    case 'none':
      return none
    case 'scheduled':
      return { ...none, wakeAt: wanted.at }
    case 'done':
      return { ...none, status: { restartedAt: wanted.restartedAt } }
    case 'running': {
      const isShrinking = actions.some((action) => action.kind === 'scaleReplicaSet' && action.to < action.from)
      const evictions = isShrinking ? [] : wanted.evict.map((target): Action => ({ kind: 'evictPod', target }))
      return { ...none, actions: evictions, wakeAt: wanted.lookAgainAt }
    }
  }
}

/** Not what a Service selects, an edge may send to, or this pass is about. */
function expiredActions({ olderSets, settings, selectedHashes, observed }: View, actions: readonly Action[]): readonly Action[] {
  const routed = new Set(observed.split?.spec.backends.map(({ podTemplateHash }) => podTemplateHash))
  const touched = new Set(actions.flatMap((action) => ('target' in action ? [action.target.name] : [])))
  const expired = expiredReplicaSets(
    olderSets.map(({ set }) => set),
    settings.revisionHistoryLimit,
    (hash) => selectedHashes.has(hash) || routed.has(hash),
  )
  return expired
    .filter(({ metadata }) => !touched.has(metadata.name))
    .map(({ metadata: { name, uid = '', resourceVersion } }): Action => ({ kind: 'deleteReplicaSet', target: { name, uid }, resourceVersion }))
}

function maxUnavailableIn({ settings: { strategy, replicas } }: View): number {
  return resolveSurge(replicas, strategy.surge).maxUnavailable
}
