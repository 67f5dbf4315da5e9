import type { Context } from '../context.ts'
import type { LimitKind } from '../counters.ts'
import { plainAddress, type Trust } from '../trust.ts'

/** Who connects: a socket, or what the system gave before node made a socket of it. */
export type Peer = { readonly remoteAddress?: string | undefined } | { getpeername(name: { address?: string }): number }

type Owner = Context<Context['table'] & { readonly trust: Trust }>

/** The limit that a new connection meets. `relays`: whose connections are other people's, which are known only later. */
export function metLimit(context: Owner, peer: Peer, relays: Trust): LimitKind | undefined {
  const { shedding, table } = context
  shedding.came++
  if (shedding.ofConnections !== 0 && shedding.takesConnection()) return shedding.connectionLimit
  if (context.clients.size >= table.limits.connections) return 'connections'
  if (table.limits.connectionsPerAddress === 0) return undefined
  const address = addressOf(peer)
  return hasAll(context, address) && !relays(plainAddress(address)) ? 'connections_per_address' : undefined
}

/**
 * Whether the client with this address has as many connections as one may have. Proxies that are trusted speak for many, and may have any number.
 * For a connection that another proxy made, ask again with the address that it tells, and `enter` that one.
 */
export function hasAll(context: Owner, address: string): boolean {
  const { limits, trust } = context.table
  return context.perAddress.of(address) >= limits.connectionsPerAddress && !trust(plainAddress(address))
}

const name: { address?: string } = {}

/** '' where it is not known any more. */
export function addressOf(peer: Peer): string {
  if (!('getpeername' in peer)) return peer.remoteAddress ?? ''
  // A connection that was reset already has no peer.
  return peer.getpeername(name) === 0 ? (name.address ?? '') : ''
}
