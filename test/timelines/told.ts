/** The Kubernetes Events of a pass, as rows. */
import type { Rollout, RolloutStatus } from '../../src/api/rollout.ts'
import type { Action } from '../../src/core/rollout/decision.ts'
import { eventsOf } from '../../src/core/rollout/events.ts'

/** What was scaled stands in a row of its own already. */
const known: ReadonlySet<string> = new Set(['ScalingReplicaSet', 'SwitchService', 'NewReplicaSetCreated'])

export function eventRows(was: Rollout, status: RolloutStatus, executed: readonly Action[]): readonly string[] {
  return eventsOf(executed, was.status, status)
    .filter(({ reason }) => !known.has(reason))
    .map(({ type, reason, message }) => `${type === 'Warning' ? 'warning' : 'event'} ${reason}: ${message}`)
}
