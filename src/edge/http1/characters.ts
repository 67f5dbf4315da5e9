/** Character classes of RFC 9110 and 9112 as tables: one load per byte, whatever the class. */

function table(member: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (member(code) ? 1 : 0))
}

function of(characters: string): (code: number) => boolean {
  return (code) => characters.includes(String.fromCharCode(code))
}

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** tchar, RFC 9110 §5.6.2. */
export const tokenCharacter = table(of(`!#$%&'*+-.^_\`|~${digits}${letters}`))

/** What a field value may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const valueCharacter = table((code) => code === 9 || (code >= 32 && code !== 127))

/** What a request target may hold: visible ASCII but `#`, which never goes on the wire (RFC 9112 §3.2). */
export const targetCharacter = table((code) => code > 32 && code < 127 && code !== 35)

/** A host name: letters, digits and `-._~`. Percent escapes and sub-delims, legal in RFC 3986, name no host that anyone serves. */
export const hostCharacter = table(of(`-._~${digits}${letters}`))

/** Inside the brackets of an IPv6 literal. */
export const addressCharacter = table(of(`:.${digits}ABCDEFabcdef`))

/** ASCII to lower case; other bytes as they are. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code))

/** The value of a hexadecimal digit, 255 for anything else. */
export const hexValue = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : 255
})

export const HTAB = 9
export const LF = 10
export const CR = 13
export const SP = 32
export const COLON = 58
