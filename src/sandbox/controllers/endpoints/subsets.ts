import { isPodReady, type Pod } from '../../../api/pod.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Service } from '../../../api/services.ts'
import { addressesOf, findPort, hostnameIn, isReachable } from './podEndpoints.ts'

type Port = EndpointPort & { readonly port: number }
type Offer = { readonly port: Port | undefined; readonly addresses: Map<string, { readonly address: EndpointAddress; readonly isReady: boolean }> }

/** Addresses that offer the same ports stand together. Pods that are being deleted are not told. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const offers = new Map<string, Offer>()
  for (const pod of pods) {
    const address = isReachable(pod) && pod.metadata.deletionTimestamp === undefined ? addressOf(pod, service) : undefined
    if (address === undefined) continue
    const isReady = service.spec.publishNotReadyAddresses === true || isPodReady(pod)
    for (const port of portsOf(service, pod)) {
      const key = JSON.stringify(port ?? null)
      const offer = offers.get(key) ?? { port, addresses: new Map() }
      offers.set(key, offer)
      offer.addresses.set(`${address.ip} ${pod.metadata.uid}`, { address, isReady })
    }
  }
  return merged([...offers.values()])
}

/** Ports that all the same addresses offer become one subset. */
function merged(offers: readonly Offer[]): readonly EndpointSubset[] {
  const groups = new Map<string, { readonly ports: Port[]; readonly addresses: Offer['addresses'] }>()
  for (const { port, addresses } of offers) {
    const key = [...addresses.keys()].toSorted().join()
    const group = groups.get(key) ?? { ports: [], addresses }
    groups.set(key, group)
    if (port !== undefined) group.ports.push(port)
  }
  return [...groups].map(([, { ports, addresses }]) => {
    const sorted = [...addresses.values()].toSorted((a, b) => compareAddresses(a.address, b.address))
    const ready = sorted.filter(({ isReady }) => isReady).map(({ address }) => address)
    const notReady = sorted.filter(({ isReady }) => !isReady).map(({ address }) => address)
    return {
      ...(ready.length > 0 && { addresses: ready }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady }),
      ...(ports.length > 0 && { ports }),
    }
  })
}

function compareAddresses(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1
  return (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1
}

/** A headless Service may have no ports at all, which is one offer, too. */
function portsOf(service: Service, pod: Pod): readonly (Port | undefined)[] {
  const { ports = [], clusterIP } = service.spec
  if (ports.length === 0) return clusterIP === 'None' ? [undefined] : []
  return ports.flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    const { name, protocol = 'TCP', appProtocol } = servicePort
    return port === undefined ? [] : [{ ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

/** Of the Service's first family; undefined: the pod has none of that. */
function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const { namespace, name, uid } = pod.metadata
  const isIPv6 = service.spec.ipFamilies?.[0] === 'IPv6'
  const ip = addressesOf(pod.status ?? {}).find((address) => address.includes(':') === isIPv6)
  const hostname = hostnameIn(pod, service)
  return ip === undefined
    ? undefined
    : {
        ip,
        ...(hostname !== undefined && { hostname }),
        ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
        targetRef: { kind: 'Pod', ...(namespace !== undefined && { namespace }), name, ...(uid !== undefined && { uid }) },
      }
}
