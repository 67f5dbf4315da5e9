import { CR, LF, SP, targetCharacter, tokenCharacter } from './http1/characters.ts'
import { Scan, scanFields } from './http1/fields.ts'
import { latin1 } from './http1/latin1.ts'
import { type HeadLimits, type RequestHead, refuse, requestMethods } from './http1/requestHead.ts'
import { interpret } from './http1/requestMeaning.ts'

const methodBytes = requestMethods.map((name) => Buffer.from(name))
/** Longer method names do not exist (RFC 3253's UPDATEREDIRECTREF has 17). */
const methodBytesMaximum = 32

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
    if (bytes[1] !== LF) return -refuse(head, 400, 'a bare CR before the request line')
    start = 2
  }
  const fieldsStart = parseRequestLine(bytes, start, available, limits, head)
  if (fieldsStart <= 0) return fieldsStart
  const end = Math.min(available, start + limits.headBytes)
  const headEnd = scanFields(bytes, fieldsStart, end, limits.headers, head.fields)
  if (headEnd <= 0) {
    if (headEnd === Scan.Malformed) return -refuse(head, 400, 'a malformed header field')
    if (headEnd === Scan.TooMany) return -refuse(head, 431, `more than ${limits.headers} header fields`, 'headers')
    return available - start >= limits.headBytes ? -refuse(head, 431, `a head above ${limits.headBytes} bytes`, 'head_bytes') : 0
  }
  head.text = latin1(bytes, start, headEnd)
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
  if (position - start > methodBytesMaximum) return -refuse(head, 501, 'an overlong method')
  if (position >= end) return 0
  if (bytes[position] !== SP || position === start) return -refuse(head, 400, 'a malformed method')
  head.methodEnd = position
  const targetStart = ++position
  const targetLimit = targetStart + limits.targetBytes
  while (position < end && targetCharacter[bytes[position]!] === 1) position++
  if (position > targetLimit) return -refuse(head, 414, `a request target above ${limits.targetBytes} bytes`, 'target_bytes')
  if (position >= end) return 0
  if (bytes[position] !== SP || position === targetStart) return -refuse(head, 400, 'a malformed request target')
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
  for (let i = 0; i < 5 && i < available; i++) if (bytes[start + i] !== versionPrefix[i]) return -refuse(head, 400, 'a malformed version')
  for (let i = 5; i < 10 && i < available; i++) {
    const byte = bytes[start + i]!
    const wellFormed = i === 6 ? byte === 46 : i === 8 ? byte === CR : i === 9 ? byte === LF : byte >= 48 && byte <= 57
    if (!wellFormed) return -refuse(head, 400, 'a malformed version')
  }
  if (available < 10) return 0
  const minor = bytes[start + 7]! - 48
  if (bytes[start + 5] !== 49 || minor > 1) return -refuse(head, 505, 'an HTTP version other than 1.0 and 1.1')
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
