/** What a strategy has to say of a pass; the rest is the same for all of them. */
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Instant } from './observed.ts'
import type { Plan } from './plan.ts'
import type { Waiting } from './waiting.ts'

export type StrategyDecision = {
  readonly plan: Plan
  /** Its own part of the status, over what was there and what is counted for all. Undefined and null take a field away. */
  readonly status: { readonly [Key in keyof RolloutStatus]?: RolloutStatus[Key] | null | undefined }
  /** What it waits for, the weightiest first. */
  readonly waits: readonly Waiting[]
  readonly wakeAt: Instant | undefined
  /** Where it aborted by itself. */
  readonly abortedBecause: string | undefined
}
