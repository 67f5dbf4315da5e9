import { Field } from './fields.ts'
import { Body, fieldIs, Method, type RequestHead, requestMethods } from './requestHead.ts'
import type { ResponseHead } from './response.ts'

/** Heads as they go out: slices of the head that came in, without what ends at this hop, with what this hop adds. */

const bit = (...ids: number[]): number => ids.reduce((mask, id) => mask | (1 << id), 0)

/** RFC 9110 §7.6.1, what is written anew below, and the mark of a mirror's copy: trusted proxies too pass on what clients feign. */
const neverForwarded = bit(
  Field.Connection,
  Field.KeepAlive,
  Field.ProxyConnection,
  Field.Te,
  Field.Trailer,
  Field.Upgrade,
  Field.TransferEncoding,
  Field.ProxyAuthorization,
  Field.ProxyAuthenticate,
  Field.Http2Settings,
  Field.Mirror,
)

/** Who sent a request, by itself or by a proxy before us: believed from trusted peers only. */
const forwarding = bit(Field.ForwardedFor, Field.ForwardedProto, Field.ForwardedHost, Field.ForwardedPort, Field.Forwarded, Field.RealIp)

/** What is said of a peer to the upstreams. `suffix` holds all of it for an untrusted peer and one authority, made once per connection. */
export type Peer = { readonly address: string; readonly trusted: boolean; readonly scheme: 'http' | 'https' }

/** `address` without brackets. RFC 7239 §6: an IPv6 address is bracketed and quoted. */
function forwardedNode(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address
}

export function forwardingFields(peer: Peer, authority: string, via: string): string {
  return (
    `X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${peer.scheme}\r\nX-Forwarded-Host: ${authority}\r\n` +
    `Forwarded: for=${forwardedNode(peer.address)};host="${authority}";proto=${peer.scheme}\r\n${via}`
  )
}

/** The fields of a request that came through a trusted proxy: what it said stands, and it is added to the chain. */
function extendedForwardingFields(head: RequestHead, peer: Peer, via: string): string {
  let chain = ''
  let forwarded = ''
  let rest = ''
  let seen = 0
  for (let field = 0; field < head.fields.count; field++) {
    const id = head.fields.id(field)
    if ((forwarding & (1 << id)) === 0 || id === 0) continue
    seen |= 1 << id
    if (id === Field.ForwardedFor) chain += `${head.value(field)}, `
    else if (id === Field.Forwarded) forwarded += `${head.value(field)}, `
    else rest += head.text.slice(head.fields.nameStart(field), head.fields.nameStart(field + 1))
  }
  if ((seen & (1 << Field.ForwardedProto)) === 0) rest += `X-Forwarded-Proto: ${peer.scheme}\r\n`
  if ((seen & (1 << Field.ForwardedHost)) === 0) rest += `X-Forwarded-Host: ${head.authority}\r\n`
  const node = forwardedNode(peer.address)
  return `X-Forwarded-For: ${chain}${peer.address}\r\n${rest}Forwarded: ${forwarded}for=${node};host="${head.authority}";proto=${peer.scheme}\r\n${via}`
}

/** 1 to 128 visible ASCII characters. */
function isRequestId(text: string, start: number, end: number): boolean {
  if (end === start || end - start > 128) return false
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code <= 32 || code >= 127) return false
  }
  return true
}

export type RequestRewrite = {
  readonly peer: Peer
  /** `forwardingFields` for this authority; used where the peer is not trusted. */
  readonly suffix: string
  /** `Via: 1.1 pseudonym\r\n`. */
  readonly via: string
  newRequestId(): string
}

/** The request head for the upstream, its empty line included. */
export function rewriteRequest(head: RequestHead, rewrite: RequestRewrite): string {
  const { fields, text } = head
  const removed = neverForwarded | forwarding
  const extra = head.connection.names.length > 0
  let out = ''
  let last = 0
  let requestId = false
  if (head.absoluteForm || head.minorVersion === 0) {
    out = `${requestMethods[head.method]} ${head.target} HTTP/1.1\r\n`
    if (head.absoluteForm) out += `Host: ${head.authority}\r\n`
    last = fields.nameStart(0)
  }
  for (let field = 0; field < fields.count; field++) {
    const id = fields.id(field)
    let drop = false
    if (id === Field.Other) drop = extra && isListed(head, field)
    else if ((removed & (1 << id)) !== 0) drop = true
    else if (id === Field.RequestId) {
      drop = requestId || !isRequestId(text, fields.valueStart(field), fields.valueEnd(field))
      if (!drop) requestId = true
    } else if (id === Field.Host) drop = head.absoluteForm
    else if (id === Field.ContentLength) drop = head.lengthRewritten
    else if (id === Field.Expect) drop = !head.expectsContinue
    else if (id === Field.MaxForwards) drop = head.method === Method.Options
    if (drop) {
      const start = fields.nameStart(field)
      if (start > last) out += text.slice(last, start)
      last = fields.nameStart(field + 1)
    }
  }
  out += text.slice(last, text.length - 2)
  if (head.lengthRewritten) out += `Content-Length: ${head.contentLength}\r\n`
  if (head.body === Body.Chunked) out += 'Transfer-Encoding: chunked\r\n'
  if (head.maxForwards > 0) out += `Max-Forwards: ${head.maxForwards - 1}\r\n`
  if (head.upgrade !== '') out += `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`
  else if (head.takesTrailers) out += 'Connection: TE\r\nTE: trailers\r\n'
  if (!requestId) out += `X-Request-ID: ${rewrite.newRequestId()}\r\n`
  return `${out + (rewrite.peer.trusted ? extendedForwardingFields(head, rewrite.peer, rewrite.via) : rewrite.suffix)}\r\n`
}

function isListed(head: RequestHead | ResponseHead, field: number): boolean {
  const { fields, text } = head
  return head.connection.names.some((name) => fieldIs(text, fields.nameStart(field), fields.nameEnd(field), name))
}

const neverReturned = bit(
  Field.Connection,
  Field.KeepAlive,
  Field.ProxyConnection,
  Field.ProxyAuthenticate,
  Field.Te,
  Field.Trailer,
  Field.Upgrade,
  Field.TransferEncoding,
)

/** The response head for the client, without its empty line: the caller adds framing and connection fields. */
export function rewriteResponse(head: ResponseHead, dropLength: boolean): string {
  const { fields, text } = head
  const end = text.length - 2
  if (!head.hopByHop && !dropLength && !head.oddStatusLine && !head.lengthRewritten) return text.slice(0, end)
  const removed = dropLength || head.lengthRewritten ? neverReturned | (1 << Field.ContentLength) : neverReturned
  const extra = head.connection.names.length > 0
  let out = ''
  let last = 0
  if (head.oddStatusLine) {
    out = `HTTP/1.1 ${head.status} `
    last = text.charCodeAt(12) === 32 ? 13 : 12
  }
  for (let field = 0; field < fields.count; field++) {
    const id = fields.id(field)
    if (id === Field.Other ? extra && isListed(head, field) : (removed & (1 << id)) !== 0) {
      out += text.slice(last, fields.nameStart(field))
      last = fields.nameStart(field + 1)
    }
  }
  out += text.slice(last, end)
  return head.lengthRewritten && !dropLength ? `${out}Content-Length: ${head.contentLength}\r\n` : out
}
