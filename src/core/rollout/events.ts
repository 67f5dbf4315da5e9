/** What is told about a pass: of what was done, in the order in which it was, and of what the status says that it did not say before. */
import type { RolloutStatus } from '../../api/rollout.ts'
import { revisionAnnotation } from '../../api/rolloutLabels.ts'
import { conditionIn } from './conditions.ts'
import type { Action, RolloutEvent } from './decision.ts'

/**
 * Of the actions that succeeded, and of the status as it was read and as it was written: reasons are names that tools and notifications know. What a Rollout waits
 * for is told where its message begins with a name of its own (`NoReadyEdge: …`), once.
 */
export function eventsOf(executed: readonly Action[], before: RolloutStatus | undefined, after: RolloutStatus): readonly RolloutEvent[] {
  const change: Change = { before: before ?? {}, after }
  return [
    ...beginnings(executed, change),
    // What somebody wished, or time brought, comes before what follows from it.
    ...resumptions(change),
    ...failures(change),
    ...executed.flatMap(eventOfAction),
    ...weightEvents(change),
    ...stepEvents(change),
    ...pauses(change),
    ...completions(change),
    ...concerns(change),
  ]
}

type Change = { readonly before: RolloutStatus; readonly after: RolloutStatus }

const normal = (reason: string, message: string): RolloutEvent => ({ type: 'Normal', reason, message })
const warning = (reason: string, message: string): RolloutEvent => ({ type: 'Warning', reason, message })

function beginnings(executed: readonly Action[], { before, after }: Change): readonly RolloutEvent[] {
  const events: RolloutEvent[] = []
  if (before.observedGeneration === undefined && after.observedGeneration !== undefined)
    events.push(normal('RolloutAddedToInformer', 'The Rollout is looked after'))
  const revision = newRevision(executed)
  if (revision !== undefined) events.push(normal('RolloutUpdated', `Rollout updated to revision ${revision}`))
  for (const action of executed)
    if (action.kind === 'createReplicaSet') {
      const { name, annotations } = action.replicaSet.metadata
      events.push(normal('NewReplicaSetCreated', `Created ReplicaSet ${name} (revision ${annotations?.[revisionAnnotation] ?? revision ?? '?'})`))
    }
  const turns = statusOf(after, 'Completed') === 'False' && statusOf(before, 'Completed') !== 'False'
  if (turns) events.push(normal('RolloutNotCompleted', `The update to ${after.currentPodHash ?? 'the wanted version'} is not completed`))
  return events
}

function newRevision(executed: readonly Action[]): string | undefined {
  for (const action of executed)
    if (action.kind === 'annotateRollout' && action.annotations[revisionAnnotation]) return action.annotations[revisionAnnotation]
  return undefined
}

function eventOfAction(action: Action): readonly RolloutEvent[] {
  switch (action.kind) {
    case 'scaleReplicaSet': {
      const { target, from, to } = action
      return [normal('ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${target.name} from ${from} to ${to}`)]
    }
    case 'selectPods': {
      const { target, from, to } = action
      if (to === null) return [normal('SwitchService', `Gave Service ${target.name} back: it selects by its own labels again`)]
      return [normal('SwitchService', `Switched Service ${target.name} from ${from ?? 'its own labels'} to ${to}`)]
    }
    // Told with the beginning, or of no interest to anybody who does not look for it.
    case 'createReplicaSet':
    case 'annotateReplicaSet':
    case 'deleteReplicaSet':
    case 'createService':
    case 'updateService':
    case 'deleteService':
    case 'createSplit':
    case 'updateSplit':
    case 'deleteSplit':
    case 'evictPod':
    case 'setReplicas':
    case 'annotateRollout':
      return []
  }
}

function weightEvents({ before, after }: Change): readonly RolloutEvent[] {
  const weightIn = (status: RolloutStatus): number => status.canary?.weights?.canary.weight ?? 0
  const [from, to] = [weightIn(before), weightIn(after)]
  return from === to ? [] : [normal('TrafficWeightUpdated', `Traffic weight updated from ${from} to ${to}`)]
}

function stepEvents({ before, after }: Change): readonly RolloutEvent[] {
  const [from, to] = [before.currentStepIndex ?? 0, after.currentStepIndex ?? undefined]
  if (to === undefined || before.currentPodHash === undefined) return []
  if (before.currentPodHash !== after.currentPodHash) {
    if (after.currentPodHash !== after.stableRS) return []
    return [normal('SkipSteps', `The stable version ${after.stableRS ?? ''} is wanted again: no steps`)]
  }
  // More than one at a time is a promotion in full, fewer an abort.
  if (to !== from + 1 || before.promoteFull === true || before.currentStepHash !== after.currentStepHash) return []
  return [normal('RolloutStepCompleted', `Step ${to} completed`)]
}

function isPaused(status: RolloutStatus): boolean {
  return statusOf(status, 'Paused') === 'True'
}

function pauses({ before, after }: Change): readonly RolloutEvent[] {
  const reason = after.pauseConditions?.[0]?.reason
  return isPaused(before) || !isPaused(after)
    ? []
    : [normal('RolloutPaused', `Rollout is paused${reason === undefined ? ' by a user' : ` (${reason})`}`)]
}

function resumptions({ before, after }: Change): readonly RolloutEvent[] {
  const goesOn = after.abort !== true && before.currentPodHash === after.currentPodHash
  return isPaused(before) && !isPaused(after) && goesOn ? [normal('RolloutResumed', 'Rollout is resumed')] : []
}

function failures({ before, after }: Change): readonly RolloutEvent[] {
  const { reason = '', message = '' } = conditionIn(after, 'Progressing') ?? {}
  const isNew = conditionIn(before, 'Progressing')?.reason !== reason
  return isNew && (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded') ? [warning(reason, message)] : []
}

function completions({ before, after }: Change): readonly RolloutEvent[] {
  if (!after.stableRS || after.stableRS === before.stableRS) return []
  return [normal('RolloutCompleted', `Rollout completed the update to ${after.stableRS}${before.stableRS ? '' : ': it is the first version'}`)]
}

/** Once for each name: how it stands from moment to moment is what the message is for. */
function concerns({ before, after }: Change): readonly RolloutEvent[] {
  const [, reason, text = ''] = after.phase === 'Degraded' && !hasInvalidSpec(after) ? [] : (named.exec(after.message ?? '') ?? [])
  return reason === undefined || named.exec(before.message ?? '')?.[1] === reason ? [] : [warning(reason, text)]
}

const named = /^([A-Z][A-Za-z]+): (.*)$/

function hasInvalidSpec(status: RolloutStatus): boolean {
  return conditionIn(status, 'InvalidSpec')?.status === 'True'
}

function statusOf(status: RolloutStatus, type: 'Completed' | 'Paused'): string | undefined {
  return conditionIn(status, type)?.status
}
