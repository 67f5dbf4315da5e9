import { BlockList, isIPv6 } from 'node:net'

/** Whether a peer's word about where a request came from is taken. */
export type Trust = (address: string) => boolean

export function trustOf(cidrs: readonly string[]): Trust {
  if (cidrs.length === 0) return () => false
  const list = new BlockList()
  for (const cidr of cidrs) {
    const slash = cidr.lastIndexOf('/')
    const network = slash < 0 ? cidr : cidr.slice(0, slash)
    const family = isIPv6(network) ? 'ipv6' : 'ipv4'
    const bits = slash < 0 ? (family === 'ipv6' ? 128 : 32) : Number(cidr.slice(slash + 1))
    list.addSubnet(network, bits, family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** IPv4 peers of a dual-stack listener come as `::ffff:192.0.2.1`: they are the IPv4 address that they are; a zone is left out. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}
