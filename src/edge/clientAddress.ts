import { isIP } from 'node:net'
import { Field } from './http1/fields.ts'
import type { RequestHead } from './http1/requestHead.ts'
import type { Peer } from './http1/rewrite.ts'
import { bytesOf } from './ipAddress.ts'
import { plainAddress, type Trust } from './trust.ts'

/** Who a request comes from: its peer or, where that is a trusted proxy, whoever the proxies say sent it; '' where they say nothing usable. */
export function clientAddress(head: RequestHead, peer: Peer, trust: Trust): string {
  if (!peer.trusted) return peer.address
  let chain = ''
  for (let field = 0; field < head.fields.count; field++)
    if (head.fields.id(field) === Field.ForwardedFor) chain += `${chain === '' ? '' : ','}${head.value(field)}`
  if (chain === '') return peer.address
  // Each proxy adds at the end. What stands before the last one that we do not trust is that one's word, and may be made up.
  const senders = chain.split(',')
  let address = ''
  for (let i = senders.length - 1; i >= 0; i--) {
    address = bareAddress(senders[i]!)
    if (address === '' || !trust(address)) return address
  }
  return address
}

/** Without port, brackets and zone; '' where it is none. */
function bareAddress(text: string): string {
  const trimmed = text.trim()
  const bare = trimmed.startsWith('[') ? trimmed.slice(1, trimmed.indexOf(']')) : trimmed.replace(/^([0-9.]+):[0-9]+$/, '$1')
  const address = plainAddress(bare)
  return isIP(address) === 0 ? '' : address
}

/** Those who are taken for one client: an IPv4 address; of IPv6 the /64, since hosts change the rest of theirs by the hour (RFC 8981). */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const bytes = bytesOf(address)
  return [0, 2, 4, 6].map((at) => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16)).join(':')
}
