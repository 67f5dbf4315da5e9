/** The edges: each learns the split and who is ready in its own time, serves by what it knows, and tells of it. */
import { isPodReady } from '../../../src/api/pod.ts'
import { hasAll } from '../../../src/api/selector.ts'
import type { SplitService, TrafficSplit } from '../../../src/api/trafficSplit.ts'
import type { Instant, ObservedEdge } from '../../../src/core/rollout/observed.ts'
import type { Clock } from './clock.ts'
import { isSame, type Store } from './store.ts'

export type EdgeSettings = {
  readonly name: string
  /** Entry Services to which one of its routes leads. */
  readonly routedServices: readonly string[]
  /** From the API server to it, for a split and for endpoints, and from it to the controller. */
  readonly lagMs: (what: 'split' | 'endpoints' | 'report') => number
  /** How long the last of its requests to a version take that gets no more. */
  readonly drainMs: number
}

export type Edge = {
  readonly name: string
  /** What is true of it, told or not; undefined while it does not serve. */
  serving(): Serving | undefined
  /** As the controller knows it; undefined: it is not among those that serve. */
  observed(): ObservedEdge | undefined
  /** It serves on, by what it learns, but is not heard. */
  fallSilent(): void
  speak(): void
  /** Learns nothing until it is let go. */
  freeze(): void
  thaw(): void
  /** Its process ends; its endpoint with it. */
  stop(): void
  /** Lists what is there and serves. */
  start(): void
  routeTo(services: readonly string[]): void
}

/** By pod-template hash. */
export type Serving = {
  readonly split: TrafficSplit | undefined
  readonly readyEndpoints: ReadonlyMap<string, number>
  readonly inFlight: ReadonlyMap<string, number>
  readonly routedServices: readonly string[]
}

/** Without a line for so long, it counts as silent. */
const silenceMs = 3_000

/** Ready endpoints by Service, as EndpointSlices have them. */
type Endpoints = ReadonlyMap<string, number>

/** `changed`: the controller knows something new of it. */
export function runEdge(store: Store, clock: Clock, settings: EdgeSettings, changed: () => void): Edge {
  const { name, lagMs, drainMs } = settings
  let life = 0
  let isServing = false
  let silentSince: Instant | undefined
  let isFrozen = false
  let missed: (() => void)[] = []
  let split: TrafficSplit | undefined
  let endpoints: Endpoints = new Map()
  let endedAt = new Map<string, Instant>()
  let routedServices = settings.routedServices
  let told: ObservedEdge | undefined
  let listed: Endpoints = new Map()
  let isListing = false
  const last = new Map<string, Instant>()

  /** In order, whatever the lag of each. */
  function after(what: 'split' | 'endpoints' | 'report', run: () => void): void {
    const at = Math.max(clock.now() + lagMs(what), last.get(what) ?? 0)
    last.set(what, at)
    const mine = life
    clock.at(at, () => {
      if (life === mine) run()
    })
  }

  function learn(what: 'split' | 'endpoints', apply: () => void): void {
    after(what, () => {
      if (isFrozen) missed.push(apply)
      else {
        apply()
        tell()
      }
    })
  }

  function apply(next: TrafficSplit | undefined): void {
    const before = carrying(split, routedServices)
    split = next
    const now = carrying(split, routedServices)
    for (const hash of before)
      if (!now.has(hash)) {
        endedAt.set(hash, clock.now())
        clock.at(clock.now() + drainMs, tell)
      }
    for (const hash of now) endedAt.delete(hash)
  }

  function inFlightTo(hash: string): number {
    if (carrying(split, routedServices).has(hash)) return 3
    const since = endedAt.get(hash)
    return since !== undefined && clock.now() < since + drainMs ? 1 : 0
  }

  function report(): ObservedEdge {
    const backends = (split?.spec.backends ?? []).map(({ podTemplateHash, service }) => ({
      podTemplateHash,
      readyEndpoints: endpoints.get(service) ?? 0,
      inFlight: inFlightTo(podTemplateHash),
    }))
    const applied = split && { uid: split.metadata.uid ?? '', generation: split.metadata.generation ?? 0 }
    return { name, silentMs: 0, applied, routedServices, backends }
  }

  function tell(): void {
    if (!isServing || silentSince !== undefined) return
    const line = report()
    after('report', () => {
      if (silentSince !== undefined || isSame(told, line)) return
      told = line
      changed()
    })
  }

  function list(): void {
    listed = endpointsIn(store)
  }

  store.onChange(({ kind, object }) => {
    if (kind === 'TrafficSplit' && isServing) learn('split', () => apply(object))
    if ((kind !== 'Pod' && kind !== 'Service') || isListing) return
    isListing = true
    clock.at(clock.now(), () => {
      isListing = false
      const now = endpointsIn(store)
      if (isSame(Object.fromEntries(now), Object.fromEntries(listed))) return
      listed = now
      if (isServing) learn('endpoints', () => (endpoints = now))
    })
  })

  return {
    name,
    serving: () =>
      isServing
        ? {
            split,
            readyEndpoints: new Map(
              (split?.spec.backends ?? []).map(({ podTemplateHash, service }) => [podTemplateHash, endpoints.get(service) ?? 0]),
            ),
            inFlight: new Map((split?.spec.backends ?? []).map(({ podTemplateHash }) => [podTemplateHash, inFlightTo(podTemplateHash)])),
            routedServices,
          }
        : undefined,
    observed() {
      if (!isServing) return undefined
      const known = told ?? { name, silentMs: undefined, applied: undefined, routedServices: [], backends: [] }
      return silentSince === undefined || told === undefined || clock.now() - silentSince < silenceMs
        ? known
        : { ...known, silentMs: clock.now() - silentSince }
    },
    fallSilent() {
      silentSince ??= clock.now()
      clock.at(clock.now() + silenceMs, changed)
    },
    speak() {
      silentSince = undefined
      tell()
      changed()
    },
    freeze() {
      isFrozen = true
    },
    thaw() {
      isFrozen = false
      for (const apply of missed) apply()
      missed = []
      tell()
    },
    stop() {
      life++
      isServing = false
      told = undefined
      silentSince = undefined
      missed = []
      endedAt = new Map()
      changed()
    },
    start() {
      life++
      last.clear()
      isServing = true
      isFrozen = false
      missed = []
      list()
      endpoints = listed
      split = store.list('TrafficSplit')[0]
      changed()
      tell()
    },
    routeTo(services) {
      routedServices = services
      tell()
    },
  }
}

function endpointsIn(store: Store): Endpoints {
  const pods = store.list('Pod').filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined)
  return new Map(
    store
      .list('Service')
      .map(({ metadata, spec }) => [metadata.name, pods.filter((pod) => hasAll(pod.metadata.labels ?? {}, spec.selector ?? { '': '' })).length]),
  )
}

/** Versions to which requests may go that begin now. */
export function carrying(split: TrafficSplit | undefined, routedServices: readonly string[]): ReadonlySet<string> {
  const services = (split?.spec.services ?? []).filter(({ name }) => routedServices.includes(name))
  return new Set(services.flatMap(versionsOf))
}

function versionsOf({ weights, routes = [] }: SplitService): readonly string[] {
  return [
    ...weights.filter(({ weight }) => weight > 0).map(({ podTemplateHash }) => podTemplateHash),
    ...routes.filter(({ match }) => match.length > 0).map(({ podTemplateHash }) => podTemplateHash),
  ]
}
