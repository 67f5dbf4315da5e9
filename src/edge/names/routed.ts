import { isIP, isIPv4 } from 'node:net'
import type { Backend, Endpoint, Routing } from '../../core/routing/types.ts'
import { canonicalHost, isLoopback } from '../ipAddress.ts'
import { isLocalhost, type Refusal, type TargetRules } from './targets.ts'

/** What stays out of the table, and why. `written`: the host as the configuration has it. */
export type LeftOut = { readonly written: string; readonly address: string; readonly refusal: Refusal }

export type Routed = {
  /** The same object where nothing was to be replaced. */
  readonly routing: Routing
  readonly leftOut: readonly LeftOut[]
}

export type RoutedBy = {
  readonly rules: TargetRules
  /** What a name stands for at the moment. */
  addressesOf(name: string): readonly string[]
  /** Of this machine. */
  readonly interfaces: readonly string[]
}

/** Names that are to be asked for. */
export function namesIn(routing: Routing): Set<string> {
  const names = new Set<string>()
  for (const { backends } of routing.splits)
    for (const { endpoints } of backends) for (const { host } of endpoints) if (isIP(host) === 0 && !isLocalhost(host)) names.add(nameKey(host))
  return names
}

/** Names compare without case; a final dot stays, since it keeps search domains away. */
export function nameKey(host: string): string {
  return host.toLowerCase()
}

/** The routing with an endpoint for each address of its names, and none that the rules refuse. */
export function routedBy(routing: Routing, by: RoutedBy): Routed {
  const leftOut: LeftOut[] = []
  const splits = routing.splits.map((split) => {
    let changed = false
    const backends = split.backends.map((backend) => {
      const endpoints = endpointsOf(backend, by, leftOut)
      const same = endpoints.length === backend.endpoints.length && endpoints.every((endpoint, i) => endpoint === backend.endpoints[i])
      if (!same) changed = true
      return same ? backend : { ...backend, endpoints }
    })
    return changed ? { ...split, backends } : split
  })
  const same = splits.every((split, i) => split === routing.splits[i])
  return { routing: same ? routing : { ...routing, splits }, leftOut }
}

function endpointsOf(backend: Backend, { rules, addressesOf, interfaces }: RoutedBy, leftOut: LeftOut[]): readonly Endpoint[] {
  const endpoints = new Map<string, Endpoint>()
  const add = (endpoint: Endpoint): void => {
    const key = `${canonicalHost(endpoint.host)} ${endpoint.port}`
    if (!endpoints.has(key)) endpoints.set(key, endpoint)
  }
  for (const endpoint of backend.endpoints) {
    const { host, port } = endpoint
    const refusal = rules.ofWritten(endpoint)
    if (refusal !== undefined) leftOut.push({ written: host, address: host, refusal })
    else if (isIP(host) !== 0 || host === 'localhost') add(endpoint)
    else if (isLocalhost(host)) add({ host: 'localhost', port })
    else
      for (const address of reachable(addressesOf(nameKey(host)), interfaces)) {
        const refused = rules.ofResolved(address, port)
        if (refused === undefined) add({ host: address, port })
        else leftOut.push({ written: host, address, refusal: refused })
      }
  }
  return [...endpoints.values()]
}

/** Of both families only those that this machine has an address of: of the other, every connection would fail. */
function reachable(addresses: readonly string[], interfaces: readonly string[]): readonly string[] {
  if (addresses.every(isIPv4) || !addresses.some(isIPv4)) return addresses
  const beyond = interfaces.filter((address) => !isLoopback(address) && !/^fe[89ab]/i.test(address))
  const families = [true, false].filter((v4) => beyond.some((address) => isIPv4(address) === v4))
  return families.length === 1 ? addresses.filter((address) => isLoopback(address) || isIPv4(address) === families[0]) : addresses
}
