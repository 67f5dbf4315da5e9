import { COLON, CR, HTAB, LF, lowerCase, SP, tokenCharacter, valueCharacter } from './characters.ts'
import { latin1 } from './latin1.ts'

/** Header fields that the edge itself reads, rewrites or removes. 0 stands for every other name. */
export const Field = {
  Other: 0,
  Host: 1,
  ContentLength: 2,
  TransferEncoding: 3,
  Connection: 4,
  KeepAlive: 5,
  ProxyConnection: 6,
  Te: 7,
  Trailer: 8,
  Upgrade: 9,
  Expect: 10,
  ProxyAuthorization: 11,
  ProxyAuthenticate: 12,
  Http2Settings: 13,
  ForwardedFor: 14,
  ForwardedProto: 15,
  ForwardedHost: 16,
  ForwardedPort: 17,
  Forwarded: 18,
  RealIp: 19,
  Via: 20,
  RequestId: 21,
  MaxForwards: 22,
  Mirror: 23,
} as const

export const fieldNames: Readonly<Record<string, number>> = {
  host: Field.Host,
  'content-length': Field.ContentLength,
  'transfer-encoding': Field.TransferEncoding,
  connection: Field.Connection,
  'keep-alive': Field.KeepAlive,
  'proxy-connection': Field.ProxyConnection,
  te: Field.Te,
  trailer: Field.Trailer,
  upgrade: Field.Upgrade,
  expect: Field.Expect,
  'proxy-authorization': Field.ProxyAuthorization,
  'proxy-authenticate': Field.ProxyAuthenticate,
  'http2-settings': Field.Http2Settings,
  'x-forwarded-for': Field.ForwardedFor,
  'x-forwarded-proto': Field.ForwardedProto,
  'x-forwarded-host': Field.ForwardedHost,
  'x-forwarded-port': Field.ForwardedPort,
  forwarded: Field.Forwarded,
  'x-real-ip': Field.RealIp,
  via: Field.Via,
  'x-request-id': Field.RequestId,
  'max-forwards': Field.MaxForwards,
  'x-spillway-mirror': Field.Mirror,
}

// A perfect hash by length, last letter and fourth letter from the end, checked below: one load and one comparison per field.
const known: ({ readonly bytes: Uint8Array; readonly id: number } | undefined)[] = new Array(1024).fill(undefined)
const slotOf = (length: number, last: number, fourthLast: number): number => ((length << 5) | (last & 31)) ^ ((fourthLast & 31) << 2)
for (const [name, id] of Object.entries(fieldNames)) {
  const slot = slotOf(name.length, name.charCodeAt(name.length - 1), name.charCodeAt(Math.max(0, name.length - 4)))
  if (known[slot] !== undefined) throw new Error(`the field table has two names in slot ${slot}: choose another hash for ${name}`)
  known[slot] = { bytes: Buffer.from(name), id }
}

function identify(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length > 31) return Field.Other
  const candidate = known[slotOf(length, bytes[end - 1]!, bytes[length > 4 ? end - 4 : start]!)]
  if (candidate === undefined || candidate.bytes.length !== length) return Field.Other
  const name = candidate.bytes
  for (let i = 0; i < length; i++) if (lowerCase[bytes[start + i]!] !== name[i]) return Field.Other
  return candidate.id
}

/** `NAME_WITH_UNDERSCORES` that a CGI-like server would take for one of ours: `Content_Length`, `X_Forwarded_For`. */
function imitates(bytes: Uint8Array, start: number, end: number): boolean {
  const name = latin1(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), 0, end - start)
  return Object.hasOwn(fieldNames, name.toLowerCase().replaceAll('_', '-'))
}

const stride = 5

/** The places of a message's header fields, in a buffer that is reused for every message. */
export class Fields {
  count = 0
  /** Name start, name end, value start, value end (white space around it left out), field id. */
  readonly places: Int32Array

  constructor(capacity: number) {
    this.places = new Int32Array((capacity + 1) * stride)
  }

  nameStart(field: number): number {
    return this.places[field * stride]!
  }
  nameEnd(field: number): number {
    return this.places[field * stride + 1]!
  }
  valueStart(field: number): number {
    return this.places[field * stride + 2]!
  }
  valueEnd(field: number): number {
    return this.places[field * stride + 3]!
  }
  id(field: number): number {
    return this.places[field * stride + 4]!
  }

  /** What `text` has between a field's colon and the end of its line, white space included. */
  rawValue(text: string, field: number): string {
    const line = text.slice(this.nameEnd(field) + 1, this.nameStart(field + 1))
    return line.slice(0, line.indexOf('\r'))
  }

  /** Makes all positions count from a byte that lies `by` further on. */
  shift(by: number): void {
    const end = this.count * stride
    for (let cell = 0; cell < end; cell++) if (cell % stride !== stride - 1) this.places[cell]! -= by
    this.places[end]! -= by
  }
}

/** What `scanFields` returns instead of a position. */
export const Scan = { Incomplete: 0, Malformed: -1, TooMany: -2 } as const

/**
 * Reads field lines from `start` to the empty line that ends them, and notes their places in `fields`.
 * Strict (RFC 9112 §5): CRLF only, no white space before the colon, no folding, no control characters.
 * Returns the position after the empty line, or one of `Scan`.
 */
export function scanFields(bytes: Uint8Array, start: number, end: number, maximum: number, fields: Fields): number {
  const places = fields.places
  let position = start
  let count = 0
  let cell = 0
  for (;;) {
    if (position >= end) return Scan.Incomplete
    if (bytes[position] === CR) {
      if (position + 1 >= end) return Scan.Incomplete
      if (bytes[position + 1] !== LF) return Scan.Malformed
      fields.count = count
      // The end of the last field's line, where a next name would start.
      places[cell] = position
      return position + 2
    }
    if (count === maximum) return Scan.TooMany
    const nameStart = position
    let underscore = false
    while (position < end && tokenCharacter[bytes[position]!] === 1) {
      if (bytes[position] === 95) underscore = true
      position++
    }
    if (position >= end) return Scan.Incomplete
    if (bytes[position] !== COLON || position === nameStart) return Scan.Malformed
    const nameEnd = position
    position++
    while (position < end && (bytes[position] === SP || bytes[position] === HTAB)) position++
    const valueStart = position
    while (position < end && valueCharacter[bytes[position]!] === 1) position++
    if (position >= end) return Scan.Incomplete
    if (bytes[position] !== CR) return Scan.Malformed
    let valueEnd = position
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--
    if (position + 1 >= end) return Scan.Incomplete
    if (bytes[position + 1] !== LF) return Scan.Malformed
    if (underscore && imitates(bytes, nameStart, nameEnd)) return Scan.Malformed
    places[cell] = nameStart
    places[cell + 1] = nameEnd
    places[cell + 2] = valueStart
    places[cell + 3] = valueEnd
    places[cell + 4] = identify(bytes, nameStart, nameEnd)
    cell += stride
    count++
    position += 2
  }
}
