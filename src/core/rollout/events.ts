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
    ...executed.flatMap(eventOfAction),
    ...weightEvents(change),
    ...stepEvents(change),
    ...pauseEvents(change),
    ...endings(change),
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

function pauseEvents({ before, after }: Change): readonly RolloutEvent[] {
  const [was, is] = [statusOf(before, 'Paused') === 'True', statusOf(after, 'Paused') === 'True']
  const reason = after.pauseConditions?.[0]?.reason
  if (!was && is) return [normal('RolloutPaused', `Rollout is paused${reason === undefined ? ' by a user' : ` (${reason})`}`)]
  const goesOn = after.abort !== true && before.currentPodHash === after.currentPodHash
  return was && !is && goesOn ? [normal('RolloutResumed', 'Rollout is resumed')] : []
}

function endings({ before, after }: Change): readonly RolloutEvent[] {
  const progressing = conditionIn(after, 'Progressing')
  const events: RolloutEvent[] = []
  for (const reason of ['RolloutAborted', 'ProgressDeadlineExceeded'])
    if (progressing?.reason === reason && conditionIn(before, 'Progressing')?.reason !== reason)
      events.push(warning(reason, progressing.message ?? ''))
  if (after.stableRS && after.stableRS !== before.stableRS) {
    const why = before.stableRS ? '' : ': it is the first version'
    events.push(normal('RolloutCompleted', `Rollout completed the update to ${after.stableRS}${why}`))
  }
  return events
}

/** Once: a count that moves within the same sentence is nothing new. */
function concerns({ before, after }: Change): readonly RolloutEvent[] {
  const [, reason, text = ''] =
    after.phase === 'Degraded' && !hasInvalidSpec(after) ? [] : (/^([A-Z][A-Za-z]+): (.*)$/.exec(after.message ?? '') ?? [])
  if (reason === undefined || withoutCounts(before.message ?? '') === withoutCounts(after.message ?? '')) return []
  return [warning(reason, text)]
}

function hasInvalidSpec(status: RolloutStatus): boolean {
  return conditionIn(status, 'InvalidSpec')?.status === 'True'
}

function withoutCounts(text: string): string {
  return text.replace(/\d+/g, '#')
}

function statusOf(status: RolloutStatus, type: 'Completed' | 'Paused'): string | undefined {
  return conditionIn(status, type)?.status
}
