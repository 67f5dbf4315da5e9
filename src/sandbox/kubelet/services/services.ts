import type { EndpointSlice, LoadBalancerIngress, Service, ServicePort } from '../../../api/services.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import type { Cluster } from '../../cluster.ts'
import { openEventRecorder, referenceTo, type Told } from '../../events.ts'
import type { Addresses } from '../network/loopback.ts'
import { type Backend, backendsOf } from './backends.ts'
import { type Door, doorsOf } from './doors.ts'
import { openRelay, type Relay } from './relay.ts'
import { clusterAddressHint, portMoved, portTaken, protocolMissing } from './tellings.ts'

export type ServicesOptions = {
  readonly cluster: Cluster
  readonly addresses: Addresses
  /** The port at which a pod really listens. */
  readonly portOf: (podUid: string, port: number) => number
  readonly nowMs: () => number
  readonly onError: (what: string, error: unknown) => void
}

const slicesName = 'endpointslices.discovery.k8s.io'
const serviceLabel = 'kubernetes.io/service-name'
/** An address that could not be had is tried again. */
const retryMs = 15_000

/** Gives Services of type LoadBalancer and NodePort an address on this machine. */
export function startServices({ cluster: whole, addresses, portOf, nowMs, onError }: ServicesOptions): { stop(): Promise<void> } {
  const cluster = whole.as('service-controller')
  const recorder = openEventRecorder({ cluster, component: 'service-controller', nowMs })
  const slices = new Map<string, Map<string, EndpointSlice>>()
  const open = new Map<string, Opened>()
  const hinted = new Set<string>()
  let work: Promise<void> = Promise.resolve()
  let isStopped = false
  let retry: NodeJS.Timeout | undefined

  const keyOf = (namespace: string | undefined, name: string | undefined): string => `${namespace}/${name}`

  function keep(slice: EndpointSlice, isGone: boolean): void {
    const { namespace, name, labels } = slice.metadata
    const key = keyOf(namespace, labels?.[serviceLabel])
    const known = slices.get(key) ?? new Map<string, EndpointSlice>()
    if (isGone) known.delete(name)
    else known.set(name, slice)
    if (known.size > 0) slices.set(key, known)
    else slices.delete(key)
  }

  function backends(key: string, port: ServicePort): readonly Backend[] {
    return backendsOf(port, [...(slices.get(key)?.values() ?? [])]).map((backend) =>
      backend.podUid === undefined ? backend : { ...backend, port: portOf(backend.podUid, backend.port) },
    )
  }

  async function sync(namespace: string | undefined, name: string): Promise<void> {
    if (isStopped) return
    const key = keyOf(namespace, name)
    const service = cluster.find<Service>('services', { namespace, name })
    const opened = open.get(key) ?? { ip: undefined, relays: new Map<string, OpenDoor>() }
    const tell = (told: Told): void => {
      if (service !== undefined) recorder.record(referenceTo(service, { apiVersion: 'v1', kind: 'Service' }), told)
    }
    const type = service?.metadata.deletionTimestamp === undefined ? service?.spec.type : undefined
    if (type === 'LoadBalancer') opened.ip ??= await addresses.take()
    const doors = service === undefined ? [] : doorsOf(service, type === 'LoadBalancer' ? opened.ip : undefined)
    const wanted = new Set(doors.map(({ id }) => id))
    for (const [id, { relay }] of opened.relays) {
      if (wanted.has(id)) continue
      await relay.close()
      opened.relays.delete(id)
    }
    for (const door of doors) await openDoor(key, door, opened, tell)
    if (service !== undefined) hint(service, tell)
    if (doors.length === 0) {
      if (opened.ip !== undefined) addresses.give(opened.ip)
      open.delete(key)
    } else open.set(key, opened)
    if (service !== undefined && type === 'LoadBalancer') tellAddress(service, opened)
  }

  async function openDoor(key: string, door: Door, opened: Opened, tell: (told: Told) => void): Promise<void> {
    if (opened.relays.has(door.id)) return
    if (door.protocol !== 'TCP') return tell(protocolMissing(door))
    const passOn = { host: door.host, backends: () => backends(key, door.servicePort) }
    try {
      opened.relays.set(door.id, { door, relay: await openRelay({ ...passOn, port: door.port }) })
    } catch (error) {
      tell(portTaken(door, error))
      if (!door.mayMove) return retryLater()
      const relay = await openRelay({ ...passOn, port: 0 })
      tell(portMoved(door, relay.port))
      opened.relays.set(door.id, { door, relay })
    }
  }

  function retryLater(): void {
    clearTimeout(retry)
    retry = setTimeout(() => all().forEach(enqueue), retryMs)
    retry.unref()
  }

  function hint(service: Service, tell: (told: Told) => void): void {
    const { uid = '' } = service.metadata
    const told = clusterAddressHint(service)
    if (told === undefined || hinted.has(uid)) return
    hinted.add(uid)
    tell(told)
  }

  function tellAddress(service: Service, { ip, relays }: Opened): void {
    const ports = [...relays.values()]
      .filter(({ door }) => door.kind === 'balancer')
      .map(({ relay }) => ({ port: relay.port, protocol: 'TCP' as const }))
    const ingress: readonly LoadBalancerIngress[] = ip === undefined || ports.length === 0 ? [] : [{ ip, ipMode: 'VIP', ports }]
    cluster.update('services', { ...service, status: { ...service.status, loadBalancer: ingress.length > 0 ? { ingress } : {} } }, 'status')
  }

  /** One after the other: what one opens, another may be about to close. */
  function enqueue({ metadata }: Pick<Service, 'metadata'>): void {
    work = work
      .then(() => sync(metadata.namespace, metadata.name))
      .catch((error: unknown) => {
        // The Service has changed or gone meanwhile: then there is news of it.
        if (!(error instanceof ApiError)) onError(`service ${keyOf(metadata.namespace, metadata.name)}`, error)
      })
  }

  const all = (): readonly Service[] => cluster.list<Service>('services')
  const end = cluster.follow(['services', slicesName], ({ resource, type, object }) => {
    if (resource === 'services') enqueue(object as Service)
    else keep(object as EndpointSlice, type === 'DELETED')
  })
  for (const slice of cluster.list<EndpointSlice>(slicesName)) keep(slice, false)
  all().forEach(enqueue)

  return {
    async stop() {
      isStopped = true
      end()
      clearTimeout(retry)
      await work
      for (const { relays } of open.values()) for (const { relay } of relays.values()) await relay.close()
      open.clear()
    },
  }
}

type OpenDoor = { readonly door: Door; readonly relay: Relay }
/** What a Service has on this machine. */
type Opened = { ip: string | undefined; readonly relays: Map<string, OpenDoor> }
