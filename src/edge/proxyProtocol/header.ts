import { isIP } from 'node:net'
import { addressOf, bytesOf } from '../ipAddress.ts'

/** What a PROXY protocol header tells of a connection: from where it was made, and to where. Addresses are plain: IPv4, or canonical IPv6. */
export type ToldAddresses = {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

/** `more`: these bytes begin a header. `told` is undefined where the connection speaks for itself, as a health check of the load balancer. */
export type ParsedHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'done'; readonly end: number; readonly told: ToldAddresses | undefined }

export const more: ParsedHeader = { kind: 'more' }

export function malformed(why: string): ParsedHeader {
  return { kind: 'malformed', why }
}

const mappedBytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** 4 or 16 bytes; undefined where `text` is no address, or has a zone, which means nothing elsewhere. */
export function bytesOfAddress(text: string): readonly number[] | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : bytesOf(text)
}

/** An IPv4 address that is mapped into IPv6 is the IPv4 address that it is. */
export function textOfAddress(bytes: readonly number[]): string {
  return addressOf(mappedBytes.every((byte, i) => bytes[i] === byte) ? bytes.slice(12) : bytes)
}

/** Both of one family, as a header wants them: an IPv4 address beside an IPv6 one is mapped. Undefined where one is no address. */
export function alike(source: string, destination: string): readonly [readonly number[], readonly number[]] | undefined {
  const from = bytesOfAddress(source)
  const to = bytesOfAddress(destination)
  if (from === undefined || to === undefined) return undefined
  return from.length === to.length ? [from, to] : [mapped(from), mapped(to)]
}

function mapped(bytes: readonly number[]): readonly number[] {
  return bytes.length === 16 ? bytes : [...mappedBytes, ...bytes]
}
