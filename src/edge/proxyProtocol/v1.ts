import { isIPv4 } from 'node:net'
import { alike, bytesOfAddress, malformed, more, type ParsedHeader, type ToldAddresses, textOfAddress } from './header.ts'

/** The PROXY protocol's version 1: a line of text, of at most 107 bytes with its end. */

const longestLine = 107
const start = Buffer.from('PROXY ')

/** The first `length` of `bytes` are looked at, and the first of them is a `P`. */
export function parseV1(bytes: Buffer, length: number): ParsedHeader {
  const known = Math.min(length, start.length)
  if (bytes.compare(start, 0, known, 0, known) !== 0) return malformed('no PROXY line')
  const available = Math.min(length, longestLine)
  for (let i = known; i < available; i++) {
    const byte = bytes[i]!
    if (byte === 13) {
      if (i + 1 === length) return more
      return bytes[i + 1] === 10 && i + 2 <= longestLine ? parseLine(bytes.latin1Slice(start.length, i), i + 2) : malformed('no PROXY line')
    }
    if (byte < 32 || byte > 126) return malformed('no PROXY line')
  }
  return length < longestLine ? more : malformed('too long a PROXY line')
}

/** `text`: what stands behind `PROXY `. */
function parseLine(text: string, end: number): ParsedHeader {
  // What follows UNKNOWN is to be ignored.
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return { kind: 'done', end, told: undefined }
  const [family, source, destination, sourcePort, destinationPort, ...rest] = text.split(' ')
  if (destinationPort === undefined || rest.length > 0) return malformed('not six words in the PROXY line')
  const told = toldBy(family!, source!, destination!, sourcePort!, destinationPort)
  return told === undefined ? malformed('bad addresses in the PROXY line') : { kind: 'done', end, told }
}

function toldBy(family: string, source: string, destination: string, sourcePort: string, destinationPort: string): ToldAddresses | undefined {
  const from = addressIn(family, source)
  const to = addressIn(family, destination)
  if (from === undefined || to === undefined || !isPort(sourcePort) || !isPort(destinationPort)) return undefined
  return { source: from, sourcePort: Number(sourcePort), destination: to, destinationPort: Number(destinationPort) }
}

/** The text of an address, made canonical: what is compared and logged later has one spelling. */
function addressIn(family: string, text: string): string | undefined {
  if (family === 'TCP4') return isIPv4(text) ? text : undefined
  const bytes = family === 'TCP6' ? bytesOfAddress(text) : undefined
  return bytes?.length === 16 ? textOfAddress(bytes) : undefined
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535
}

/** `told` undefined: nothing is known of the connection. Of latin1 characters, as all heads. */
export function buildV1(told: ToldAddresses | undefined): string {
  const pair = told === undefined ? undefined : alike(told.source, told.destination)
  if (told === undefined || pair === undefined) return 'PROXY UNKNOWN\r\n'
  const [from, to] = pair
  return `PROXY ${from.length === 4 ? 'TCP4' : 'TCP6'} ${wordOf(from)} ${wordOf(to)} ${told.sourcePort} ${told.destinationPort}\r\n`
}

/** Mapped addresses in groups of hexadecimal digits: the mixed spelling is not in the line's grammar. */
function wordOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const text = textOfAddress(bytes)
  if (!isIPv4(text)) return text
  const group = (at: number): string => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16)
  return `::ffff:${group(12)}:${group(14)}`
}
