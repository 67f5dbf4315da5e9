import { BlockList, isIPv6 } from 'node:net'

/** Whether a peer's word about where a request came from is taken. */
export type Trust = (address: string) => boolean

export function trustOf(cidrs: readonly string[]): Trust {
  if (cidrs.length === 0) return () => false
  // Apart: in one list an IPv4 address would be found in IPv6 networks too, so that `::/0` would trust everybody.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const cidr of cidrs) {
    const slash = cidr.lastIndexOf('/')
    const network = slash < 0 ? cidr : cidr.slice(0, slash)
    const family = familyOf(network)
    const bits = slash < 0 ? (family === 'ipv6' ? 128 : 32) : Number(cidr.slice(slash + 1))
    lists[family].addSubnet(network, bits, family)
  }
  return (address) => {
    const family = familyOf(address)
    return lists[family].check(address, family)
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

/** IPv4 peers of a dual-stack listener come as `::ffff:192.0.2.1`: they are the IPv4 address that they are; a zone is left out. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}
