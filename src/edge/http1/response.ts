import { CR, LF, valueCharacter } from './characters.ts'
import { Field, Fields, Scan, scanFields } from './fields.ts'
import { latin1 } from './latin1.ts'
import type { HeadLimits } from './requestHead.ts'
import { Connections, contentLength, hasLeadingZero, transferCoding } from './semantics.ts'

/** How a response's body is delimited (RFC 9112 §6.3). */
export const ResponseBody = { None: 0, Length: 1, Chunked: 2, UntilClose: 3 } as const

/** A response head, parsed: one per worker, as `RequestHead` is. */
export class ResponseHead {
  text = ''
  status = 0
  minorVersion = 1
  readonly fields: Fields
  /** By the head alone: a HEAD's answer has none whatever this says. */
  body: number = ResponseBody.None
  contentLength = 0
  /** Content-Length was written with leading zeros and must be written anew. */
  lengthRewritten = false
  /** The upstream lets its connection be used again. */
  keepAlive = true
  /** Seconds that the upstream keeps an idle connection, by its Keep-Alive field; -1 where it does not say. */
  keepAliveSeconds = -1
  /** A field that ends at this hop occurs, so that the head must be rewritten. */
  hopByHop = false
  /** The status line is not one that we may send: HTTP/1.0, or without the SP before its (empty) reason. */
  oddStatusLine = false
  upgrade = ''
  readonly connection = new Connections()
  refusal = ''

  constructor(limits: HeadLimits) {
    this.fields = new Fields(limits.headers)
  }

  value(field: number): string {
    return this.text.slice(this.fields.valueStart(field), this.fields.valueEnd(field))
  }
}

/** What `parseResponse` returns when the upstream does not speak HTTP/1.1 as it should: 502, and its connection is destroyed. */
export const malformedResponse = -1

function malformed(head: ResponseHead, why: string): number {
  head.refusal = why
  return malformedResponse
}

function rejected(head: ResponseHead, why: string): false {
  head.refusal = why
  return false
}

const prefix = Buffer.from('HTTP/1.')

/** Parses a response head from `start`. Returns the position after it, 0 while it is incomplete, or `malformedResponse`. */
export function parseResponse(bytes: Buffer, start: number, length: number, limits: HeadLimits, head: ResponseHead): number {
  const fieldsStart = parseStatusLine(bytes, start, length, head)
  if (fieldsStart <= 0) return fieldsStart
  const end = Math.min(length, start + limits.headBytes)
  const headEnd = scanFields(bytes, fieldsStart, end, limits.headers, head.fields)
  if (headEnd <= 0) {
    if (headEnd === Scan.Malformed) return malformed(head, 'a malformed header field')
    if (headEnd === Scan.TooMany) return malformed(head, `more than ${limits.headers} header fields`)
    return length - start >= limits.headBytes ? malformed(head, `a head above ${limits.headBytes} bytes`) : 0
  }
  head.text = latin1(bytes, start, headEnd)
  if (start > 0) head.fields.shift(start)
  return interpret(head) ? headEnd : malformedResponse
}

/** `HTTP/1.x SP 3DIGIT SP [reason] CRLF`; the SP before an absent reason may be absent too, as many servers have it. */
function parseStatusLine(bytes: Buffer, start: number, end: number, head: ResponseHead): number {
  const available = end - start
  for (let i = 0; i < 7 && i < available; i++) if (bytes[start + i] !== prefix[i]) return malformed(head, 'no HTTP/1 status line')
  if (available < 13) return 0
  const minor = bytes[start + 7]! - 48
  const hundreds = bytes[start + 9]! - 48
  const tens = bytes[start + 10]! - 48
  const ones = bytes[start + 11]! - 48
  if ((minor !== 0 && minor !== 1) || bytes[start + 8] !== 32) return malformed(head, 'a malformed status line')
  if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return malformed(head, 'a status code outside 100-599')
  head.minorVersion = minor
  head.status = hundreds * 100 + tens * 10 + ones
  let position = start + 12
  if (bytes[position] !== 32 && bytes[position] !== CR) return malformed(head, 'a malformed status code')
  while (position < end && valueCharacter[bytes[position]!] === 1) position++
  if (position + 1 >= end) return position < end && bytes[position] !== CR ? malformed(head, 'a malformed reason') : 0
  if (bytes[position] !== CR || bytes[position + 1] !== LF) return malformed(head, 'a malformed reason')
  return position + 2
}

function interpret(head: ResponseHead): boolean {
  head.body = ResponseBody.UntilClose
  head.contentLength = 0
  head.lengthRewritten = false
  head.keepAlive = head.minorVersion === 1
  head.keepAliveSeconds = -1
  head.hopByHop = false
  head.oddStatusLine = head.minorVersion === 0 || head.text.charCodeAt(12) === CR
  head.upgrade = ''
  head.refusal = ''
  head.connection.clear()
  const fields = head.fields
  let seen = 0
  for (let field = 0; field < fields.count; field++) {
    const id = fields.id(field)
    if (id === Field.Other) continue
    const first = (seen & (1 << id)) === 0
    seen |= 1 << id
    switch (id) {
      case Field.ContentLength:
        head.contentLength = first ? contentLength(head.text, fields.valueStart(field), fields.valueEnd(field)) : -1
        head.body = ResponseBody.Length
        if (head.contentLength < 0) return rejected(head, 'a malformed or repeated Content-Length')
        head.lengthRewritten = hasLeadingZero(head.text, fields.valueStart(field), fields.valueEnd(field))
        break
      case Field.TransferEncoding:
        if (!first || head.minorVersion === 0 || transferCoding(fields.rawValue(head.text, field)) !== 'chunked') {
          return rejected(head, 'a Transfer-Encoding other than chunked')
        }
        head.hopByHop = true
        break
      case Field.Connection:
        head.connection.add(head.value(field))
        head.hopByHop = true
        break
      case Field.KeepAlive:
        head.keepAliveSeconds = keepAliveTimeout(head.value(field))
        head.hopByHop = true
        break
      case Field.Upgrade:
        head.upgrade = head.value(field)
        head.hopByHop = true
        break
      case Field.ProxyConnection:
      case Field.ProxyAuthenticate:
      case Field.Te:
      case Field.Trailer:
        head.hopByHop = true
        break
    }
  }
  if ((seen & (1 << Field.TransferEncoding)) !== 0) {
    if (head.body === ResponseBody.Length) return rejected(head, 'both Content-Length and Transfer-Encoding')
    head.body = ResponseBody.Chunked
  }
  if (head.connection.close) head.keepAlive = false
  else if (head.minorVersion === 0) head.keepAlive = head.connection.keepAlive
  return true
}

function keepAliveTimeout(value: string): number {
  const match = /(?:^|[,\s])timeout=([0-9]{1,6})/i.exec(value)
  return match === null ? -1 : Number(match[1])
}
