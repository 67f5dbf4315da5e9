import { crc32c } from './crc32c.ts'
import { alike, malformed, more, type ParsedHeader, type ToldAddresses, textOfAddress } from './header.ts'

/** The PROXY protocol's version 2: a signature, command and family, a length, addresses, then fields that begin with type and length (TLVs). */

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const fixedBytes = 16
/** With the fixed part. The longest seen in the wild carry a certificate's names; nobody makes the edge hold more. */
const longestHeader = 4096

const Command = { Local: 0x20, Proxy: 0x21 } as const
const Family = { Unspecified: 0x00, Tcp4: 0x11, Tcp6: 0x21, UnixStream: 0x31 } as const
/** Of both addresses and ports. */
const addressBytes: Readonly<Record<number, number>> = {
  [Family.Unspecified]: 0,
  [Family.Tcp4]: 12,
  [Family.Tcp6]: 36,
  [Family.UnixStream]: 216,
}
const crcType = 0x03
const crcBytes = 4

/** The first `length` of `bytes` are looked at. */
export function parseV2(bytes: Buffer, length: number): ParsedHeader {
  const known = Math.min(length, signature.length)
  if (bytes.compare(signature, 0, known, 0, known) !== 0) return malformed('no v2 signature')
  if (length > 12 && bytes[12] !== Command.Local && bytes[12] !== Command.Proxy) return malformed('an unknown version or command')
  if (length > 13 && bytes[12] === Command.Proxy && addressBytes[bytes[13]!] === undefined) return malformed('an unknown address family')
  if (length < fixedBytes) return more
  const end = fixedBytes + bytes.readUInt16BE(14)
  if (end > longestHeader) return malformed('too long a header')
  if (length < end) return more
  // Of a command LOCAL all that follows is to be discarded, were it nonsense.
  if (bytes[12] === Command.Local) return { kind: 'done', end, told: undefined }
  const addressesEnd = fixedBytes + addressBytes[bytes[13]!]!
  if (addressesEnd > end) return malformed('too short for its addresses')
  const trouble = troubleInFields(bytes, addressesEnd, end)
  if (trouble !== '') return malformed(trouble)
  return { kind: 'done', end, told: toldBy(bytes) }
}

/** Fields are passed over, but they must fill their place, and a checksum must be right. '' where all is well. */
function troubleInFields(bytes: Buffer, start: number, end: number): string {
  let crcAt = 0
  for (let at = start; at < end; ) {
    const valueAt = at + 3
    if (valueAt > end) return 'a field that is cut off'
    const next = valueAt + bytes.readUInt16BE(at + 1)
    if (next > end) return 'a field that is cut off'
    if (bytes[at] === crcType) {
      if (next - valueAt !== crcBytes || crcAt !== 0) return 'a malformed checksum'
      crcAt = valueAt
    }
    at = next
  }
  return crcAt === 0 || isIntact(bytes, crcAt, end) ? '' : 'a wrong checksum'
}

/** The checksum is over the whole header, with zeros in its own place. */
function isIntact(bytes: Buffer, crcAt: number, end: number): boolean {
  const zeroed = Buffer.from(bytes.subarray(0, end)).fill(0, crcAt, crcAt + crcBytes)
  return crc32c(zeroed) === bytes.readUInt32BE(crcAt)
}

/** Undefined for what has no IP addresses. */
function toldBy(bytes: Buffer): ToldAddresses | undefined {
  const width = bytes[13] === Family.Tcp4 ? 4 : bytes[13] === Family.Tcp6 ? 16 : 0
  if (width === 0) return undefined
  const ports = fixedBytes + 2 * width
  return {
    source: textOfAddress([...bytes.subarray(fixedBytes, fixedBytes + width)]),
    sourcePort: bytes.readUInt16BE(ports),
    destination: textOfAddress([...bytes.subarray(fixedBytes + width, ports)]),
    destinationPort: bytes.readUInt16BE(ports + 2),
  }
}

/** `told` undefined: nothing is known of the connection. A byte per latin1 character, so that it goes out in one write with a head. */
export function buildV2(told: ToldAddresses | undefined): string {
  const start = signature.latin1Slice()
  const pair = told === undefined ? undefined : alike(told.source, told.destination)
  if (told === undefined || pair === undefined) return start + charactersOf([Command.Local, Family.Unspecified, 0, 0])
  const [from, to] = pair
  const family = from.length === 4 ? Family.Tcp4 : Family.Tcp6
  const ports = [told.sourcePort >> 8, told.sourcePort & 255, told.destinationPort >> 8, told.destinationPort & 255]
  return start + charactersOf([Command.Proxy, family, 0, addressBytes[family]!, ...from, ...to, ...ports])
}

function charactersOf(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes)
}
