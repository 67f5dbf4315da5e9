import type { ParsedHeader } from './header.ts'
import { parseV1 } from './v1.ts'
import { parseV2 } from './v2.ts'

/** The header that begins these bytes, of whichever version their first byte tells. `length` > 0. */
export function parseProxyHeader(bytes: Buffer, length: number): ParsedHeader {
  return bytes[0] === 0x50 ? parseV1(bytes, length) : parseV2(bytes, length)
}
