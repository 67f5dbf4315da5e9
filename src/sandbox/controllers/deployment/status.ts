import { msOf } from '../../../api/time.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../../api/workloads.ts'
import { nonZero } from '../counts.ts'
import { type Conditions, findCondition, newCondition, progressDeadlineMs, withCondition, without } from './conditions.ts'
import { maxUnavailable, sumOf, wantedReplicas } from './sizes.ts'

/** A Deployment's sets as they were read: what is changed meanwhile counts when it has happened. */
export type Sets = { readonly newSet: ReplicaSet | undefined; readonly oldSets: readonly ReplicaSet[] }

export function allSets({ newSet, oldSets }: Sets): readonly ReplicaSet[] {
  return newSet === undefined ? oldSets : [...oldSets, newSet]
}

/** The counts, and whether it is available. Other conditions stay as they are. */
export function countedStatus(deployment: Deployment, sets: Sets, nowMs: number): DeploymentStatus {
  const all = allSets(sets)
  const availableReplicas = sumOf(all, ({ status }) => status?.availableReplicas)
  const isAvailable = availableReplicas >= wantedReplicas(deployment) - maxUnavailable(deployment)
  const available = isAvailable
    ? newCondition({ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }, nowMs)
    : newCondition(
        { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' },
        nowMs,
      )
  return {
    ...nonZero({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: sumOf(all, ({ status }) => status?.replicas),
      updatedReplicas: sets.newSet?.status?.replicas ?? 0,
      readyReplicas: sumOf(all, ({ status }) => status?.readyReplicas),
      availableReplicas,
      unavailableReplicas: Math.max(sumOf(all, wantedReplicas) - availableReplicas, 0),
    }),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: withCondition(deployment.status?.conditions ?? [], available),
  }
}

/** As `countedStatus`, with what a rollout has to tell: progress, and failures of its sets. */
export function rolloutStatus(deployment: Deployment, sets: Sets, nowMs: number): DeploymentStatus {
  const status = countedStatus(deployment, sets, nowMs)
  const progressed = progressConditions(deployment, status, sets.newSet, nowMs)
  const failure = replicaFailure(sets)
  return { ...status, conditions: failure === undefined ? without(progressed, 'ReplicaFailure') : withCondition(progressed, failure) }
}

function progressConditions(deployment: Deployment, status: DeploymentStatus, newSet: ReplicaSet | undefined, nowMs: number): Conditions {
  const conditions = status.conditions ?? []
  if (progressDeadlineMs(deployment) === undefined) return without(conditions, 'Progressing')
  const before = findCondition(deployment.status?.conditions, 'Progressing')
  // One that has come to its end is not measured again until a new set appears.
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable') return conditions
  const subject = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`
    return withCondition(conditions, newCondition({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message }, nowMs))
  }
  if (isProgressing(deployment, status)) {
    const fresh = newCondition({ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` }, nowMs)
    const { lastTransitionTime } = before?.status === 'True' ? before : fresh
    // Taken out first: the same reason again still renews the time.
    return withCondition(without(conditions, 'Progressing'), { ...fresh, ...(lastTransitionTime !== undefined && { lastTransitionTime }) })
  }
  if (hasTimedOut(deployment, before, nowMs)) {
    const message = `${subject} has timed out progressing.`
    return withCondition(conditions, newCondition({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }, nowMs))
  }
  return conditions
}

/** All that are wanted are updated and available, and no old ones run. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedReplicas(deployment)
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {}
  return (
    updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted && observedGeneration >= (deployment.metadata.generation ?? 0)
  )
}

/** There is more of the new, or less of the old, than before. */
function isProgressing({ status: before = {} }: Deployment, status: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function hasTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, nowMs: number): boolean {
  if (progressing === undefined || progressing.reason === 'NewReplicaSetAvailable') return false
  return progressing.reason === 'ProgressDeadlineExceeded' || (msOf(progressing.lastUpdateTime) ?? 0) + progressDeadlineMs(deployment)! < nowMs
}

/** When (wall ms) to look whether it is stuck; undefined: it is done, or known to be. */
export function progressCheckMs(deployment: Deployment): number | undefined {
  const deadlineMs = progressDeadlineMs(deployment)
  const condition = findCondition(deployment.status?.conditions, 'Progressing')
  if (deadlineMs === undefined || condition === undefined || condition.reason === 'ProgressDeadlineExceeded') return undefined
  if (isComplete(deployment, deployment.status)) return undefined
  // A second more, since the time of the last progress is known to the second.
  return (msOf(condition.lastUpdateTime) ?? 0) + deadlineMs + 1_000
}

/** The new set's failure before any other. */
function replicaFailure({ newSet, oldSets }: Sets): DeploymentCondition | undefined {
  for (const set of newSet === undefined ? oldSets : [newSet, ...oldSets]) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (failure === undefined) continue
    const { lastTransitionTime } = failure
    return { ...failure, ...(lastTransitionTime && { lastUpdateTime: lastTransitionTime }) }
  }
  return undefined
}
