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

/** Why we refuse what llhttp takes, by the reason that we log. Refusing is safe; what counts is that it is meant. */
export const stricter: Readonly<Record<string, string>> = {
  'a bare CR before the request line':
    'llhttp skips any CR and LF before a request; RFC 9112 §2.2 has a server ignore one empty line, and we take no more',
  'a malformed method': 'likewise; and methods of other protocols (`SOURCE`) in other cases',
  'an overlong method': 'likewise, in a head of one long token',
  'an unknown method': 'llhttp knows WebDAV, RTSP and the like; we forward what HTTP itself defines',
  'CONNECT or TRACE': 'no tunnels, and nothing that reflects a request (RFC 9110 §9.3.6, §9.3.8)',
  'a malformed request target': 'llhttp takes `#`, and a target that LF ends (HTTP/0.9)',
  'a request target above n bytes': 'a limit',
  'a target that is no path and no http URI': 'llhttp takes other schemes, and a name and port for CONNECT',
  'the target * without OPTIONS': 'RFC 9112 §3.2.4',
  'a malformed version': 'llhttp takes several spaces before it, and other protocols (`ICE/1.0`)',
  'an HTTP version other than 1.0 and 1.1': 'llhttp takes HTTP/0.9 and HTTP/2.0',
  'a malformed header field': 'a name with `_` that CGI would take for one with `-` that frames or routes',
  'more than n header fields': 'a limit',
  'a head above n bytes': 'a limit',
  'no Host field': 'RFC 9112 §3.2: 400',
  'two Host fields': 'RFC 9112 §3.2: 400',
  'a malformed Host': 'RFC 9112 §3.2: 400; llhttp does not look at Host',
  'a malformed authority': 'RFC 9112 §3.2: 400; llhttp does not look at Host',
  'two Content-Length fields': 'RFC 9110 §8.6 lets equal ones pass; a recipient that takes only the first or last is not far',
  'a malformed Content-Length': 'above 2^53 - 1 a number is no longer exact',
  'two Transfer-Encoding fields': 'llhttp takes other codings before chunked',
  'a malformed Transfer-Encoding': 'RFC 9112 §6.3: without chunked at its end a length is open; llhttp leaves that to the application',
  'a transfer coding other than chunked': 'RFC 9112 §6.1: 501',
  'Transfer-Encoding in HTTP/1.0': 'RFC 9112 §6.1: faulty framing',
  'both Content-Length and Transfer-Encoding': 'RFC 9112 §6.1: an attempt at smuggling',
  'an HTTP/1.0 body without Content-Length': 'RFC 9112 §6.3: its length cannot be known',
  'a malformed Connection': 'RFC 9110 §7.6.1: options are tokens',
  'Connection names an end-to-end field': 'RFC 9110 §7.6.1: what frames, routes or guards a request is not one hop’s to remove',
  'two Upgrade fields': 'which one the upstream heeds is open',
  'an upgrade with a body': 'where the other protocol begins is open',
  'two Expect fields': 'RFC 9110 §10.1.1: 417',
  'an unknown expectation': 'RFC 9110 §10.1.1: 417',
  'a malformed Max-Forwards': 'RFC 9110 §7.6.2: it is a number',
  'a malformed body':
    'chunk sizes of 14 digits and more; chunk extensions without a name or value, or of many bytes; trailers that are Host, Content-Length or Transfer-Encoding',
}
