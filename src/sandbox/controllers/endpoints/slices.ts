import { isDeepStrictEqual } from 'node:util'
import { isPodReady, type Pod } from '../../../api/pod.ts'
import type { Endpoint, EndpointPort, EndpointSlice, Service } from '../../../api/services.ts'
import { controllerReference } from '../ownership.ts'
import { addressesOf, findPort, hostnameIn, isHeadless, isReachable } from './podEndpoints.ts'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const slicesManager = 'endpointslice-controller.k8s.io'
const headlessLabel = 'service.kubernetes.io/headless'
export const endpointsMaximum = 100

type AddressType = 'IPv4' | 'IPv6'

export type SlicesObserved = {
  readonly service: Service
  /** Those that the Service selects. */
  readonly pods: readonly Pod[]
  /** Those that were made for it and stay. */
  readonly slices: readonly EndpointSlice[]
  /** By a node's name. */
  readonly zones: ReadonlyMap<string, string>
}

/** In this order. */
export type SliceChanges = {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly EndpointSlice[]
  readonly delete: readonly EndpointSlice[]
}

/** Slices as they should be with as few writes as possible: an endpoint stays where it is, and what is left fills slices that are written anyway. */
export function planSlices(observed: SlicesObserved): SliceChanges {
  const types = addressTypes(observed.service)
  const plans = types.map((type) => planType(type, { ...observed, slices: observed.slices.filter(({ addressType }) => addressType === type) }))
  const foreign = observed.slices.filter(({ addressType }) => !types.some((type) => type === addressType))
  return {
    create: plans.flatMap((plan) => plan.create),
    update: plans.flatMap((plan) => plan.update),
    delete: [...plans.flatMap((plan) => plan.delete), ...foreign],
  }
}

function addressTypes({ spec }: Service): readonly AddressType[] {
  return spec.ipFamilies !== undefined && spec.ipFamilies.length > 0 ? spec.ipFamilies : [spec.clusterIP?.includes(':') ? 'IPv6' : 'IPv4']
}

/** Endpoints that share their ports share slices. */
type Group = { readonly ports: readonly EndpointPort[]; readonly endpoints: Map<string, Endpoint> }

function planType(addressType: AddressType, { service, pods, slices, zones }: SlicesObserved): SliceChanges {
  const wanted = new Map<string, Group>()
  for (const pod of pods) {
    if (!isReachable(pod)) continue
    const ports = portsOf(service, pod)
    const group = wanted.get(portsKey(ports)) ?? { ports, endpoints: new Map<string, Endpoint>() }
    wanted.set(portsKey(ports), group)
    const endpoint = endpointOf(pod, service, { addressType, zones })
    if (endpoint.addresses.length > 0) group.endpoints.set(endpointKey(endpoint), endpoint)
  }
  const own = slices.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid, kind }) => uid === service.metadata.uid && kind === 'Service'))
  const plans = [...wanted].map(([key, group]) => {
    const existing = own.filter(({ ports }) => portsKey(ports ?? []) === key)
    return planGroup(group, existing, newSlice(service, addressType, group.ports))
  })
  const unwanted = slices.filter((slice) => !own.includes(slice) || !wanted.has(portsKey(slice.ports ?? [])))
  const create = plans.flatMap((plan) => plan.create)
  let gone: readonly EndpointSlice[] = [...plans.flatMap((plan) => plan.delete), ...unwanted]
  if (gone.length === slices.length && create.length === 0) {
    // There is always a slice, be it an empty one.
    const placeholder = newSlice(service, addressType, [])
    if (gone.length === 1 && isPlaceholder(gone[0]!, placeholder)) gone = []
    else create.push(placeholder)
  }
  return reuse({ create, update: plans.flatMap((plan) => plan.update), delete: gone }, own)
}

/** What would be deleted is filled anew instead of creating another. */
function reuse(changes: SliceChanges, own: readonly EndpointSlice[]): SliceChanges {
  const create = [...changes.create]
  const update = [...changes.update]
  const gone = changes.delete.filter((slice) => {
    const fresh = own.includes(slice) ? create.pop() : undefined
    if (fresh === undefined) return true
    const { name, annotations, resourceVersion } = slice.metadata
    update.push({
      ...fresh,
      metadata: { ...fresh.metadata, name, ...(annotations && { annotations }), ...(resourceVersion !== undefined && { resourceVersion }) },
    })
    return false
  })
  return { create, update, delete: gone }
}

function isPlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  const { endpoints, ports, metadata } = slice
  return (endpoints ?? []).length === 0 && (ports ?? []).length === 0 && isDeepStrictEqual(metadata.labels, placeholder.metadata.labels)
}

type Filling = { readonly slice: EndpointSlice; readonly endpoints: Endpoint[]; readonly isTouched: boolean }

function planGroup({ endpoints: wanted }: Group, existing: readonly EndpointSlice[], fresh: EndpointSlice): SliceChanges {
  const left = new Map(wanted)
  const gone: EndpointSlice[] = []
  const fillings: Filling[] = []
  for (const slice of existing) {
    const before = slice.endpoints ?? []
    const kept = before.flatMap((endpoint) => left.get(endpointKey(endpoint)) ?? [])
    for (const endpoint of kept) left.delete(endpointKey(endpoint))
    const isChanged = kept.length !== before.length || kept.some((endpoint, i) => !isDeepStrictEqual(told(endpoint), told(before[i]!)))
    if (isChanged && kept.length === 0) gone.push(slice)
    else fillings.push({ slice, endpoints: kept, isTouched: isChanged || !isDeepStrictEqual(slice.metadata.labels, fresh.metadata.labels) })
  }
  const rest = [...left.values()]
  // The fullest first, of those that are written anyway.
  const touched = fillings.filter(({ isTouched }) => isTouched).toSorted((a, b) => b.endpoints.length - a.endpoints.length)
  for (const { endpoints } of touched) endpoints.push(...rest.splice(0, endpointsMaximum - endpoints.length))
  const untouched = fillings.filter(({ isTouched }) => !isTouched).toSorted((a, b) => b.endpoints.length - a.endpoints.length)
  const create: EndpointSlice[] = []
  while (rest.length > 0) {
    const roomy = rest.length < endpointsMaximum ? untouched.find(({ endpoints }) => endpoints.length + rest.length <= endpointsMaximum) : undefined
    if (roomy !== undefined) {
      roomy.endpoints.push(...rest.splice(0))
      touched.push(roomy)
    } else create.push({ ...fresh, endpoints: rest.splice(0, endpointsMaximum) })
  }
  const update = touched.map(({ slice, endpoints }) => {
    const { labels } = fresh.metadata
    return { ...slice, metadata: { ...slice.metadata, ...(labels && { labels }) }, endpoints }
  })
  return { create, update, delete: gone }
}

/** What a reader is told of an endpoint. */
function told({ targetRef, ...endpoint }: Endpoint): unknown {
  const { resourceVersion: _, ...reference } = targetRef ?? {}
  return { ...endpoint, reference }
}

function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([addresses.toSorted(), hostname, targetRef?.namespace, targetRef?.name])
}

function portsKey(ports: readonly EndpointPort[]): string {
  return JSON.stringify(ports.map(({ name = '', protocol, port, appProtocol }) => JSON.stringify([name, protocol, port, appProtocol])).toSorted())
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return port === undefined ? [] : [{ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

function endpointOf(
  pod: Pod,
  service: Service,
  { addressType, zones }: { readonly addressType: AddressType; readonly zones: ReadonlyMap<string, string> },
): Endpoint {
  const { namespace, name, uid, deletionTimestamp } = pod.metadata
  const { nodeName } = pod.spec
  const serving = isPodReady(pod)
  const terminating = deletionTimestamp !== undefined
  const hostname = hostnameIn(pod, service)
  const zone = zones.get(nodeName ?? '')
  return {
    addresses: addressesOf(pod.status ?? {}).filter((address) => address.includes(':') === (addressType === 'IPv6')),
    conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: { kind: 'Pod', ...(namespace !== undefined && { namespace }), name, ...(uid !== undefined && { uid }) },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
  }
}

function newSlice(service: Service, addressType: AddressType, ports: readonly EndpointPort[]): EndpointSlice {
  const { name, namespace, labels = {} } = service.metadata
  const { [headlessLabel]: _, ...own } = labels
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace !== undefined && { namespace }),
      labels: { ...own, ...(isHeadless(service) && { [headlessLabel]: '' }), [serviceNameLabel]: name, [managedByLabel]: slicesManager },
      ownerReferences: [controllerReference(service, { apiVersion: 'v1', kind: 'Service' })],
    },
    addressType,
    endpoints: [],
    ports,
  }
}
