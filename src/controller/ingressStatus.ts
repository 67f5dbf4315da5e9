import { isDeepStrictEqual } from 'node:util'
import { componentLabel } from '../api/rolloutLabels.ts'
import type { LoadBalancerIngress, Service } from '../api/services.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Informers } from '../kube/informers.ts'
import { openQueue, type Worked } from '../kube/queue.ts'
import { ingresses, keyOf, refOfKey, services } from '../kube/resource.ts'
import type { Store } from '../kube/store.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { fieldManager, isStale } from './rollout/execute.ts'
import { isOurs, type Stores } from './stores.ts'

type Address = Pick<LoadBalancerIngress, 'ip' | 'hostname'>

type IngressStatusOptions = {
  readonly client: KubeClient
  readonly stores: Pick<Stores, 'ingresses'>
  /** Those in front of the edges. */
  readonly edgeServices: readonly Store<Service>[]
  readonly log: Log
  guard(): AbortSignal
}

const workers = 2
const callMs = 10_000
const againMs = 100

/** Begins to follow the Services in front of the edges. */
export function edgeServicesIn(informers: Pick<Informers, 'of'>, namespaces: readonly string[]): readonly Store<Service>[] {
  const labelSelector = `${componentLabel}=edge`
  return namespaces.map((namespace) => informers.of<Service>({ resource: services, namespace, labelSelector }).store)
}

/** Tells, in the status of each Ingress that the edges serve, where that is; until the signal. */
export async function tellIngresses({ client, stores, edgeServices, log, guard }: IngressStatusOptions, signal: AbortSignal): Promise<void> {
  const queue = openQueue({
    workers,
    onFailure: (key, error, failures) =>
      log.warn('the status of an ingress could not be written; trying again', { ingress: key, failures, error: explain(error) }),
  })

  async function work(key: string): Promise<Worked> {
    const ingress = stores.ingresses.get(key)
    const found = edgeServices.flatMap((store) => [...store.values()])
    // Without a Service nothing is known of where the edges are: it may come yet.
    if (ingress === undefined || !isOurs(ingress) || found.length === 0) return { kind: 'done' }
    const wanted = addressesOf(found)
    if (isDeepStrictEqual((ingress.status?.loadBalancer?.ingress ?? []).map(addressIn), wanted)) return { kind: 'done' }
    const { uid, resourceVersion } = ingress.metadata
    const body = { metadata: { uid, resourceVersion }, status: { loadBalancer: { ingress: wanted } } }
    const call = { subresource: 'status', fieldManager, timeoutMs: callMs, signal: AbortSignal.any([signal, guard()]) }
    try {
      await client.patch(ingresses, refOfKey(key), { kind: 'merge', body }, call)
      return { kind: 'done' }
    } catch (error) {
      if (!isStale(error)) throw error
      return { kind: 'again', atMs: performance.now() + againMs }
    }
  }

  const ends = [
    stores.ingresses.subscribe(({ object }) => {
      if (isOurs(object)) queue.add(keyOf(object))
    }),
    ...edgeServices.map((store) =>
      store.subscribe(() => {
        for (const ingress of stores.ingresses.values()) if (isOurs(ingress)) queue.add(keyOf(ingress))
      }),
    ),
  ]
  try {
    await queue.run(work, signal)
  } finally {
    for (const end of ends) end()
  }
}

/** Where these Services are reached from outside, each address once, in an order of their own. */
export function addressesOf(services: readonly Service[]): readonly Address[] {
  const all = services.flatMap(({ spec, status }) => [
    ...(spec.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []).map(addressIn) : []),
    ...(spec.externalIPs ?? []).map((ip) => ({ ip })),
  ])
  const byText = new Map(all.map((address) => [JSON.stringify(address), address]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address)
}

function addressIn({ ip, hostname }: Address): Address {
  return { ...(ip !== undefined && { ip }), ...(hostname !== undefined && { hostname }) }
}
