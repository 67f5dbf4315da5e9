import { crc32c } from '../../../src/edge/proxyProtocol/crc32c.ts'

/** Headers of version 2 by hand, right ones and wrong ones; texts are latin1. */

export const signature = '\r\n\r\n\0\r\nQUIT\n'
const word = (value: number): string => String.fromCharCode((value >> 8) & 255, value & 255)

export function header(command: number, family: number, ...parts: readonly string[]): string {
  const body = parts.join('')
  return signature + String.fromCharCode(command, family) + word(body.length) + body
}

/** A field behind the addresses (TLV). */
export function field(type: number, value: string): string {
  return String.fromCharCode(type) + word(value.length) + value
}

/** From 192.0.2.1, port 256, to 198.51.100.7, port 443. */
export const tcp4 = `${String.fromCharCode(192, 0, 2, 1, 198, 51, 100, 7)}${word(256)}${word(443)}`
const documentation = '\x20\x01\x0d\xb8'
/** From 2001:db8::1, port 256, to 2001:db8::2, port 443. */
export const tcp6 = `${documentation}${'\0'.repeat(11)}\x01${documentation}${'\0'.repeat(11)}\x02${word(256)}${word(443)}`

/** PROXY over addresses whose family their length tells, with a right checksum right behind them. */
export function withChecksum(addresses: string, ...fields: readonly string[]): string {
  const family = addresses.length === 12 ? 0x11 : 0x21
  const rest = fields.join('')
  const zeroed = header(0x21, family, addresses, field(3, '\0\0\0\0'), rest)
  const checksum = crc32c(Buffer.from(zeroed, 'latin1'))
  return header(0x21, family, addresses, field(3, word(checksum >>> 16) + word(checksum)), rest)
}
