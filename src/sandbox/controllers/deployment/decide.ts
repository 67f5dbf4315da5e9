import { isDeepStrictEqual } from 'node:util'
import { isPodTerminal, type Pod } from '../../../api/pod.ts'
import type { Deployment, ReplicaSet } from '../../../api/workloads.ts'
import { controllerOf } from '../ownership.ts'
import { pauseCondition, withCondition } from './conditions.ts'
import { type Action, type Draft, openDraft } from './draft.ts'
import { syncRevision } from './newSet.ts'
import { expiredSets } from './revision.ts'
import {
  compareCreation,
  countIn,
  desiredReplicasAnnotation,
  isRolling,
  isSaturated,
  maxUnavailable,
  newSetReplicas,
  proportionalSizes,
  sumOf,
  wantedReplicas,
} from './sizes.ts'
import { allSets, countedStatus, isComplete, progressCheckMs, rolloutStatus, type Sets } from './status.ts'

export type Observed = {
  readonly deployment: Deployment
  /** Those that it owns. */
  readonly sets: readonly ReplicaSet[]
  /** Of its namespace. */
  readonly pods: readonly Pod[]
  readonly nowMs: number
}

/** `againMs` (wall): when to look again, though nothing happens before. */
export type Decision = { readonly actions: readonly Action[]; readonly againMs: number | undefined }

/** What a Deployment needs now. The next step follows from what these have done. */
export function decide({ deployment, sets, pods, nowMs }: Observed): Decision {
  const draft = openDraft(deployment, nowMs)
  const isEnding = deployment.metadata.deletionTimestamp !== undefined
  if (!isEnding) notePause(draft)
  const observed = syncRevision(draft, sets, 'keep')
  if (isEnding) writeCounts(draft, observed)
  else if (deployment.spec.paused === true || isBeingScaled(deployment, observed)) resize(draft, observed)
  else if (isRolling(deployment)) roll(draft, sets)
  else recreate(draft, sets, pods)
  const checkMs = progressCheckMs(draft.deployment())
  return { actions: draft.actions, againMs: draft.actions.length === 0 && checkMs !== undefined && checkMs > nowMs ? checkMs : undefined }
}

function notePause(draft: Draft): void {
  const deployment = draft.deployment()
  const condition = pauseCondition(deployment, draft.nowMs)
  if (condition !== undefined)
    draft.writeStatus({ status: { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], condition) } })
}

/** The sets remember for how many they were sized. */
function isBeingScaled(deployment: Deployment, sets: Sets): boolean {
  return activeOf(allSets(sets)).some((set) => (countIn(set, desiredReplicasAnnotation) ?? wantedReplicas(deployment)) !== wantedReplicas(deployment))
}

function activeOf(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return sets.filter((set) => wantedReplicas(set) > 0)
}

function writeCounts(draft: Draft, sets: Sets): void {
  writeIfNew(draft, countedStatus(draft.deployment(), sets, draft.nowMs))
}

function writeProgress(draft: Draft, sets: Sets): void {
  writeIfNew(draft, rolloutStatus(draft.deployment(), sets, draft.nowMs))
}

function writeIfNew(draft: Draft, status: NonNullable<Deployment['status']>): void {
  if (!isDeepStrictEqual(status, draft.deployment().status)) draft.writeStatus({ status })
}

/** Follows a change of size without going on with a rollout. */
function resize(draft: Draft, sets: Sets): void {
  const deployment = draft.deployment()
  const active = activeOf(allSets(sets))
  const [only = sets.newSet ?? sets.oldSets.toSorted(compareCreation).at(-1)] = active
  if (active.length <= 1) {
    if (only !== undefined && wantedReplicas(only) !== wantedReplicas(deployment)) draft.scale(only, wantedReplicas(deployment))
  } else if (isSaturated(deployment, sets.newSet)) {
    for (const set of activeOf(sets.oldSets)) draft.scale(set, 0)
  } else if (isRolling(deployment)) {
    for (const { set, size } of proportionalSizes(deployment, active)) draft.scale(set, size)
  }
  if (deployment.spec.paused === true) cleanUp(draft, sets)
  writeCounts(draft, sets)
}

function cleanUp(draft: Draft, { oldSets }: Sets): void {
  for (const set of expiredSets(draft.deployment(), oldSets)) draft.act({ kind: 'deleteSet', set })
}

function roll(draft: Draft, observed: readonly ReplicaSet[]): void {
  const sets = syncRevision(draft, observed, 'create')
  const newSet = sets.newSet!
  const deployment = draft.deployment()
  const wanted = wantedReplicas(deployment)
  const size = wantedReplicas(newSet) > wanted ? wanted : newSetReplicas(deployment, allSets(sets), newSet)
  const isGrowing = size !== wantedReplicas(newSet)
  if (isGrowing) draft.scale(newSet, size)
  const isMoving = isGrowing || shrinkOldSets(draft, sets)
  if (!isMoving && isComplete(deployment, deployment.status)) cleanUp(draft, sets)
  writeProgress(draft, sets)
}

/** Takes from the old sets first what is not available, which costs nothing, then what the new set has made up for. */
function shrinkOldSets(draft: Draft, { newSet, oldSets }: Sets): boolean {
  const deployment = draft.deployment()
  const active = activeOf(oldSets)
  const minAvailable = wantedReplicas(deployment) - maxUnavailable(deployment)
  const unavailableNew = wantedReplicas(newSet!) - available(newSet!)
  // New pods that are not available yet must not be made up for by old ones that go.
  const room = sumOf([...active, newSet!], wantedReplicas) - minAvailable - unavailableNew
  if (active.length === 0 || room <= 0) return false
  const cleaned = shrink(draft, active, room, (set) => wantedReplicas(set) - available(set))
  if (cleaned === undefined) return false
  const spare = sumOf([...cleaned, newSet!], available) - minAvailable
  const shrunk = shrink(draft, cleaned, spare, wantedReplicas)
  return shrunk?.some((set, i) => set !== active[i]) === true
}

/** Takes up to `room` replicas away, from the oldest sets first. Undefined: a set still has more available pods than it should have, so nobody knows. */
function shrink(draft: Draft, sets: readonly ReplicaSet[], room: number, most: (set: ReplicaSet) => number): readonly ReplicaSet[] | undefined {
  const left: ReplicaSet[] = []
  for (const set of sets) {
    const count = room <= 0 ? 0 : Math.min(most(set), room)
    if (count < 0) return undefined
    left.push(count === 0 ? set : draft.scale(set, wantedReplicas(set) - count))
    room -= count
  }
  return left
}

function available({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0
}

/** All that is old goes before anything new comes. */
function recreate(draft: Draft, observed: readonly ReplicaSet[], pods: readonly Pod[]): void {
  let sets = syncRevision(draft, observed, 'keep')
  const oldActive = activeOf(sets.oldSets)
  for (const set of oldActive) draft.scale(set, 0)
  if (oldActive.length === 0 && !oldPodsRun(sets, pods)) {
    if (sets.newSet === undefined) sets = syncRevision(draft, observed, 'create')
    const deployment = draft.deployment()
    if (wantedReplicas(sets.newSet!) !== wantedReplicas(deployment)) draft.scale(sets.newSet!, wantedReplicas(deployment))
    if (isComplete(deployment, deployment.status)) cleanUp(draft, sets)
  }
  writeProgress(draft, sets)
}

function oldPodsRun({ oldSets }: Sets, pods: readonly Pod[]): boolean {
  if (sumOf(oldSets, ({ status }) => status?.replicas) > 0) return true
  const uids = new Set(oldSets.map(({ metadata }) => metadata.uid))
  return pods.some((pod) => uids.has(controllerOf(pod)?.uid) && !isPodTerminal(pod))
}
