import { isIPv4, isIPv6, SocketAddress } from 'node:net'

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

/** 4 or 16 bytes of an address; undefined where `text` is none, or has a zone, which means nothing elsewhere. */
export function bytesOfAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const gap = text.indexOf('::')
  const left = bytesOfGroups(gap < 0 ? text : text.slice(0, gap))
  const right = gap < 0 ? [] : bytesOfGroups(text.slice(gap + 2))
  return [...left, ...new Array<number>(16 - left.length - right.length).fill(0), ...right]
}

function bytesOfGroups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 255]
  })
}

/** An IPv4 address that is mapped into IPv6 is the IPv4 address that it is. */
export function textOfAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  if (mappedBytes.every((byte, i) => bytes[i] === byte)) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
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
