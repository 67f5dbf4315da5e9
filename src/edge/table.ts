import { type CompiledMatch, compileMatch, compileRoutes, type RouteTable } from '../core/routing/compile.ts'
import type { CompileRegex, Split } from '../core/routing/types.ts'
import { type EdgeConfig, type Limits, policyOf, type Timeouts, type TrafficPolicy } from './config.ts'
import type { EndpointPool, Endpoints } from './endpoints.ts'
import type { EndpointSet } from './health/endpointSet.ts'
import { openRetryBudget, type RetryBudget } from './health/retryBudget.ts'
import { type Mirroring, type MirrorTarget, mirrorsOf } from './mirror/targets.ts'
import { type Picker, picker } from './pick.ts'
import type { BackendBlocks } from './protocol.ts'
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
  readonly routes: RouteTable<SplitTarget<E>>
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
  readonly config: EdgeConfig
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

export function buildTable<E>(input: TableInput<E>): Table<E> {
  const { config } = input
  const splits = new Map(config.routing.splits.map((split) => [split.name, buildSplit(split, input)]))
  const routes = config.routing.routes.map((route) => ({ route, target: splits.get(route.split)! }))
  const routingHeaders = new Set<string>()
  for (const split of splits.values()) {
    if (split.sticky?.header !== undefined) routingHeaders.add(split.sticky.header)
    for (const route of split.routes) for (const match of route.matches) for (const header of match.headers) routingHeaders.add(header.name)
  }
  return {
    version: input.version,
    routes: compileRoutes(routes),
    splits,
    routingHeaders,
    trust: trustOf(config.trustedProxies),
    limits: config.limits,
    timeouts: config.timeouts,
    policy: policyOf(config),
  }
}

function buildSplit<E>(split: Split, input: TableInput<E>): SplitTarget<E> {
  const before = input.before?.splits.get(split.name)
  const policy = policyOf(input.config, split.name)
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
