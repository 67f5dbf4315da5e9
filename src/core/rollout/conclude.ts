/** What follows from any strategy's decision: upkeep, what is told, and when to look again. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Action, Decision } from './decision.ts'
import type { Instant } from './observed.ts'
import { earliest } from './plan.ts'
import type { Router } from './router.ts'
import { deadlineIn, told } from './tell.ts'
import { upkeep } from './upkeep.ts'
import type { View } from './view.ts'
import type { Waiting } from './waiting.ts'

export type Outcome = {
  readonly actions: readonly Action[]
  /** Without conditions, phase and message. */
  readonly status: RolloutStatus
  readonly router: Router
  readonly waits: readonly Waiting[]
  readonly wakeAt: Instant | undefined
}

export function conclude(view: View, { actions, status, router, waits, wakeAt }: Outcome): Decision {
  const kept = upkeep(view, actions)
  const after = told(view, { ...status, ...kept.status }, { router, waits })
  const deadline = deadlineIn(view, after)
  // What lasts until then is late only after it.
  const lateAt = deadline.kind === 'runs' ? deadline.until + 1 : undefined
  const lookAgainAt = earliest(wakeAt, kept.wakeAt, lateAt)
  return { actions: [...actions, ...kept.actions], status: after, ...(lookAgainAt !== undefined && { wakeAt: lookAgainAt }) }
}
