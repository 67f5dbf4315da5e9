import type { Route, Routing, Split } from './types.ts'
import { routeKey } from './validate.ts'

/** What turns one routing into another. As sets: the order of routes and of splits means nothing. */
export type RoutingDelta = {
  readonly routes: {
    /** New, or leading elsewhere than before. */
    readonly set: readonly Route[]
    readonly removed: readonly Route[]
  }
  readonly splits: {
    /** New, or different in any way. */
    readonly set: readonly Split[]
    readonly removed: readonly string[]
  }
}

/**
 * Both are to be valid: no two routes for the same host and path, no two splits of one name. Compares by value, but what is the same object on both
 * sides costs next to nothing, and so do routes that are equal and in the same order.
 */
export function diffRouting(before: Routing, after: Routing): RoutingDelta {
  return { routes: diffRoutes(before.routes, after.routes), splits: diffSplits(before.splits, after.splits) }
}

function diffRoutes(before: readonly Route[], after: readonly Route[]): RoutingDelta['routes'] {
  if (before === after) return { set: [], removed: [] }
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && sameRoute(before[start]!, after[start]!)) start++
  let fromEnd = 0
  while (fromEnd < shorter - start && sameRoute(before[before.length - 1 - fromEnd]!, after[after.length - 1 - fromEnd]!)) fromEnd++
  const removed = new Map(before.slice(start, before.length - fromEnd).map((route) => [routeKey(route), route]))
  const set: Route[] = []
  for (const route of after.slice(start, after.length - fromEnd)) {
    const key = routeKey(route)
    const known = removed.get(key)
    if (known?.split !== route.split || known.httpsOnly !== route.httpsOnly) set.push(route)
    removed.delete(key)
  }
  return { set, removed: [...removed.values()] }
}

function sameRoute(a: Route, b: Route): boolean {
  if (a === b) return true
  const sameRequests = a.path === b.path && a.host === b.host && a.pathType === b.pathType && a.oneLabel === b.oneLabel
  return sameRequests && a.split === b.split && a.httpsOnly === b.httpsOnly
}

function diffSplits(before: readonly Split[], after: readonly Split[]): RoutingDelta['splits'] {
  if (before === after) return { set: [], removed: [] }
  const known = new Map(before.map((split) => [split.name, split]))
  const set: Split[] = []
  for (const split of after) {
    if (!sameData(known.get(split.name), split)) set.push(split)
    known.delete(split.name)
  }
  return { set, removed: [...known.keys()] }
}

/** Whether two plain values – objects, arrays, texts, numbers – say the same. A key whose value is undefined is as good as none. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [one, other] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  return Object.keys({ ...one, ...other }).every((key) => sameData(one[key], other[key]))
}
