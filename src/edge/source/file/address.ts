import { isIP, isIPv4, isIPv6 } from 'node:net'
import { type Complaint, shown } from '../../../core/routing/names.ts'
import { addressOf, bytesOf, canonicalHost, isLoopback, isWildcard } from '../../ipAddress.ts'
import { parsed } from './scalars.ts'
import type { Shape } from './shape.ts'

/** `host` without brackets. */
export type Address = { readonly host: string; readonly port: number }

const bracketed = '\\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?\\]'
const port = ':[0-9]{1,5}'
const literal = `(?:${bracketed}|[0-9.]{7,15})`

const listenFix = 'write an IPv4 address, an IPv6 address in brackets, or localhost, then a port: 127.0.0.1:8080, [::1]:8080, 0.0.0.0:8080 for all'
export const listenAddress: Shape<Address> = parsed(
  {
    what: 'an address like 127.0.0.1:8080',
    pattern: `^(?:${literal}|localhost)${port}$`,
    complaint: (value) => malformed(value, 'an address to listen on', listenFix),
    notes: { examples: ['127.0.0.1:8080', '[::1]:8080', '0.0.0.0:8080', '[::]:8080'] },
  },
  { host: '', port: 0 },
  (value) => addressIn(value, 0),
)

const endpointFix = 'write a name, an IPv4 address, or an IPv6 address in brackets, then a port: orders.example:80, 127.0.0.1:9001, [::1]:9001'
export const endpoint: Shape<Address> = parsed(
  {
    what: 'an address like 127.0.0.1:9001',
    pattern: `^(?:${bracketed}|[A-Za-z0-9_][-A-Za-z0-9_.]{0,252})${port}$`,
    complaint: (value) => malformed(value, 'the address of an endpoint', endpointFix),
    notes: { examples: ['127.0.0.1:9001', '[::1]:9001', 'orders.example:80'] },
  },
  { host: '', port: 0 },
  (value) => {
    const address = addressIn(value, 1)
    if (!('value' in address) || !isWildcard(address.value.host)) return address
    const loopback = isIPv4(address.value.host) ? '127.0.0.1' : '[::1]'
    return { message: `${shown(value)} is no address to connect to`, fix: `write ${loopback}:${address.value.port} for this machine` }
  },
)

export const serverAddress: Shape<Address> = parsed(
  {
    what: 'an address like 10.0.0.10:53',
    pattern: `^${literal}${port}$`,
    complaint: (value) =>
      malformed(value, 'the address of a server', 'write an IPv4 address, or an IPv6 address in brackets, then a port: 10.0.0.10:53'),
    notes: { examples: ['10.0.0.10:53', '[fd00::a]:53'] },
  },
  { host: '', port: 0 },
  (value) => addressIn(value, 1),
)

function malformed(value: string, what: string, fix: string): Complaint {
  const message = `${shown(value)} is not ${what}`
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '')
  if (/^:?[0-9]{1,5}$/.test(value)) return { message, fix: `write 127.0.0.1:${value.replace(':', '')}` }
  if (bare !== value && /^(?:[-\w.]+|\[[0-9a-f:.]+\]):[0-9]+$/i.test(bare)) return { message, fix: `write ${bare}` }
  const lastColon = value.lastIndexOf(':')
  if (isIPv6(value.slice(0, lastColon)) && value.split(':').length > 2)
    return { message, fix: `put the IPv6 address into brackets: "[${value.slice(0, lastColon)}]${value.slice(lastColon)}"` }
  return { message, fix }
}

/** What fits one of the patterns above. */
function addressIn(value: string, minimumPort: number): { readonly value: Address } | Complaint {
  const colon = value.lastIndexOf(':')
  const port = Number(value.slice(colon + 1))
  const written = value.slice(0, colon)
  const host = written.startsWith('[') ? written.slice(1, -1) : written
  if (port < minimumPort || port > 65_535)
    return { message: `${shown(value)} has a port outside ${minimumPort} to 65535`, fix: `write a port from ${minimumPort} to 65535` }
  if (written.startsWith('[') && !isIPv6(host))
    return { message: `${shown(value)} has a malformed IPv6 address`, fix: 'write one like [2001:db8::1]' }
  // As URLs have it: a name whose last label is a number is meant as an IPv4 address.
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(written) && !isIPv4(host))
    return { message: `${shown(value)} has a malformed IPv4 address`, fix: 'write four numbers from 0 to 255' }
  if (/\.\.|[-.]{2}/.test(written) && !isIP(host)) return { message: `${shown(value)} has a malformed name`, fix: 'write a name like orders.example' }
  return { value: { host, port } }
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const cidrFix = 'write an IPv4 or IPv6 network like 10.0.0.0/8 or fd00::/8'
/** Always with a prefix length; a lone address is a network of its own. */
export const cidr: Shape<string> = parsed(
  {
    what: 'a network like 10.0.0.0/8',
    pattern: '^(?:[0-9.]{7,15}|[0-9A-Fa-f:.]{2,45})(?:/[0-9]{1,3})?$',
    complaint: (value) => ({ message: `${shown(value)} is not a network`, fix: cidrFix }),
    notes: { examples: ['10.0.0.0/8', 'fd00::/8'] },
  },
  '',
  (value) => {
    const [address = '', length] = value.split('/')
    const family = isIP(address)
    const bits = family === 4 ? 32 : 128
    const prefix = length === undefined ? bits : Number(length)
    if (family === 0) return { message: `${shown(value)} has a malformed address`, fix: cidrFix }
    if (prefix > bits) return { message: `${shown(value)} has a prefix longer than ${bits} bits`, fix: `write a prefix from 0 to ${bits}` }
    const network = addressOf(bytesOf(address).map((byte, index) => byte & (0xff << Math.min(8, Math.max(0, 8 * (index + 1) - prefix)))))
    if (network !== addressOf(bytesOf(address)))
      return { message: `${shown(value)} has bits set beyond its prefix`, fix: `write ${network}/${prefix}` }
    return { value: `${address}/${prefix}` }
  },
)

/** Whether a connection to one address would arrive at the other; port 0 is not known yet, and so meets none. */
function meets(to: Address, listener: Address): boolean {
  if (to.port !== listener.port || to.port === 0) return false
  const [a, b] = [canonicalHost(to.host), canonicalHost(listener.host)]
  if (a === b) return true
  const loopbacks = ['127.0.0.1', '::1']
  if (a === 'localhost') return isWildcard(b) || loopbacks.includes(b)
  if (b === 'localhost') return isWildcard(a) || loopbacks.includes(a)
  return isWildcard(b) && isLoopback(a)
}

/** Whether two listeners get in each other's way. */
export function collide(a: Address, b: Address): boolean {
  const sameFamily = isIPv4(canonicalHost(a.host)) === isIPv4(canonicalHost(b.host))
  return meets(a, b) || meets(b, a) || (a.port === b.port && a.port !== 0 && sameFamily && (isWildcard(a.host) || isWildcard(b.host)))
}

/** How a client writes this IPv6 host; undefined: the text is no IPv6 literal in brackets. */
export function ipv6Host(host: string): string | undefined {
  return host.startsWith('[') && isIPv6(host.slice(1, -1)) ? `[${addressOf(bytesOf(host.slice(1, -1)))}]` : undefined
}
