import { fieldNames } from './fields.ts'

/** What the values of framing and connection fields mean. Strict: where two parsers could disagree, malformed. */

/** 1*DIGIT up to 2^53 - 1, leading zeros allowed (RFC 9110 §8.6); -1 for anything else. */
export function contentLength(text: string, start: number, end: number): number {
  if (start === end) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    if (value > Number.MAX_SAFE_INTEGER) return -1
  }
  return value
}

const codingName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * A Transfer-Encoding value, from the colon to the end of its line (RFC 9112 §6.1, §7). `unknown`: well-formed, ends in chunked, but names a
 * coding that the edge does not implement. Whatever does not end in chunked once leaves the length open: malformed.
 */
export function transferCoding(line: string): 'chunked' | 'unknown' | 'malformed' {
  const value = line.replace(/^ +| +$/g, '').toLowerCase()
  if (value === 'chunked') return 'chunked'
  const codings = value.split(',').map((coding) => coding.replace(/^ +| +$/g, ''))
  if (!codings.every((coding) => codingName.test(coding))) return 'malformed'
  const onceAtTheEnd = codings.indexOf('chunked') === codings.length - 1
  return onceAtTheEnd ? 'unknown' : 'malformed'
}

/** Only `100-continue` is known (RFC 9110 §10.1.1). */
export function expectation(value: string): boolean {
  return value.toLowerCase() === '100-continue'
}

/** 1*DIGIT; -1 for anything else. */
export function maxForwards(value: string): number {
  return /^[0-9]{1,9}$/.test(value) ? Number(value) : -1
}

/** `TE` lists the keyword `trailers` (RFC 9110 §10.1.4). */
export function acceptsTrailers(value: string): boolean {
  return value.split(',').some((item) => item.trim().toLowerCase() === 'trailers')
}

/** Fields that must arrive whatever Connection says: routing, framing and security hang on them (RFC 9110 §7.6.1 "MUST NOT send"). */
const endToEnd = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'cookie',
  'set-cookie',
  'authorization',
  'expect',
  'max-forwards',
  'via',
  'forwarded',
  'x-request-id',
  'x-real-ip',
  'traceparent',
])

/** Options that Connection lists, over all of its lines. */
export class Connections {
  close = false
  keepAlive = false
  upgrade = false
  /** It names a field that is not its to remove. */
  protected = false
  /** Other names, in lower case: fields that end at this hop. */
  names: string[] = []

  clear(): void {
    this.close = false
    this.keepAlive = false
    this.upgrade = false
    this.protected = false
    if (this.names.length > 0) this.names = []
  }

  add(value: string): void {
    // The two values that browsers and proxies send.
    if (value === 'keep-alive') this.keepAlive = true
    else if (value === 'close') this.close = true
    else for (const item of value.split(',')) this.#addOption(item.trim().toLowerCase())
  }

  #addOption(option: string): void {
    if (option === '') return
    if (option === 'close') this.close = true
    else if (option === 'keep-alive') this.keepAlive = true
    else if (option === 'upgrade') this.upgrade = true
    else if (endToEnd.has(option) || option.startsWith('x-forwarded-')) this.protected = true
    else if (!(option in fieldNames)) this.names.push(option)
  }
}
