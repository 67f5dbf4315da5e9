import type { EndpointSlice, Service, ServicePort, Endpoint as SliceEndpoint } from '../../../api/services.ts'
import type { Endpoint } from '../../../core/routing/types.ts'

/** The port of a Service that an Ingress names, by its name or number; TCP alone is proxied. */
export function servicePort({ spec }: Service, port: string | number): ServicePort | undefined {
  return spec.ports?.find((each) => isTcp(each.protocol) && (typeof port === 'number' ? each.port === port : each.name === port))
}

/**
 * What a port of an entry Service is called in the slices of a version's own Service, which has the ports of all entry Services: by its name; one that has
 * none, or another there, by its number. Undefined: it has no such port.
 */
export function portNameIn(backend: Service, { name = '', port }: ServicePort): string | undefined {
  const ports = (backend.spec.ports ?? []).filter(({ protocol }) => isTcp(protocol))
  const found = ports.find((each) => name !== '' && each.name === name) ?? ports.find((each) => each.port === port)
  return found && (found.name ?? '')
}

/**
 * Where requests for a port go: what is ready; where nothing is, what still serves while it ends. In an order of their own, whatever the slices' is.
 * A Service with addresses of both families has each pod twice: the first family counts.
 */
export function endpointsAt(slices: readonly EndpointSlice[], portName: string, service: Service): readonly Endpoint[] {
  const family = familyOf(slices, service)
  const all = service.spec.publishNotReadyAddresses === true
  const ready = new Map<string, Endpoint>()
  const ending = new Map<string, Endpoint>()
  for (const slice of slices) {
    if (slice.addressType !== family) continue
    const number = portIn(slice, portName)
    if (number === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      const [host] = endpoint.addresses
      const into = all || isReady(endpoint) ? ready : isEnding(endpoint) ? ending : undefined
      if (host !== undefined && into !== undefined) into.set(`${host} ${number}`, { host, port: number })
    }
  }
  const found = ready.size > 0 ? ready : ending
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

function isTcp(protocol: string | undefined): boolean {
  return protocol === undefined || protocol === 'TCP'
}

function portIn({ ports }: EndpointSlice, name: string): number | undefined {
  return ports?.find((port) => (port.name ?? '') === name && isTcp(port.protocol))?.port
}

function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false
}

function isEnding({ conditions }: SliceEndpoint): boolean {
  return conditions?.serving === true && conditions.terminating === true
}

function familyOf(slices: readonly EndpointSlice[], { spec }: Service): EndpointSlice['addressType'] | undefined {
  const wanted = spec.ipFamilies?.[0]
  const present = new Set(slices.filter(({ endpoints }) => (endpoints?.length ?? 0) > 0).map(({ addressType }) => addressType))
  const order = [...(wanted === undefined ? [] : [wanted]), 'IPv4', 'IPv6'] as const
  return order.find((family) => present.has(family))
}
