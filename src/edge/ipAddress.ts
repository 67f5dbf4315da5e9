import { isIPv4, isIPv6 } from 'node:net'

/** 4 or 16 bytes of a valid address. */
export function bytesOf(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number)
  const bare = address.replace(/%.*$/, '').replace(/[0-9]+\.[0-9.]+$/, (v4) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const groups = (part: string | undefined): number[] =>
    (part ?? '')
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16))
  const [head, tail] = bare.split('::')
  const before = groups(head)
  const after = groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

/** The canonical text (RFC 5952), but for IPv4 within IPv6, which is in hexadecimal too. */
export function addressOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!)
  let [start, length] = [0, 1]
  for (let first = 0; first < 8; first++) {
    let end = first
    while (end < 8 && groups[end] === 0) end++
    if (end - first > length) [start, length] = [first, end - first]
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return length === 1 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

/** One text per address: IPv6 in canonical form, IPv4 within IPv6 as IPv4, names in lower case without a final dot. */
export function canonicalHost(host: string): string {
  if (isIPv4(host)) return host
  if (!isIPv6(host)) return host.toLowerCase().replace(/\.$/, '')
  const bytes = bytesOf(host)
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return mapped ? bytes.slice(12).join('.') : `${addressOf(bytes)}${host.match(/%.*$/)?.[0] ?? ''}`
}

export function isWildcard(host: string): boolean {
  return canonicalHost(host) === '0.0.0.0' || canonicalHost(host) === '::'
}

export function isLoopback(host: string): boolean {
  const canonical = canonicalHost(host)
  return canonical === 'localhost' || canonical === '::1' || (isIPv4(canonical) && canonical.startsWith('127.'))
}
