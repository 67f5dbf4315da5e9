import { CR, LF, lowerCase, SP, targetCharacter, tokenCharacter } from './characters.ts'
import { Field, Fields, Scan, scanFields } from './fields.ts'
import { parseAuthority } from './host.ts'
import { latin1 } from './latin1.ts'
import { acceptsTrailers, Connections, contentLength, expectation, maxForwards, transferCoding } from './semantics.ts'

/** What a request head may be at most. */
export type HeadLimits = { readonly headBytes: number; readonly headers: number; readonly targetBytes: number }

/** How a request's body is delimited (RFC 9112 §6). */
export const Body = { None: 0, Length: 1, Chunked: 2 } as const

/** The methods that are forwarded, in the order of the counters' index; unknown ones are refused with 501. */
export const requestMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'] as const
export const Method = { Get: 0, Head: 1, Post: 2, Put: 3, Patch: 4, Delete: 5, Options: 6, Query: 7 } as const
const methodBytes = requestMethods.map((name) => Buffer.from(name))
/** Longer method names do not exist (RFC 3253's UPDATEREDIRECTREF has 17). */
const methodBytesMaximum = 32

/**
 * A request head, parsed: one per worker, filled anew for each request and read before the next is parsed.
 * Positions count from the first byte of `text`, which is the head as received, from its request line to its empty line.
 */
export class RequestHead {
  text = ''
  /** Bytes that the head took in the input, a tolerated empty line before it included. */
  consumed = 0
  method = 0
  methodEnd = 0
  /** What is routed and forwarded: origin-form, or `*`. For absolute-form the part after the authority. */
  target = ''
  /** Where the received target lies. */
  targetStart = 0
  targetEnd = 0
  absoluteForm = false
  /** 0 or 1: the x in HTTP/1.x. */
  minorVersion = 1
  readonly fields: Fields
  /** The authority as received, for the Host of the forwarded request. */
  authority = ''
  body: number = Body.None
  /** Bytes of the body where `body` is `Length`, else 0. */
  contentLength = 0
  /** Content-Length was written with leading zeros and must be written anew. */
  lengthRewritten = false
  /** The connection may carry another request after this one. */
  keepAlive = true
  /** `Expect: 100-continue`, and it means something here. */
  expectsContinue = false
  /** The protocol asked for by Upgrade and Connection, '' where none. */
  upgrade = ''
  /** The client takes trailers (`TE: trailers`). */
  takesTrailers = false
  /** A Via field occurs: the request may have been here before. */
  via = false
  /** Field names, in lower case, that Connection declares hop-by-hop beside the usual. Empty on nearly all requests. */
  readonly connection = new Connections()
  /** The value of Max-Forwards on OPTIONS; -1 where absent. */
  maxForwards = -1
  /** Why `parseRequest` refused, in words for a log. */
  refusal = ''

  constructor(limits: HeadLimits) {
    this.fields = new Fields(limits.headers)
  }

  /** A field's value as received, as latin1. */
  value(field: number): string {
    return this.text.slice(this.fields.valueStart(field), this.fields.valueEnd(field))
  }
}

function refuse(head: RequestHead, status: number, why: string): number {
  head.refusal = why
  return -status
}

/**
 * Parses a request head from the start of the first `available` of `bytes`.
 * Returns the number of bytes it took, 0 while it is incomplete, or minus the status to refuse it with (400, 405, 414, 417, 431, 501, 505);
 * the connection must then be closed. Strict: see RFC 9112 §2.2, §3, §5, §6.
 */
export function parseRequest(bytes: Buffer, available: number, limits: HeadLimits, head: RequestHead): number {
  let start = 0
  // RFC 9112 §2.2: one empty line before a request line is ignored.
  if (available > 0 && bytes[0] === CR) {
    if (available === 1) return 0
    if (bytes[1] !== LF) return refuse(head, 400, 'a bare CR before the request line')
    start = 2
  }
  const fieldsStart = parseRequestLine(bytes, start, available, limits, head)
  if (fieldsStart <= 0) return fieldsStart
  const end = Math.min(available, start + limits.headBytes)
  const headEnd = scanFields(bytes, fieldsStart, end, limits.headers, head.fields)
  if (headEnd <= 0) {
    if (headEnd === Scan.Malformed) return refuse(head, 400, 'a malformed header field')
    if (headEnd === Scan.TooMany) return refuse(head, 431, `more than ${limits.headers} header fields`)
    return available - start >= limits.headBytes ? refuse(head, 431, `a head above ${limits.headBytes} bytes`) : 0
  }
  head.text = latin1(bytes, start, headEnd)
  head.consumed = headEnd
  if (start > 0) shift(head, start)
  const status = interpret(head)
  return status === 0 ? headEnd : -status
}

/** After a tolerated empty line: makes the positions count from the request line, as `text` does. */
function shift(head: RequestHead, by: number): void {
  head.methodEnd -= by
  head.targetStart -= by
  head.targetEnd -= by
  head.fields.shift(by)
}

/** Returns where the fields start, 0 while incomplete, or minus a status. */
function parseRequestLine(bytes: Buffer, start: number, end: number, limits: HeadLimits, head: RequestHead): number {
  let position = start
  while (position < end && tokenCharacter[bytes[position]!] === 1) position++
  if (position - start > methodBytesMaximum) return refuse(head, 501, 'an overlong method')
  if (position >= end) return 0
  if (bytes[position] !== SP || position === start) return refuse(head, 400, 'a malformed method')
  head.methodEnd = position
  const targetStart = ++position
  const targetLimit = targetStart + limits.targetBytes
  while (position < end && targetCharacter[bytes[position]!] === 1) position++
  if (position > targetLimit) return refuse(head, 414, `a request target above ${limits.targetBytes} bytes`)
  if (position >= end) return 0
  if (bytes[position] !== SP || position === targetStart) return refuse(head, 400, 'a malformed request target')
  head.targetStart = targetStart
  head.targetEnd = position
  const version = parseVersion(bytes, position + 1, end, head)
  if (version <= 0) return version
  head.method = methodOf(bytes, start, head.methodEnd)
  return version
}

const versionPrefix = Buffer.from('HTTP/')

/** Reads `HTTP/1.x CRLF`. Returns the position after it, 0 while incomplete, or minus a status. */
function parseVersion(bytes: Buffer, start: number, end: number, head: RequestHead): number {
  const available = end - start
  for (let i = 0; i < 5 && i < available; i++) if (bytes[start + i] !== versionPrefix[i]) return refuse(head, 400, 'a malformed version')
  for (let i = 5; i < 10 && i < available; i++) {
    const byte = bytes[start + i]!
    const wellFormed = i === 6 ? byte === 46 : i === 8 ? byte === CR : i === 9 ? byte === LF : byte >= 48 && byte <= 57
    if (!wellFormed) return refuse(head, 400, 'a malformed version')
  }
  if (available < 10) return 0
  const minor = bytes[start + 7]! - 48
  if (bytes[start + 5] !== 49 || minor > 1) return refuse(head, 505, 'an HTTP version other than 1.0 and 1.1')
  head.minorVersion = minor
  return start + 10
}

/** The index of a known method, -1 for any other, -2 for CONNECT and TRACE. */
function methodOf(bytes: Buffer, start: number, end: number): number {
  for (let index = 0; index < methodBytes.length; index++) {
    const name = methodBytes[index]!
    if (name.length !== end - start) continue
    let i = 0
    while (i < name.length && bytes[start + i] === name[i]) i++
    if (i === name.length) return index
  }
  const text = latin1(bytes, start, end)
  return text === 'CONNECT' || text === 'TRACE' ? -2 : -1
}

/** What the head means beyond its syntax. Returns 0, or the status to refuse with. */
function interpret(head: RequestHead): number {
  head.authority = ''
  head.body = Body.None
  head.contentLength = 0
  head.lengthRewritten = false
  head.keepAlive = head.minorVersion === 1
  head.expectsContinue = false
  head.upgrade = ''
  head.takesTrailers = false
  head.absoluteForm = false
  head.maxForwards = -1
  head.via = false
  head.connection.clear()
  // A well-formed head only is told what its method is worth: a malformed one is 400 whatever it asks for.
  const status = interpretFields(head) || (head.method < 0 ? 0 : interpretTarget(head))
  if (status !== 0) return status
  if (head.method === -2) return -refuse(head, 405, 'CONNECT or TRACE')
  if (head.method === -1) return -refuse(head, 501, 'an unknown method')
  return interpretUpgrade(head)
}

function bad(head: RequestHead, why: string): number {
  head.refusal = why
  return 400
}

function interpretFields(head: RequestHead): number {
  const fields = head.fields
  let seen = 0
  let upgrade = -1
  let expect = -1
  let transferEncoding = -1
  for (let field = 0; field < fields.count; field++) {
    const id = fields.id(field)
    if (id === Field.Other) continue
    const first = (seen & (1 << id)) === 0
    seen |= 1 << id
    switch (id) {
      case Field.Host:
        if (!first) return bad(head, 'two Host fields')
        head.authority = head.value(field)
        break
      case Field.ContentLength: {
        if (!first) return bad(head, 'two Content-Length fields')
        const length = contentLength(head.text, fields.valueStart(field), fields.valueEnd(field))
        if (length < 0) return bad(head, 'a malformed Content-Length')
        head.body = Body.Length
        head.contentLength = length
        head.lengthRewritten = head.text.charCodeAt(fields.valueStart(field)) === 48 && fields.valueEnd(field) - fields.valueStart(field) > 1
        break
      }
      case Field.TransferEncoding:
        if (!first) return bad(head, 'two Transfer-Encoding fields')
        transferEncoding = field
        break
      case Field.Connection:
        head.connection.add(head.value(field))
        break
      case Field.Te:
        head.takesTrailers ||= acceptsTrailers(head.value(field))
        break
      case Field.Upgrade:
        if (!first) return bad(head, 'two Upgrade fields')
        upgrade = field
        break
      case Field.Expect:
        if (!first) return -refuse(head, 417, 'two Expect fields')
        expect = field
        break
      case Field.Via:
        head.via = true
        break
      case Field.MaxForwards:
        if (head.method !== Method.Options) break
        head.maxForwards = maxForwards(head.value(field))
        if (!first || head.maxForwards < 0) return bad(head, 'a malformed Max-Forwards')
        break
    }
  }
  if ((seen & (1 << Field.Host)) === 0) return bad(head, 'no Host field')
  if (transferEncoding >= 0) {
    const status = interpretTransferEncoding(head, transferEncoding)
    if (status !== 0) return status
  }
  if (head.connection.close) head.keepAlive = false
  else if (head.minorVersion === 0) head.keepAlive = head.connection.keepAlive
  if (head.connection.protected) return bad(head, 'Connection names an end-to-end field')
  if (expect >= 0) {
    if (!expectation(head.value(expect))) return -refuse(head, 417, 'an unknown expectation')
    head.expectsContinue = head.minorVersion === 1 && (head.body === Body.Chunked || head.contentLength > 0)
  }
  if (upgrade >= 0 && head.connection.upgrade) head.upgrade = head.value(upgrade)
  if (
    head.minorVersion === 0 &&
    head.body === Body.None &&
    (head.method === Method.Post || head.method === Method.Put || head.method === Method.Patch)
  ) {
    return bad(head, 'an HTTP/1.0 body without Content-Length')
  }
  return 0
}

function interpretTransferEncoding(head: RequestHead, field: number): number {
  if (head.body === Body.Length) return bad(head, 'both Content-Length and Transfer-Encoding')
  if (head.minorVersion === 0) return bad(head, 'Transfer-Encoding in HTTP/1.0')
  // The line from its colon on: white space other than SP around this value is a known way to hide it from one of two parsers.
  const line = head.text.slice(head.fields.nameEnd(field) + 1, head.fields.nameStart(field + 1))
  const coding = transferCoding(line.slice(0, line.indexOf('\r')))
  if (coding === 'malformed') return bad(head, 'a malformed Transfer-Encoding')
  if (coding === 'unknown') return -refuse(head, 501, 'a transfer coding other than chunked')
  head.body = Body.Chunked
  return 0
}

function interpretTarget(head: RequestHead): number {
  const target = head.text.slice(head.targetStart, head.targetEnd)
  const first = target.charCodeAt(0)
  if (first === 47) {
    head.target = target
  } else if (target === '*') {
    if (head.method !== Method.Options) return bad(head, 'the target * without OPTIONS')
    head.target = target
  } else {
    if (target.length < 8 || target.slice(0, 7).toLowerCase() !== 'http://') return bad(head, 'a target that is no path and no http URI')
    const slash = target.slice(7).search(/[/?]/)
    const authorityEnd = slash < 0 ? target.length : 7 + slash
    // RFC 9112 §3.2.2: the URI's authority counts, the received Host does not; it must be well-formed all the same.
    if (parseAuthority(head.authority) === undefined) return bad(head, 'a malformed Host')
    head.authority = target.slice(7, authorityEnd)
    head.absoluteForm = true
    const rest = target.slice(authorityEnd)
    if (rest === '') head.target = head.method === Method.Options ? '*' : '/'
    else head.target = rest.charCodeAt(0) === 63 ? `/${rest}` : rest
  }
  return 0
}

function interpretUpgrade(head: RequestHead): number {
  if (head.upgrade === '') return 0
  if (head.body === Body.Chunked || head.contentLength > 0) return bad(head, 'an upgrade with a body')
  const lower = head.upgrade.toLowerCase()
  // RFC 9113 §3.1: the h2c upgrade is obsolete, and a tunnel for what the routes never see.
  if (head.minorVersion === 0 || /(^|[,\s])h2c?\s*(,|$)/.test(lower)) head.upgrade = ''
  return 0
}

/** Whether `name`, in lower case, is the name of `field`. */
export function fieldIs(bytes: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (lowerCase[bytes.charCodeAt(start + i)] !== name.charCodeAt(i)) return false
  return true
}
