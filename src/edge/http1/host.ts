import { addressCharacter, hostCharacter } from './characters.ts'

const hostCharactersMaximum = 255

/**
 * Reads `host[:port]` (RFC 9110 §7.2) and returns the host as routes know it: lower case, without port and without one trailing dot.
 * An IPv6 literal keeps its brackets. undefined for what names no host: empty, user information, a list, a port above 65535.
 */
export function parseAuthority(authority: string): string | undefined {
  const length = authority.length
  if (length === 0 || length > hostCharactersMaximum) return undefined
  let position = 0
  const bracketed = authority.charCodeAt(0) === 91
  let simple = true
  if (bracketed) {
    position = 1
    while (position < length && addressCharacter[authority.charCodeAt(position) & 255] === 1 && authority.charCodeAt(position) < 128) position++
    if (position < 4 || authority.charCodeAt(position) !== 93) return undefined
    position++
  } else {
    for (; position < length; position++) {
      const code = authority.charCodeAt(position)
      if (code > 127 || hostCharacter[code] === 0) break
      if (code >= 65 && code <= 90) simple = false
    }
  }
  const hostEnd = position
  if (hostEnd === 0) return undefined
  if (position < length && !isPort(authority, position)) return undefined
  const undotted = !bracketed && authority.charCodeAt(hostEnd - 1) === 46 ? hostEnd - 1 : hostEnd
  if (undotted === 0) return undefined
  const host = undotted === length ? authority : authority.slice(0, undotted)
  return simple && !bracketed ? host : host.toLowerCase()
}

/** `:` and up to five digits, to the end. An empty port is legal (RFC 3986 §3.2.3). */
function isPort(authority: string, colon: number): boolean {
  if (authority.charCodeAt(colon) !== 58 || authority.length - colon > 6) return false
  let port = 0
  for (let i = colon + 1; i < authority.length; i++) {
    const digit = authority.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
  }
  return port <= 65535
}
