/** The wanted world: what shall be the case as far as what was observed allows it now. */
import type { TrafficSplitSpec } from '../../api/trafficSplit.ts'
import type { Instant } from './observed.ts'
import type { VersionSet } from './view.ts'
import type { Waiting } from './waiting.ts'

export type Plan = {
  /** Pods by set. Those that are not named stay as they are. */
  readonly sizes: ReadonlyMap<VersionSet, number>
  /** When a set goes; null: it stays. Those that are not named keep what they have. */
  readonly deadlines: ReadonlyMap<VersionSet, Instant | null>
  /** By Service, the hash that it shall select; null: given back. Those that are not named stay as they are. */
  readonly selectors: ReadonlyMap<string, string | null>
  readonly split: SplitPlan
  /** What the world is not further along for, the weightiest first. */
  readonly waits: readonly Waiting[]
  readonly wakeAt: Instant | undefined
}

export type SplitPlan =
  /** The edges have no part in it; what they had is taken down. */
  | { readonly kind: 'none' }
  /** As it is, even if there is none. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'wanted'; readonly spec: TrafficSplitSpec }

export function earliest(...instants: readonly (Instant | undefined)[]): Instant | undefined {
  const known = instants.filter((instant) => instant !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
