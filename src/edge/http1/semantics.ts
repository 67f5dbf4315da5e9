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

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** `text` without the characters of `spaces` around it. `String.trim` knows more of them (U+00A0), and ` +$` looks at each run of spaces anew. */
function within(text: string, spaces: string): string {
  let start = 0
  let end = text.length
  while (start < end && spaces.includes(text.charAt(start))) start++
  while (end > start && spaces.includes(text.charAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/** `05`: legal, and to be written as `5`, because another parser may think of octal. */
export function hasLeadingZero(text: string, start: number, end: number): boolean {
  return end - start > 1 && text.charCodeAt(start) === 48
}

/**
 * A Transfer-Encoding value, from the colon to the end of its line (RFC 9112 §6.1, §7): white space other than SP around it is a known way to hide it
 * from one of two parsers. `unknown`: well-formed, ends in chunked, but names a coding that the edge does not implement. Whatever does not end in
 * chunked once leaves the length open: malformed.
 */
export function transferCoding(line: string): 'chunked' | 'unknown' | 'malformed' {
  const value = within(line, ' ').toLowerCase()
  if (value === 'chunked') return 'chunked'
  const codings = value.split(',').map((coding) => within(coding, ' '))
  if (!codings.every((coding) => token.test(coding))) return 'malformed'
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
  return value.split(',').some((item) => within(item, ' \t').toLowerCase() === 'trailers')
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

/** Each name is looked for among all fields: far more of them than any sender lists would cost far more than they cost the sender. */
const namesMaximum = 100

/** Options that Connection lists, over all of its lines. */
export class Connections {
  close = false
  keepAlive = false
  upgrade = false
  /** It names a field that is not its to remove. */
  protected = false
  /** It lists what is no option, or more of them than anyone means. */
  malformed = false
  /** Other names, in lower case: fields that end at this hop. */
  names: string[] = []

  clear(): void {
    this.close = false
    this.keepAlive = false
    this.upgrade = false
    this.protected = false
    this.malformed = false
    if (this.names.length > 0) this.names = []
  }

  add(value: string): void {
    // The two values that browsers and proxies send.
    if (value === 'keep-alive') this.keepAlive = true
    else if (value === 'close') this.close = true
    else for (const item of value.split(',')) this.#addOption(within(item, ' \t').toLowerCase())
  }

  #addOption(option: string): void {
    if (option === '') return
    if (option === 'close') this.close = true
    else if (option === 'keep-alive') this.keepAlive = true
    else if (option === 'upgrade') this.upgrade = true
    else if (endToEnd.has(option) || option.startsWith('x-forwarded-')) this.protected = true
    else if (!token.test(option) || this.names.length === namesMaximum) this.malformed = true
    else if (!Object.hasOwn(fieldNames, option)) this.names.push(option)
  }
}
