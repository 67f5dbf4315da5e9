import type { Unstructured } from '../../../unstructured.ts'
import { duplicate, immutable, invalid, required, sameValue, tooMany } from '../../fieldErrors.ts'
import { type Fields, fields, isSet, items, size, text, texts } from '../fields.ts'
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from '../names.ts'
import { type Errors, ipErrors, isIp, isIpv4, named, portNumberErrors, requiredOneOf } from './rules.ts'

const limits = { endpoints: 1000, addresses: 100, ports: 20000, hints: 8 } as const

export function* endpointSliceErrors(slice: Unstructured, old: Unstructured | undefined): Errors {
  yield* requiredOneOf(slice.addressType, ['FQDN', 'IPv4', 'IPv6'], 'addressType')
  yield* slicePortErrors(items(slice.ports))
  // Endpoints that stay have been looked at before, maybe by other rules.
  const endpoints = old !== undefined && sameValue(slice.endpoints, old.endpoints) ? [] : items(slice.endpoints)
  if (endpoints.length > limits.endpoints) yield tooMany('endpoints', endpoints.length, limits.endpoints)
  else for (const [index, endpoint] of endpoints.entries()) yield* endpointErrors(endpoint, text(slice.addressType), `endpoints[${index}]`)
  if (old !== undefined) yield* immutable('addressType', slice.addressType, old.addressType)
}

function* slicePortErrors(ports: readonly Fields[]): Errors {
  if (ports.length > limits.ports) return yield tooMany('ports', ports.length, limits.ports)
  const names = new Set<string>()
  for (const [index, { name, protocol, appProtocol }] of ports.entries()) {
    const at = `ports[${index}]`
    if (text(name) !== '') yield* named(dnsLabel, name, `${at}.name`)
    if (names.has(text(name))) yield duplicate(`${at}.name`, text(name))
    names.add(text(name))
    yield* requiredOneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`)
    if (isSet(appProtocol)) yield* named(qualifiedName, appProtocol, `${at}.appProtocol`)
  }
}

function* endpointErrors(endpoint: Fields, type: string, path: string): Errors {
  const addresses = texts(endpoint.addresses)
  if (addresses.length === 0) yield required(`${path}.addresses`, 'must contain at least 1 address')
  else if (addresses.length > limits.addresses) yield tooMany(`${path}.addresses`, addresses.length, limits.addresses)
  for (const [index, address] of addresses.entries()) yield* addressErrors(address, type, `${path}.addresses`, index)
  if (isSet(endpoint.nodeName)) yield* named(dnsSubdomain, endpoint.nodeName, `${path}.nodeName`)
  if (isSet(endpoint.hostname)) yield* named(dnsLabel, endpoint.hostname, `${path}.hostname`)
  const zones = items(fields(endpoint.hints).forZones)
  if (zones.length > limits.hints) yield tooMany(`${path}.hints.forZones`, zones.length, limits.hints)
  else for (const [index, { name }] of zones.entries()) yield* named(labelValue, name, `${path}.hints.forZones[${index}].name`)
}

function* addressErrors(address: string, type: string, path: string, index: number): Errors {
  const at = `${path}[${index}]`
  if (type === 'FQDN') return yield* named(dnsSubdomain, address, at)
  if (type !== 'IPv4' && type !== 'IPv6') return
  if (!isIp(address)) return yield* ipErrors(address, at)
  if (isIpv4(address) !== (type === 'IPv4')) yield invalid(path, address, `must be an ${type} address`)
  yield* specialAddressErrors(address, at)
}

/** Addresses that no endpoint may have: they are not reached from another host. */
function* specialAddressErrors(address: string, path: string): Errors {
  const may = (what: string): string => `may not be ${what}`
  if (address === '0.0.0.0' || address === '::') yield invalid(path, address, may(`unspecified (${address})`))
  if ((address.startsWith('127.') || address === '::1') && !isPodAddress(address))
    yield invalid(path, address, may(`in the loopback range (127.0.0.0/8, ::1/128)`))
  if (address.startsWith('169.254.')) yield invalid(path, address, may('in the link-local range (169.254.0.0/16, fe80::/10)'))
  if (address.startsWith('224.0.0.')) yield invalid(path, address, may('in the link-local multicast range (224.0.0.0/24, ff02::/10)'))
}

export function* endpointsErrors({ subsets }: Unstructured): Errors {
  for (const [index, subset] of items(subsets).entries()) {
    const at = `subsets[${index}]`
    const nobody = size(subset.addresses) === 0 && size(subset.notReadyAddresses) === 0
    if (nobody) yield required(at, 'must specify `addresses` or `notReadyAddresses`')
    for (const field of ['addresses', 'notReadyAddresses']) {
      for (const [each, { ip, hostname }] of items(subset[field]).entries()) {
        const path = `${at}.${field}[${each}]`
        if (text(hostname) !== '') yield* named(dnsLabel, hostname, `${path}.hostname`)
        if (isIp(text(ip))) yield* specialAddressErrors(text(ip), `${path}.ip`)
        else {
          yield* ipErrors(ip, `${path}.ip`)
          yield invalid(`${path}.ip`, text(ip), 'must be a valid IP address')
        }
      }
    }
    for (const [each, port] of items(subset.ports).entries()) yield* endpointPortErrors(port, `${at}.ports[${each}]`, size(subset.ports) > 1)
  }
}

function* endpointPortErrors({ name, port, protocol, appProtocol }: Fields, path: string, needsName: boolean): Errors {
  if (needsName && text(name) === '') yield required(`${path}.name`)
  else if (text(name) !== '') yield* named(dnsLabel, name, `${path}.name`)
  yield* portNumberErrors(port, `${path}.port`)
  yield* requiredOneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`)
  if (isSet(appProtocol)) yield* named(qualifiedName, appProtocol, `${path}.appProtocol`)
}

/** Unlike there, pods have loopback addresses: from 127.64.0.0/10; where a system has one such address only, that. */
function isPodAddress(address: string): boolean {
  return /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address) || (process.platform !== 'linux' && address === '127.0.0.1')
}
