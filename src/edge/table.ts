import { type CompiledMatch, compileMatch } from '../core/routing/compile.ts'
import type { RoutingDelta } from '../core/routing/delta.ts'
import { compileRoutes, type RoutedTo, type RouteTable, reviseRoutes } from '../core/routing/routeTable.ts'
import type { CompileRegex, Route, Routing, Split } from '../core/routing/types.ts'
import { type Limits, policyOf, type Timeouts, type TrafficPolicy } from './config.ts'
import type { EndpointPool, Endpoints } from './endpoints.ts'
import type { EndpointSet } from './health/endpointSet.ts'
import { openRetryBudget, type RetryBudget } from './health/retryBudget.ts'
import { type Mirroring, type MirrorTarget, mirrorsOf } from './mirror/targets.ts'
import { type Picker, picker } from './pick.ts'
import type { BackendBlocks, Settings } from './protocol.ts'
import { picksIn } from './record.ts'
import { type Sticky, type StickyKeys, stickyOf } from './sticky/sticky.ts'
import { type Trust, trustOf } from './trust.ts'

export type BackendTarget<E> = {
  readonly split: string
  readonly name: string
  /** This worker's counters of the backend; its only writer. */
  readonly block: Float64Array
  readonly endpoints: EndpointSet<EndpointPool<E>>
  readonly retryBudget: RetryBudget
}

export type RouteTarget<E> = {
  readonly matches: readonly CompiledMatch[]
  readonly backend: BackendTarget<E>
  /** As the access log tells it. */
  readonly reason: string
}

export type SplitTarget<E> = {
  readonly name: string
  /** Its index in `Table.targets`, for as long as tables have it. */
  readonly place: number
  readonly policy: TrafficPolicy
  readonly backends: readonly BackendTarget<E>[]
  readonly picker: Picker
  /** Where returning clients go; undefined: each request goes by weight. */
  readonly sticky: Sticky | undefined
  readonly routes: readonly RouteTarget<E>[]
  /** Who gets copies of requests; undefined: nobody. */
  readonly mirrors: readonly MirrorTarget[] | undefined
  /** Where the share of a backend without a usable endpoint goes; undefined: nowhere, 503. */
  readonly fallback: BackendTarget<E> | undefined
}

/**
 * All that a worker decides by, compiled from one configuration. Swapped by one reference; a request sees one table from its head on.
 * `E` is the exchange that its endpoints' connections carry.
 */
export type Table<E> = {
  readonly version: number
  /** To indices of `targets`, so that a split changes without its routes; as `httpsOnly` where the route is. */
  readonly routes: RouteTable<number>
  readonly targets: readonly (SplitTarget<E> | undefined)[]
  readonly splits: ReadonlyMap<string, SplitTarget<E>>
  /** Header names, in lower case, that decide where a request goes: no Connection field may remove them. */
  readonly routingHeaders: ReadonlySet<string>
  readonly trust: Trust
  readonly limits: Limits
  readonly timeouts: Timeouts
  /** Of what no split governs. */
  readonly policy: TrafficPolicy
}

export type TableInput<E> = {
  readonly version: number
  readonly settings: Settings
  readonly blocks: BackendBlocks
  /** The table in use: its splits' accumulators live on. */
  readonly before: Table<E> | undefined
  readonly endpoints: Endpoints<E>
  readonly mirroring: Mirroring
  readonly regex: CompileRegex
  /** Where a split or mirror that is new starts in its sequence, in [0, 1). */
  readonly phaseOf: (key: string) => number
  readonly keys: StickyKeys
  /** Unix time, in seconds. */
  readonly nowS: () => number
}

export function buildTable<E>(routing: Routing, input: TableInput<E>): Table<E> {
  const { version, settings } = input
  const targets = routing.splits.map((split, place) => buildSplit(split, place, input))
  const splits = new Map(targets.map((split) => [split.name, split]))
  return {
    version,
    routes: compileRoutes(routedTo(routing.routes, splits)),
    targets,
    splits,
    routingHeaders: routingHeadersOf(splits),
    trust: trustOf(settings.trustedProxies),
    limits: settings.limits,
    timeouts: settings.timeouts,
    policy: policyOf(settings),
  }
}

/** What `buildTable` makes of the whole, given that `before` and the new table differ by the delta alone; the rest they share. */
export function reviseTable<E>(before: Table<E>, delta: RoutingDelta, input: TableInput<E>): Table<E> {
  const splits = new Map(before.splits)
  const targets = [...before.targets]
  for (const name of delta.splits.removed) {
    targets[splits.get(name)!.place] = undefined
    splits.delete(name)
  }
  for (const split of delta.splits.set) {
    const target = buildSplit(split, splits.get(split.name)?.place ?? freePlace(targets), input)
    splits.set(split.name, target)
    targets[target.place] = target
  }
  for (const split of splits.values()) if (before.splits.get(split.name) === split) keepEndpoints(split, input)
  const sameSplits = delta.splits.set.length === 0 && delta.splits.removed.length === 0
  return {
    ...before,
    version: input.version,
    routes: reviseRoutes(before.routes.hosts, routedTo(delta.routes.set, splits), delta.routes.removed),
    targets,
    splits,
    routingHeaders: sameSplits ? before.routingHeaders : routingHeadersOf(splits),
  }
}

function routedTo<E>(routes: readonly Route[], splits: ReadonlyMap<string, SplitTarget<E>>): readonly RoutedTo<number>[] {
  return routes.map((route) => {
    const { place } = splits.get(route.split)!
    return { route, target: route.httpsOnly === true ? httpsOnly(place) : place }
  })
}

/** Of a place, and back: below 0, what comes in the clear is sent on to https. */
export function httpsOnly(place: number): number {
  return ~place
}

function freePlace(targets: readonly unknown[]): number {
  const free = targets.indexOf(undefined)
  return free < 0 ? targets.length : free
}

function keepEndpoints<E>({ backends, mirrors }: SplitTarget<E>, { endpoints, mirroring }: TableInput<E>): void {
  for (const backend of backends) endpoints.keep(backend.endpoints)
  if (mirrors !== undefined) for (const mirror of mirrors) mirroring.endpoints.keep(mirror.endpoints)
}

function routingHeadersOf<E>(splits: ReadonlyMap<string, SplitTarget<E>>): ReadonlySet<string> {
  const headers = new Set<string>()
  for (const split of splits.values()) {
    if (split.sticky?.header !== undefined) headers.add(split.sticky.header)
    for (const route of split.routes) for (const match of route.matches) for (const header of match.headers) headers.add(header.name)
  }
  return headers
}

function buildSplit<E>(split: Split, place: number, input: TableInput<E>): SplitTarget<E> {
  const before = input.before?.splits.get(split.name)
  const policy = policyOf(input.settings, split.name)
  const backends = split.backends.map(({ name, endpoints }): BackendTarget<E> => {
    const block = new Float64Array(input.blocks[split.name]![name]!)
    const earlier = before?.backends.find((backend) => backend.name === name)
    return {
      split: split.name,
      name,
      block,
      endpoints: input.endpoints.set(endpoints, block, policy.slowStartMs, earlier !== undefined),
      retryBudget: earlier?.retryBudget ?? openRetryBudget(picksIn(block)),
    }
  })
  const named = (name: string): BackendTarget<E> => backends.find((backend) => backend.name === name)!
  const weights = split.backends.map((backend) => backend.weight)
  return {
    name: split.name,
    place,
    policy,
    backends,
    picker:
      before === undefined
        ? picker(weights, input.phaseOf(split.name))
        : before.picker.reweighted(
            weights,
            backends.map(({ name }) => before.backends.findIndex((earlier) => earlier.name === name)),
          ),
    sticky: stickyOf({ split, keys: input.keys, before: before?.sticky, phase: input.phaseOf(split.name), nowS: input.nowS }),
    routes: split.routes.map((route) => ({
      matches: route.match.map((match) => compileMatch(match, input.regex)),
      backend: named(route.backend),
      reason: `route:${route.name}`,
    })),
    mirrors: mirrorsOf({ ...input, split, before: before?.mirrors, blockOf: (backend) => named(backend).block }),
    fallback: split.fallback.kind === 'none' ? undefined : named(split.fallback.backend),
  }
}
