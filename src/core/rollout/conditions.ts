/** The conditions of a Rollout: what holds, and since when. Tools read types, statuses and reasons; the texts are for people. */
import type { ConditionStatus } from '../../api/condition.ts'
import type { Rollout, RolloutCondition, RolloutConditionType, RolloutStatus } from '../../api/rollout.ts'
import { timestampOf } from '../../api/time.ts'
import type { Deadline } from './deadline.ts'
import type { Instant } from './observed.ts'

export type ConditionFacts = {
  /** With the status as it was read. */
  readonly rollout: Rollout
  /** As it shall stand, but for conditions, phase and message. */
  readonly after: RolloutStatus
  readonly deadline: Deadline
  /** What became of the wanted ReplicaSet in this pass: made, or taken up again. */
  readonly newReplicaSet: 'created' | 'found' | undefined
  /** Why the wanted ReplicaSet could not be made. */
  readonly creationFailure: string | undefined
  /** From the ReplicaSets' own conditions: why pods cannot be made. */
  readonly replicaFailure: { readonly reason: string; readonly message: string } | undefined
  /** Who or what aborted, where it is not a user. */
  readonly abortedBecause: string | undefined
  readonly now: Instant
}

type Claim = {
  readonly type: RolloutConditionType
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly isFresh?: boolean
}

/** In the order in which they came to be, those that are new behind. InvalidSpec is not among them: the spec is valid. */
export function conditionsOf(facts: ConditionFacts): readonly RolloutCondition[] {
  const { rollout, after, now } = facts
  const before = rollout.status?.conditions ?? []
  const claims = [progressing(facts), available(rollout, after), completed(after), healthy(rollout, after), paused(rollout, after)]
  if (facts.replicaFailure) claims.push({ type: 'ReplicaFailure', status: 'True', ...facts.replicaFailure })
  return merged(
    before,
    claims.filter((claim) => claim !== undefined),
    now,
  ).filter(({ type }) => type !== 'InvalidSpec' && (type !== 'ReplicaFailure' || facts.replicaFailure !== undefined))
}

/** Beside what else is known of the Rollout, which is not looked at while its spec cannot be. */
export function invalidSpecConditions(before: readonly RolloutCondition[], message: string, now: Instant): readonly RolloutCondition[] {
  return merged(before, [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message }], now)
}

export function conditionIn(status: RolloutStatus | undefined, type: RolloutConditionType): RolloutCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

/** A user's pause, or one that a step or an analysis asked for. */
export function isPaused({ spec }: Rollout, { pauseConditions }: RolloutStatus): boolean {
  return spec.paused === true || (pauseConditions ?? []).length > 0
}

/** Every pod is of the wanted version and available, and nothing is left over. */
export function isHealthy(rollout: Rollout, after: RolloutStatus): boolean {
  const { blueGreen, canary } = rollout.spec.strategy ?? {}
  const replicas = rollout.spec.replicas ?? 1
  const isWhole = (after.updatedReplicas ?? 0) === replicas && (after.availableReplicas ?? 0) === replicas
  if (!isWhole || !isCompleted(after)) return false
  const { activeSelector, previewSelector } = after.blueGreen ?? {}
  if (blueGreen) return activeSelector === after.currentPodHash && (!blueGreen.previewService || previewSelector === after.currentPodHash)
  const steps = canary?.steps?.length ?? 0
  return (steps === 0 || after.currentStepIndex === steps) && (after.replicas ?? 0) === replicas
}

export function isCompleted({ stableRS, currentPodHash }: RolloutStatus): boolean {
  return Boolean(stableRS) && stableRS === currentPodHash
}

function progressing(facts: ConditionFacts): Claim | undefined {
  const { rollout, after, deadline } = facts
  const before = conditionIn(rollout.status, 'Progressing')
  const claim = (status: ConditionStatus, reason: string, message: string, isFresh = false): Claim => ({
    type: 'Progressing',
    status,
    reason,
    message,
    isFresh,
  })
  const hash = after.currentPodHash ?? ''
  if (after.abort) return claim('False', 'RolloutAborted', facts.abortedBecause ?? abortMessage(before) ?? `The update to ${hash} was aborted`)
  if (isPaused(rollout, after)) return claim('Unknown', 'RolloutPaused', `The update to ${hash} is paused`)
  if (facts.creationFailure !== undefined) return claim('False', 'ReplicaSetCreateError', facts.creationFailure)
  if (facts.newReplicaSet === 'created') return claim('True', 'NewReplicaSetCreated', `ReplicaSet ${hash} was created`, true)
  if (facts.newReplicaSet === 'found') return claim('True', 'FoundNewReplicaSet', `ReplicaSet ${hash} was found and is used again`, true)
  if (isHealthy(rollout, after)) return claim('True', 'NewReplicaSetAvailable', `All pods of ${hash} are available`)
  const isNew = after.currentPodHash !== rollout.status?.currentPodHash
  if (before?.reason === 'RolloutAborted' && !isNew) return claim('Unknown', 'RolloutRetry', `The update to ${hash} is tried again`, true)
  if (before?.reason === 'RolloutPaused') return claim('Unknown', 'RolloutResumed', `The update to ${hash} goes on`, true)
  if (before?.reason === 'NewReplicaSetAvailable' && !isNew)
    return claim('True', 'ReplicaSetNotAvailable', `Not all pods of ${hash} are available any more`, true)
  if (before === undefined || hasProgressed(rollout, after)) return claim('True', 'ReplicaSetUpdated', `ReplicaSet ${hash} is progressing`, true)
  if (deadline.kind === 'exceeded') return claim('False', 'ProgressDeadlineExceeded', `ReplicaSet ${hash} has not got further in time`)
  return undefined
}

/** What it was aborted for is known only when it happens. */
function abortMessage(before: RolloutCondition | undefined): string | undefined {
  return before?.reason === 'RolloutAborted' ? before.message : undefined
}

/** Whether anything came nearer to its end since the status was written. */
export function hasProgressed({ spec, status: before = {} }: Rollout, after: RolloutStatus): boolean {
  const older = (status: RolloutStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  const isMoved =
    (after.updatedReplicas ?? 0) !== (before.updatedReplicas ?? 0) ||
    older(after) < older(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    (after.currentPodHash ?? '') !== (before.currentPodHash ?? '') ||
    (after.stableRS ?? '') !== (before.stableRS ?? '')
  if (isMoved) return true
  if (spec.strategy?.blueGreen) {
    const selectors = ({ blueGreen }: RolloutStatus): string => `${blueGreen?.activeSelector ?? ''}/${blueGreen?.previewSelector ?? ''}`
    return selectors(after) !== selectors(before)
  }
  const traffic = ({ canary }: RolloutStatus): string => `${canary?.weights?.canary.weight ?? 0}/${canary?.weights?.verified ?? ''}`
  return (
    (after.currentStepIndex ?? 0) !== (before.currentStepIndex ?? 0) ||
    (after.currentStepHash ?? '') !== (before.currentStepHash ?? '') ||
    traffic(after) !== traffic(before)
  )
}

function available({ spec }: Rollout, after: RolloutStatus): Claim {
  const replicas = spec.replicas ?? 1
  // Of a blue-green Rollout only pods that its active Service selects are counted there.
  const isServed = !spec.strategy?.blueGreen || Boolean(after.blueGreen?.activeSelector)
  const count = after.availableReplicas ?? 0
  const holds = isServed && count >= replicas
  return {
    type: 'Available',
    status: flag(holds),
    reason: 'AvailableReason',
    message: holds ? 'Enough pods are available' : 'Too few pods are available',
  }
}

function completed(after: RolloutStatus): Claim {
  const holds = isCompleted(after)
  const message = holds ? 'The wanted version is the stable one' : 'The wanted version is not the stable one yet'
  return { type: 'Completed', status: flag(holds), reason: 'RolloutCompleted', message }
}

/** Not told of a Rollout that never was. */
function healthy(rollout: Rollout, after: RolloutStatus): Claim | undefined {
  const holds = !isPaused(rollout, after) && isHealthy(rollout, after)
  if (!holds && conditionIn(rollout.status, 'Healthy') === undefined) return undefined
  return { type: 'Healthy', status: flag(holds), reason: 'RolloutHealthy', message: holds ? 'The Rollout is healthy' : 'The Rollout is not healthy' }
}

/** Not told of a Rollout that never was. */
function paused(rollout: Rollout, after: RolloutStatus): Claim | undefined {
  const holds = isPaused(rollout, after)
  if (!holds && conditionIn(rollout.status, 'Paused') === undefined) return undefined
  return { type: 'Paused', status: flag(holds), reason: 'RolloutPaused', message: holds ? 'The Rollout is paused' : 'The Rollout is not paused' }
}

function flag(holds: boolean): ConditionStatus {
  return holds ? 'True' : 'False'
}

function merged(before: readonly RolloutCondition[], claims: readonly Claim[], now: Instant): readonly RolloutCondition[] {
  const kept = before.map((condition) => {
    const claim = claims.find(({ type }) => type === condition.type)
    return claim === undefined ? condition : renewed(condition, claim, now)
  })
  const added = claims.filter(({ type }) => !before.some((condition) => condition.type === type)).map((claim) => renewed(undefined, claim, now))
  return [...kept, ...added]
}

/** A time moves only with what it is the time of: the status, or also what is said of it. Another text alone is no update: the deadline runs from there. */
function renewed(before: RolloutCondition | undefined, { type, status, reason, message, isFresh }: Claim, now: Instant): RolloutCondition {
  const at = timestampOf(now)
  const isSame = before?.status === status && before.reason === reason
  return {
    type,
    status,
    reason,
    message,
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? at) : at,
    lastUpdateTime: isSame && !isFresh ? (before.lastUpdateTime ?? at) : at,
  }
}
