import { setTimeout as delay } from 'node:timers/promises'
import { type Ingress, type IngressClass, serviceNameLabel } from '../../../api/ingress.ts'
import type { KubeObject } from '../../../api/meta.ts'
import { rolloutVersion, spillwayGroup } from '../../../api/rolloutLabels.ts'
import type { EndpointSlice, Service } from '../../../api/services.ts'
import type { TrafficSplit } from '../../../api/trafficSplit.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { type Informer, openInformers } from '../../../kube/informers.ts'
import type { ReflectorTimes } from '../../../kube/reflector.ts'
import { endpointSlices, ingressClasses, ingresses, keyOf, type Resource, services } from '../../../kube/resource.ts'
import type { Change } from '../../../kube/store.ts'
import { unlessAborted } from '../../../lib/deadline.ts'
import type { Changes, ClusterView } from './cluster.ts'

export const trafficSplits: Resource = {
  group: spillwayGroup,
  version: rolloutVersion,
  name: 'trafficsplits',
  kind: 'TrafficSplit',
  namespaced: true,
}

/** A cluster as it is followed. */
export type Followed = {
  readonly view: ClusterView
  /** Resolves once all there was at some moment is known. */
  synced(signal: AbortSignal): Promise<void>
  isSynced(): boolean
  /** The same, and whether it came in time: an API server that answers, if slowly, is waited for; one that fails, or is silent, is not. */
  syncedWithin(patience: Patience, signal: AbortSignal): Promise<boolean>
  /** Whether all watches hear from the server, and when the one that is worst off last did (monotonic). */
  connection(silenceMs: number): { readonly connected: boolean; readonly heardMs: number }
  /** What has changed since it was asked last. */
  takeChanges(): Changes
  /** Calls after each change; until the signal aborts. Never rejects. */
  run(signal: AbortSignal, onChange: () => void): Promise<void>
}

export type Patience = { readonly patienceMs: number; readonly failingMs: number }

export type FollowOptions = {
  readonly client: KubeClient
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  onFailure(resource: Resource, error: Error, failures: number): void
  readonly times?: Partial<ReflectorTimes>
}

const byService = 'service'
/** How often it is looked whether to wait on. */
const lookMs = 50

export function followCluster({ client, namespaces, onFailure, times }: FollowOptions): Followed {
  /** Kinds that the server does not have, or does not show: as if there were no objects of them. */
  const absent = new Map<Resource, PromiseWithResolvers<void>>(
    [trafficSplits, ingressClasses].map((resource) => [resource, Promise.withResolvers<void>()]),
  )
  const informers = openInformers({
    client,
    ...(times && { times }),
    onFailure(resource, error, failures) {
      if (isKubeError(error, 'notFound', 'forbidden') && absent.has(resource)) absent.get(resource)!.resolve()
      else failed = true
      onFailure(resource, error, failures)
    },
  })
  let changes = noChanges()
  let failed = false
  let isSynced = false
  const all: { readonly resource: Resource; readonly informer: Informer<KubeObject> }[] = []

  function follow<T extends KubeObject>(resource: Resource, more: { readonly trim?: (object: T) => T } = {}): readonly Informer<T>[] {
    const places = resource.namespaced && namespaces.length > 0 ? namespaces.map((namespace) => ({ namespace })) : [{}]
    return places.map((place) => {
      const informer = informers.of<T>({ resource, ...place, ...more })
      all.push({ resource, informer: informer as unknown as Informer<KubeObject> })
      return informer
    })
  }

  const followed = {
    ingresses: follow<Ingress>(ingresses),
    ingressClasses: follow<IngressClass>(ingressClasses),
    trafficSplits: follow<TrafficSplit>(trafficSplits),
    services: follow<Service>(services),
    slices: follow<EndpointSlice>(endpointSlices, { trim: slimSlice }),
  }
  for (const { store } of followed.slices) store.index(byService, serviceOf)

  async function synced(signal: AbortSignal): Promise<void> {
    const each = all.map(({ resource, informer }) => {
      const missing = absent.get(resource)
      return missing === undefined ? informer.synced(signal) : Promise.race([informer.synced(signal), unlessAborted(signal, missing.promise)])
    })
    await Promise.all(each)
    isSynced = true
  }

  const isAbsent = new Set<Resource>()
  for (const [resource, { promise }] of absent) void promise.then(() => isAbsent.add(resource))

  return {
    view: {
      ingresses: valuesOf(followed.ingresses),
      ingressClasses: valuesOf(followed.ingressClasses),
      trafficSplits: valuesOf(followed.trafficSplits),
      services: valuesOf(followed.services),
      service(namespace, name) {
        for (const { store } of followed.services) {
          const found = store.get(`${namespace}/${name}`)
          if (found !== undefined) return found
        }
        return undefined
      },
      slicesOf: (namespace, service) => followed.slices.flatMap(({ store }) => store.by(byService, `${namespace}/${service}`)),
    },
    synced,
    isSynced: () => isSynced,
    async syncedWithin({ patienceMs, failingMs }, signal) {
      const untilMs = performance.now() + patienceMs
      const failingUntilMs = performance.now() + failingMs
      const answers = (): boolean => all.some(({ informer }) => informer.state().kind !== 'listing')
      const stop = new AbortController()
      const end = AbortSignal.any([signal, stop.signal])
      const inTime = synced(end).then(
        () => true,
        () => false,
      )
      while (!signal.aborted) {
        if (await Promise.race([inTime, delay(lookMs, false, { signal }).catch(() => false)])) return true
        const nowMs = performance.now()
        if (!answers() && (nowMs >= untilMs || (failed && nowMs >= failingUntilMs))) break
        if (failed && nowMs >= untilMs) break
      }
      stop.abort()
      return false
    },
    connection(silenceMs) {
      let connected = true
      let heardMs = performance.now()
      for (const { resource, informer } of all) {
        const state = informer.state()
        if (state.kind === 'listing') {
          if (!isAbsent.has(resource)) [connected, heardMs] = [false, 0]
        } else {
          if (state.kind === 'cut') connected = false
          heardMs = Math.min(heardMs, state.heardMs)
        }
      }
      return { connected: connected && performance.now() - heardMs < silenceMs, heardMs }
    },
    takeChanges() {
      const taken = changes
      changes = noChanges()
      return taken
    },
    async run(signal, onChange) {
      const ends = all.map(({ resource, informer: { store } }) =>
        store.subscribe((change) => {
          note(changes, resource, change)
          onChange()
        }),
      )
      try {
        await informers.run(signal)
      } finally {
        for (const end of ends) end()
      }
    },
  }
}

type Noted = { ingresses: boolean; trafficSplits: boolean; readonly services: Set<string> }

function noChanges(): Noted {
  return { ingresses: false, trafficSplits: false, services: new Set() }
}

function note(noted: Noted, resource: Resource, change: Change<KubeObject>): void {
  if (resource === ingresses || resource === ingressClasses) noted.ingresses = true
  else if (resource === trafficSplits) noted.trafficSplits = true
  else
    for (const object of change.kind === 'modified' ? [change.object, change.before] : [change.object])
      for (const key of resource === services ? [keyOf(object)] : serviceOf(object)) noted.services.add(key)
}

/** Iterable again and again. */
function valuesOf<T extends KubeObject>(informers: readonly Informer<T>[]): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const { store } of informers) yield* store.values()
    },
  }
}

function serviceOf({ metadata }: KubeObject): readonly string[] {
  const service = metadata.labels?.[serviceNameLabel]
  return service === undefined ? [] : [keyOf({ metadata: { namespace: metadata.namespace ?? '', name: service } })]
}

/** What is used of a slice: of ten thousand pods the rest would be most of this thread's memory. */
function slimSlice({ metadata, addressType, ports, endpoints }: EndpointSlice): EndpointSlice {
  const { name, namespace, uid, resourceVersion, labels } = metadata
  const service = labels?.[serviceNameLabel]
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(service !== undefined && { labels: { [serviceNameLabel]: service } }),
    },
    addressType,
    ports: ports ?? [],
    endpoints: (endpoints ?? []).map(({ addresses, conditions }) => ({ addresses: addresses.slice(0, 1), ...(conditions && { conditions }) })),
  }
}
