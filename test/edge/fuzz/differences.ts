// Where our parser and llhttp may differ, and why. Whatever is not listed here is a finding.
import type { Llhttp } from './llhttp.ts'
import type { RequestRead } from './reading.ts'

export type Difference = { readonly why: string; covers(ours: RequestRead, theirs: Llhttp): boolean }

/** The values of all fields of that name, in lower case. */
function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.flatMap((value, at) => (at % 2 === 1 && fields[at - 1]!.toLowerCase() === name ? [value.toLowerCase()] : []))
}

function has(fields: readonly string[], name: string): boolean {
  return valuesOf(fields, name).length > 0
}

const tabbed = (ours: RequestRead): boolean => valuesOf(ours.fields, 'connection').some((value) => value.includes('\t'))

/** Whether the connection goes on after a request. */
export const keepAliveDifferences: readonly Difference[] = [
  {
    why: 'llhttp reads Proxy-Connection as Connection; RFC 9112 §C.2.2 makes it a field without meaning, which we remove',
    covers: (ours) => has(ours.fields, 'proxy-connection'),
  },
  {
    why: 'of `close` and `keep-alive` in one HTTP/1.0 request llhttp heeds keep-alive; RFC 9112 §9.3 has close win, and closing is safe',
    covers: (ours) => !ours.keepAlive && ours.version === '1.0',
  },
  {
    why: 'llhttp does not know HTAB as white space around a Connection option (RFC 9110 §5.6.3)',
    covers: tabbed,
  },
]

/** Whether what follows a request's head is another protocol. Ours asks the upstream first; llhttp tells the application. */
export const upgradeDifferences: readonly Difference[] = [
  {
    why: 'RFC 9110 §7.8: an Upgrade in HTTP/1.0 is ignored',
    covers: (ours) => ours.version === '1.0',
  },
  {
    why: 'RFC 9113 §3.1: the upgrade to h2c is obsolete; we go on in HTTP/1.1',
    covers: (ours) => valuesOf(ours.fields, 'upgrade').some((value) => /h2c?/.test(value)),
  },
  {
    why: 'an Upgrade that names no protocol asks for nothing',
    covers: (ours) => valuesOf(ours.fields, 'upgrade').every((value) => value === ''),
  },
  {
    why: 'llhttp reads Proxy-Connection as Connection',
    covers: (ours) => has(ours.fields, 'proxy-connection'),
  },
  {
    why: 'llhttp does not know HTAB as white space around a Connection option (RFC 9110 §5.6.3)',
    covers: tabbed,
  },
]

export type Strictness = {
  readonly why: string
  /** Whether llhttp's reading, or the bytes from the start of the request, bear the reason out. Absent where neither shows it plainly. */
  readonly holds?: (theirs: Llhttp, text: string) => boolean
}

const countOf = (theirs: Llhttp, name: string): number => valuesOf(theirs.fields, name).length
const some = (theirs: Llhttp, name: string, test: RegExp): boolean => valuesOf(theirs.fields, name).some((value) => test.test(value))
/** Surely a host, and nothing else. */
const plainHost = /^[a-z0-9][a-z0-9.-]{0,60}(:80)?$/
const endToEndOption =
  /(^|[, \t])(host|content-length|transfer-encoding|content-type|(set-)?cookie|authorization|expect|max-forwards|via|forwarded|x-request-id|x-real-ip|traceparent|x-forwarded-[^,]*)([, \t]|$)/

/** Why a body whose trailers llhttp refuses may be ours: by the errors that come of trailers. */
export const trailerDifferences: readonly { readonly why: string; readonly covers: (ours: BodyRead, error: string) => boolean }[] = [
  {
    why: 'trailers are judged when they are whole; until then llhttp may know better',
    covers: (ours, error) => !ours.done && trailerError.test(error),
  },
  {
    why: 'framing fields among the trailers of a response are dropped: an upstream is asked for content, and has sent all of it',
    covers: (ours, error) => ours.done && /(^|\n)(content-length|transfer-encoding):/i.test(ours.trailers ?? '') && trailerError.test(error),
  },
]

type BodyRead = { readonly done: boolean; readonly trailers?: string }
const trailerError = /^HPE_(INVALID_HEADER|INVALID_CONTENT|INVALID_TRANSFER|UNEXPECTED_CONTENT)/

/** Why we refuse what llhttp takes, by the reason that we log. Refusing is safe; what counts is that it is meant. */
export const stricter: Readonly<Record<string, Strictness>> = {
  'a bare CR before the request line': {
    why: 'llhttp skips any CR and LF before a request; RFC 9112 §2.2 has a server ignore one empty line, and we take no more',
  },
  'a malformed method': { why: 'likewise' },
  'an overlong method': { why: 'likewise, in a head of one long token' },
  'an unknown method': {
    why: 'llhttp knows WebDAV, RTSP and the like; we forward what HTTP itself defines',
    holds: ({ method }) => method === '',
  },
  'CONNECT or TRACE': {
    why: 'no tunnels, and nothing that reflects a request (RFC 9110 §9.3.6, §9.3.8)',
    holds: ({ method }) => method === 'CONNECT' || method === 'TRACE',
  },
  'a malformed request target': {
    why: 'llhttp takes `#`, several spaces before it, and a line that ends behind it (HTTP/0.9)',
    holds: ({ target, version }, text) => target.includes('#') || version === '0.9' || /^(\r\n)?[A-Z]+ {2}/.test(text),
  },
  'a request target above n bytes': { why: 'a limit', holds: ({ target }) => target.length > 24 },
  'a target that is no path and no http URI': {
    why: 'llhttp takes other schemes, and a name and port for CONNECT',
    holds: ({ target }) => !target.startsWith('/') && !/^http:\/\/./i.test(target),
  },
  'the target * without OPTIONS': { why: 'RFC 9112 §3.2.4', holds: ({ target, method }) => target === '*' && method !== 'OPTIONS' },
  'a malformed version': { why: 'llhttp takes several spaces before it, and other protocols (`ICE/1.0`)' },
  'an HTTP version other than 1.0 and 1.1': { why: 'llhttp takes HTTP/0.9 and HTTP/2.0', holds: ({ version }) => !/^1\.[01]$/.test(version) },
  'a malformed header field': {
    why: 'a name with `_` that CGI would take for one with `-` that frames or routes',
    holds: ({ fields }) => fields.some((name, at) => at % 2 === 0 && name.includes('_')),
  },
  'more than n header fields': { why: 'a limit', holds: ({ fields }) => fields.length > 2 * 5 },
  'a head above n bytes': { why: 'a limit' },
  'no Host field': { why: 'RFC 9112 §3.2: 400', holds: (theirs) => countOf(theirs, 'host') === 0 },
  'two Host fields': { why: 'RFC 9112 §3.2: 400', holds: (theirs) => countOf(theirs, 'host') > 1 },
  'a malformed Host': { why: 'RFC 9112 §3.2: 400; llhttp does not look at Host', holds: (theirs) => !some(theirs, 'host', plainHost) },
  'a malformed authority': {
    why: 'RFC 9112 §3.2: 400; llhttp does not look at Host',
    holds: (theirs) => (theirs.target.startsWith('/') || theirs.target === '*' ? !some(theirs, 'host', plainHost) : true),
  },
  'a malformed Content-Length': {
    why: 'above 2^53 - 1 a number is no longer exact',
    holds: (theirs) => valuesOf(theirs.fields, 'content-length').some((value) => Number(value) >= 2 ** 53),
  },
  'two Transfer-Encoding fields': { why: 'llhttp takes other codings before chunked', holds: (theirs) => countOf(theirs, 'transfer-encoding') > 1 },
  'a malformed Transfer-Encoding': {
    why: 'RFC 9112 §6.3: without chunked at its end a length is open; llhttp leaves that to the application',
    holds: (theirs, text) => !some(theirs, 'transfer-encoding', /^chunked$/) || /transfer-encoding:([^\r]*\t|[^\r]*\r\n[ \t])/i.test(text),
  },
  'a transfer coding other than chunked': { why: 'RFC 9112 §6.1: 501', holds: (theirs) => some(theirs, 'transfer-encoding', /,[ \t]*chunked$/) },
  'Transfer-Encoding in HTTP/1.0': {
    why: 'RFC 9112 §6.1: faulty framing',
    holds: (theirs) => theirs.version === '1.0' && countOf(theirs, 'transfer-encoding') > 0,
  },
  'an HTTP/1.0 body without Content-Length': {
    why: 'RFC 9112 §6.3: its length cannot be known',
    holds: (theirs) => theirs.version === '1.0' && /^P/.test(theirs.method) && countOf(theirs, 'content-length') === 0,
  },
  'a malformed Connection': {
    why: 'RFC 9110 §7.6.1: options are tokens',
    holds: (theirs) => {
      const options = valuesOf(theirs.fields, 'connection').flatMap((value) => value.split(','))
      return options.length > 100 || options.some((option) => !/^[ \t]*[!#$%&'*+.^_`|~0-9a-z-]*[ \t]*$/.test(option))
    },
  },
  'Connection names an end-to-end field': {
    why: 'RFC 9110 §7.6.1: what frames, routes or guards a request is not one hop’s to remove',
    holds: (theirs) => some(theirs, 'connection', endToEndOption),
  },
  'two Upgrade fields': { why: 'which one the upstream heeds is open', holds: (theirs) => countOf(theirs, 'upgrade') > 1 },
  'an upgrade with a body': {
    why: 'where the other protocol begins is open',
    holds: (theirs) => countOf(theirs, 'upgrade') > 0 && countOf(theirs, 'content-length') + countOf(theirs, 'transfer-encoding') > 0,
  },
  'two Expect fields': { why: 'RFC 9110 §10.1.1: 417', holds: (theirs) => countOf(theirs, 'expect') > 1 },
  'an unknown expectation': { why: 'RFC 9110 §10.1.1: 417', holds: (theirs) => !some(theirs, 'expect', /^100-continue$/) },
  'a malformed Max-Forwards': {
    why: 'RFC 9110 §7.6.2: it is one number',
    holds: (theirs) => theirs.method === 'OPTIONS' && (countOf(theirs, 'max-forwards') > 1 || !some(theirs, 'max-forwards', /^[0-9]{1,9}$/)),
  },
  'a malformed body': {
    why: 'chunk sizes of 14 digits and more; extensions without a name or value, or of many bytes; trailers that frame or route',
  },
}
