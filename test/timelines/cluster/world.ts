/** A whole cluster in virtual time: API server, pods, edges, people, and the controller's loop around `decide`. */
import { isPodReady } from '../../../src/api/pod.ts'
import type { Rollout } from '../../../src/api/rollout.ts'
import type { Service } from '../../../src/api/services.ts'
import type { Instant, ObservedEdge, RouterFacts } from '../../../src/core/rollout/observed.ts'
import { isPodActive } from '../../../src/sandbox/controllers/podAvailability.ts'
import { type Clock, openClock } from './clock.ts'
import { type Edge, runEdge } from './edges.ts'
import { type Decide, type Loop, runLoop, type Watcher } from './loop.ts'
import { servicesOf, versionOf } from './manifests.ts'
import { type ImageFate, type Pods, runPods } from './pods.ts'
import { type Kind, openStore, Refusal, type Store } from './store.ts'
import { type User, userOf } from './users.ts'

export type WorldOptions = {
  readonly rollout: Rollout
  readonly decide: Decide
  readonly services?: readonly Service[]
  /** By name; none: nobody carries out a split. */
  readonly edges?: readonly string[]
  /** Entry Services to which routes of the edges lead; all Services of the Rollout, if absent. */
  readonly routedServices?: readonly string[]
  readonly router?: Partial<RouterFacts>
  /** By tag; others are ready after 4 s. */
  readonly images?: Readonly<Record<string, ImageFate>>
  readonly lags?: Lags
  readonly watcher?: Watcher
  /** As a PodDisruptionBudget has it. */
  readonly minAvailable?: number
}

export type Lags = {
  cacheMs(kind: Kind): number
  edgeMs(what: 'split' | 'endpoints' | 'report'): number
  replicaSetMs(): number
  readonly terminationMs: number
  readonly drainMs: number
}

/** Such that a reader can follow: an edge learns of anything a second later, all else knows at once. */
const readableLags: Lags = {
  cacheMs: () => 0,
  edgeMs: (what) => (what === 'report' ? 0 : 1_000),
  replicaSetMs: () => 0,
  terminationMs: 3_000,
  drainMs: 2_000,
}

export type World = {
  readonly start: Instant
  readonly clock: Clock
  readonly store: Store
  readonly pods: Pods
  readonly loop: Loop
  readonly user: User
  readonly rolloutName: string
  apply(): void
  edge(name: string): Edge
  edges(): readonly Edge[]
  /** A new one, not yet started. */
  addEdge(name: string): Edge
  setFate(tag: string, fate: ImageFate): void
  rollout(): Rollout | undefined
  /** Instant by instant; `ended` after each. */
  runFor(ms: number, ended?: () => void): void
}

export function openWorld(options: WorldOptions): World {
  const { rollout, decide, lags = readableLags, watcher = {} } = options
  const start = Date.parse('2026-03-02T09:00:00Z')
  const clock = openClock(start)
  const store = openStore(clock)
  const fates = new Map(Object.entries(options.images ?? {}))
  const services = options.services ?? servicesOf(rollout)
  const routedServices = options.routedServices ?? services.map(({ metadata }) => metadata.name)
  const edges = new Map<string, Edge>()
  const rolloutName = rollout.metadata.name
  const pods = runPods(store, clock, {
    fateOf: (image) => fates.get(versionOf(image)) ?? { kind: 'ready', afterMs: 4_000 },
    lagMs: lags.replicaSetMs,
    terminationMs: lags.terminationMs,
  })

  function evict(name: string): void {
    const pod = store.get('Pod', name)
    const ready = store.list('Pod').filter((each) => isPodActive(each) && isPodReady(each)).length
    if (pod !== undefined && isPodReady(pod) && ready <= (options.minAvailable ?? 0))
      throw new Refusal('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.")
    pods.delete(name)
  }

  function addEdge(name: string): Edge {
    const settings = { name, routedServices, lagMs: lags.edgeMs, drainMs: lags.drainMs }
    const edge = runEdge(store, clock, settings, () => loop.changed())
    edges.set(name, edge)
    return edge
  }

  const loop = runLoop({
    store,
    clock,
    rolloutName,
    decide,
    watcher,
    router: { isEdgeDefault: false, hasIstio: false, ingresses: new Map(), ...options.router },
    edges: () => [...edges.values()].map((edge) => edge.observed()).filter((edge): edge is ObservedEdge => edge !== undefined),
    evict,
    cacheLagMs: lags.cacheMs,
  })
  for (const service of services) store.create('Service', service)
  for (const name of options.edges ?? []) addEdge(name).start()

  return {
    start,
    clock,
    store,
    pods,
    loop,
    rolloutName,
    user: userOf(store, clock, rolloutName),
    apply: () => void store.create('Rollout', rollout),
    edge(name) {
      const edge = edges.get(name)
      if (edge === undefined) throw new Error(`there is no edge ${name}`)
      return edge
    },
    edges: () => [...edges.values()],
    addEdge,
    setFate: (tag, fate) => void fates.set(tag, fate),
    rollout: () => store.get('Rollout', rolloutName),
    runFor(ms, ended = () => undefined) {
      const until = clock.now() + ms
      for (let next = clock.nextAt(); next !== undefined && next <= until; next = clock.nextAt()) {
        clock.runUntil(next)
        ended()
      }
      clock.runUntil(until)
    },
  }
}
