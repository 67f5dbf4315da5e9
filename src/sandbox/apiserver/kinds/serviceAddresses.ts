import type { Unstructured } from '../../unstructured.ts'
import { invalid as invalidObject } from '../apiError.ts'
import { invalid, sameValue } from '../fieldErrors.ts'
import { type Draft, drafts, fields, isSet, items, number, size, text, texts } from './fields.ts'
import type { WriteContext } from './kind.ts'

/** Addresses and ports that Services are given: from 10.96.0.0/16, and from the node ports. */

const firstNodePort = 30000
const nodePortCount = 2768
const addressPrefix = '10.96.'
/** The first addresses are left for those who ask for one of them, as there. */
const reservedAddresses = 256

export function allocateOnCreate(service: Draft, context: WriteContext): void {
  const spec = service.spec as Draft
  if (text(spec.clusterIP) !== '' && texts(spec.clusterIPs).length === 0) spec.clusterIPs = [spec.clusterIP]
  allocate(service, undefined, context)
}

export function allocateOnUpdate(service: Draft, old: Unstructured, context: WriteContext): void {
  const [spec, before] = [service.spec as Draft, fields(old.spec)]
  keepClusterIPs(spec, before)
  dropWhatTypeHasNot(service, before)
  allocate(service, old, context)
}

/** A client may leave out what it was given: then it stays. */
function keepClusterIPs(spec: Draft, before: Readonly<Record<string, unknown>>): void {
  const [is, was] = [text(spec.clusterIP), text(before.clusterIP)]
  if (is === was && size(spec.clusterIPs) === 0 && size(before.clusterIPs) > 0) spec.clusterIPs = before.clusterIPs
  else if (is !== was && sameValue(spec.clusterIPs, before.clusterIPs)) {
    if (is === '') delete spec.clusterIPs
    else spec.clusterIPs = [is]
  }
  if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
    if (text(spec.clusterIP) === '' && was !== '') spec.clusterIP = was
    if (size(spec.clusterIPs) === 0 && size(before.clusterIPs) > 0) spec.clusterIPs = before.clusterIPs
  }
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec, before)
  if (needsHealthPort(spec) && needsHealthPort(before) && number(spec.healthCheckNodePort) === 0)
    spec.healthCheckNodePort = before.healthCheckNodePort
}

function keepNodePorts(spec: Draft, before: Readonly<Record<string, unknown>>): void {
  const asked = nodePortsOf(spec)
  const byName = new Map(items(before.ports).map(({ name, nodePort }) => [text(name), number(nodePort)]))
  for (const port of drafts(spec.ports)) {
    const was = byName.get(text(port.name)) ?? 0
    if (number(port.nodePort) === 0 && was !== 0 && !asked.includes(was)) port.nodePort = was
  }
}

/** What only the former type had goes, unless the client has changed it: then it is a mistake, which validation tells. */
function dropWhatTypeHasNot(service: Draft, before: Readonly<Record<string, unknown>>): void {
  const spec = service.spec as Draft
  const drop = (field: string): void => {
    if (sameValue(spec[field], before[field])) delete spec[field]
  }
  if (spec.type === 'ExternalName' && before.type !== 'ExternalName')
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) drop(field)
  const had = nodePortsOf(before)
  if (isExternal(before) && !isExternal(spec) && nodePortsOf(spec).every((port) => had.includes(port)))
    for (const port of drafts(spec.ports)) delete port.nodePort
  if (needsHealthPort(before) && !needsHealthPort(spec)) drop('healthCheckNodePort')
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer')
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) drop(field)
  if (isReachable(before) && !isReachable(spec)) drop('externalTrafficPolicy')
  if (spec.type !== 'LoadBalancer') service.status = { ...fields(service.status), loadBalancer: {} }
}

function allocate(service: Draft, old: Unstructured | undefined, context: WriteContext): void {
  const spec = service.spec as Draft
  const others = (context.list?.('services') ?? []).filter(({ metadata }) => metadata.uid === undefined || metadata.uid !== old?.metadata.uid)
  if (spec.type !== 'ExternalName') {
    families(spec, old === undefined ? undefined : fields(old.spec))
    allocateAddress(service, others, context)
  }
  if (isExternal(spec)) allocateNodePorts(service, others, context)
  if (needsHealthPort(spec) && number(spec.healthCheckNodePort) === 0) spec.healthCheckNodePort = freePort(takenPorts(others), context)
}

/** The cluster has one family, IPv4. */
function families(spec: Draft, before: Readonly<Record<string, unknown>> | undefined): void {
  const headlessWithoutPods = spec.clusterIP === 'None' && size(spec.selector) === 0
  if (!isSet(spec.ipFamilyPolicy)) spec.ipFamilyPolicy = before?.ipFamilyPolicy ?? (headlessWithoutPods ? 'RequireDualStack' : 'SingleStack')
  if (size(spec.ipFamilies) === 0) spec.ipFamilies = ['IPv4']
  if (headlessWithoutPods && spec.ipFamilyPolicy !== 'SingleStack' && size(spec.ipFamilies) === 1) {
    spec.ipFamilies = texts(spec.ipFamilies)[0] === 'IPv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
  }
}

function allocateAddress(service: Draft, others: readonly Unstructured[], context: WriteContext): void {
  const spec = service.spec as Draft
  const asked = text(spec.clusterIP)
  if (asked === 'None' || texts(spec.clusterIPs)[0] === 'None') return
  const taken = new Set(others.flatMap((other) => texts(fields(other.spec).clusterIPs)))
  if (asked !== '') {
    if (taken.has(asked)) refuse(service, 'spec.clusterIPs', spec.clusterIPs, `failed to allocate IP ${asked}: provided IP is already allocated`)
    const valid = /^\d+\.\d+\.\d+\.\d+$/.test(asked) && !asked.startsWith(addressPrefix)
    if (valid) {
      const because = `failed to allocate IP ${asked}: the provided network does not match the current range`
      refuse(service, 'spec.clusterIPs', spec.clusterIPs, because)
    }
    return
  }
  spec.clusterIP = freeAddress(taken, context)
  spec.clusterIPs = [spec.clusterIP]
}

function freeAddress(taken: ReadonlySet<string>, context: WriteContext): string {
  const count = 65535 - reservedAddresses
  const start = randomBelow(count, context)
  for (let step = 0; step < count; step++) {
    const offset = reservedAddresses + ((start + step) % count)
    const address = `${addressPrefix}${offset >> 8}.${offset & 255}`
    if (!taken.has(address)) return address
  }
  throw new Error('no address is left for a Service')
}

function allocateNodePorts(service: Draft, others: readonly Unstructured[], context: WriteContext): void {
  const spec = service.spec as Draft
  const taken = takenPorts(others)
  const given = new Map<number, number>()
  const ports = drafts(spec.ports)
  for (const [index, port] of ports.entries()) {
    const [nodePort, path] = [number(port.nodePort), `spec.ports[${index}].nodePort`]
    // One port of a Service may have its node port for several protocols.
    if (nodePort === 0 || given.get(number(port.port)) === nodePort) continue
    const last = firstNodePort + nodePortCount - 1
    const outside = `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${last}`
    if (nodePort < firstNodePort || nodePort > last) refuse(service, path, nodePort, outside)
    if (taken.has(nodePort)) refuse(service, path, nodePort, 'provided port is already allocated')
    taken.add(nodePort)
    given.set(number(port.port), nodePort)
  }
  if (!needsNodePorts(spec)) return
  for (const port of ports) {
    if (number(port.nodePort) !== 0) continue
    // One port number of a Service has one node port for all protocols.
    const nodePort = given.get(number(port.port)) ?? freePort(taken, context)
    taken.add(nodePort)
    given.set(number(port.port), nodePort)
    port.nodePort = nodePort
  }
}

function takenPorts(others: readonly Unstructured[]): Set<number> {
  return new Set(others.flatMap(({ spec }) => [...nodePortsOf(fields(spec)), number(fields(spec).healthCheckNodePort)]))
}

function freePort(taken: ReadonlySet<number>, context: WriteContext): number {
  const start = randomBelow(nodePortCount, context)
  for (let step = 0; step < nodePortCount; step++) {
    const port = firstNodePort + ((start + step) % nodePortCount)
    if (!taken.has(port)) return port
  }
  throw new Error('no node port is left')
}

function refuse(service: Draft, field: string, value: unknown, because: string): never {
  const about = { group: '', plural: 'services', kind: 'Service', name: text(fields(service.metadata).name) }
  throw invalidObject(about, [invalid(field, value, because)])
}

function randomBelow(limit: number, context: WriteContext): number {
  const [a = 0, b = 0, c = 0] = context.random(3)
  return ((a << 16) | (b << 8) | c) % limit
}

function nodePortsOf(spec: Readonly<Record<string, unknown>>): readonly number[] {
  return items(spec.ports)
    .map(({ nodePort }) => number(nodePort))
    .filter((port) => port !== 0)
}

function isExternal({ type }: Readonly<Record<string, unknown>>): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

/** From outside of the cluster, by whatever means. */
export function isReachable(spec: Readonly<Record<string, unknown>>): boolean {
  return isExternal(spec) || (spec.type === 'ClusterIP' && size(spec.externalIPs) > 0)
}

function needsNodePorts(spec: Readonly<Record<string, unknown>>): boolean {
  return isExternal(spec) && !(spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false)
}

function needsHealthPort(spec: Readonly<Record<string, unknown>>): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}
