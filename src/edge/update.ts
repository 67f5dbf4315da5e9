import { diffRouting, type RoutingDelta, sameData } from '../core/routing/delta.ts'
import type { Split } from '../core/routing/types.ts'
import type { EdgeConfig } from './config.ts'
import type { RoutingUpdate, Settings } from './protocol.ts'
import type { StickyKeys } from './sticky/sticky.ts'

/** What a worker builds a table from. Names of endpoints are replaced. */
export type Given = { readonly version: number; readonly config: EdgeConfig; readonly keys: StickyKeys }

/** What turns one table into another; undefined: they differ by more than their routing, and the other is to be built from its whole. */
export function deltaBetween(before: Given, after: Given): RoutingDelta | undefined {
  const same = sameData(settingsOf(before.config), settingsOf(after.config)) && sameData(before.keys, after.keys)
  return same ? diffRouting(before.config.routing, after.config.routing) : undefined
}

/** What reports tell of is no worker's business: a new version of a TrafficSplit alone changes no table. */
export function settingsOf({ routing: _, scope: _scope, trafficSplits: _served, secrets: _secrets, ...settings }: EdgeConfig): Settings {
  return settings
}

/** Of these a worker needs counters with the update. */
export function splitsIn(update: RoutingUpdate): readonly Split[] {
  return update.kind === 'whole' ? update.routing.splits : update.delta.splits.set
}

/** All workers that have a table are told the same of the next: worked out once. */
export function openUpdates(): { between(before: Given | undefined, after: Given): RoutingUpdate } {
  let latest: { readonly before: Given; readonly after: Given; readonly delta: RoutingDelta | undefined } | undefined
  return {
    between(before, after) {
      const whole: RoutingUpdate = { kind: 'whole', routing: after.config.routing }
      if (before === undefined) return whole
      if (latest === undefined || !isSame(latest.before, before) || !isSame(latest.after, after))
        latest = { before, after, delta: deltaBetween(before, after) }
      return latest.delta === undefined ? whole : { kind: 'delta', base: before.version, delta: latest.delta }
    },
  }
}

function isSame(a: Given, b: Given): boolean {
  return a.version === b.version && a.config === b.config && sameData(a.keys, b.keys)
}
