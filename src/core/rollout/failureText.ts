/** An action that failed, as the message of the Rollout tells it until another pass has done better. */
import type { ActionFailure } from './observed.ts'

/** Undefined for what somebody else changed meanwhile: that is decided anew, and nothing to tell of. */
export function failureText(failure: ActionFailure | undefined): string | undefined {
  if (failure === undefined || failure.reason === 'Conflict') return undefined
  return `${reasonOf(failure.action)}: ${failure.action} ${failure.object} failed: ${failure.message}`
}

function reasonOf(action: string): string {
  switch (action) {
    case 'createReplicaSet':
      return 'ReplicaSetCreateError'
    case 'scaleReplicaSet':
    case 'annotateReplicaSet':
    case 'deleteReplicaSet':
      return 'ReplicaSetUpdateError'
    case 'createSplit':
    case 'updateSplit':
    case 'deleteSplit':
      return 'TrafficRoutingError'
    default:
      return 'ReconciliationError'
  }
}
