import { Field } from './fields.ts'
import { parseAuthority } from './host.ts'
import { Body, Method, type RequestHead, refuse } from './requestHead.ts'
import { acceptsTrailers, contentLength, expectation, hasLeadingZero, maxForwards, transferCoding } from './semantics.ts'

/** What the head means beyond its syntax. Returns 0, or the status to refuse with. */
export function interpret(head: RequestHead): number {
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
  if (head.method === -2) return refuse(head, 405, 'CONNECT or TRACE')
  if (head.method === -1) return refuse(head, 501, 'an unknown method')
  return interpretUpgrade(head)
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
        if (!first) return refuse(head, 400, 'two Host fields')
        head.authority = head.value(field)
        break
      case Field.ContentLength: {
        if (!first) return refuse(head, 400, 'two Content-Length fields')
        const length = contentLength(head.text, fields.valueStart(field), fields.valueEnd(field))
        if (length < 0) return refuse(head, 400, 'a malformed Content-Length')
        head.body = Body.Length
        head.contentLength = length
        head.lengthRewritten = hasLeadingZero(head.text, fields.valueStart(field), fields.valueEnd(field))
        break
      }
      case Field.TransferEncoding:
        if (!first) return refuse(head, 400, 'two Transfer-Encoding fields')
        transferEncoding = field
        break
      case Field.Connection:
        head.connection.add(head.value(field))
        break
      case Field.Te:
        head.takesTrailers ||= acceptsTrailers(head.value(field))
        break
      case Field.Upgrade:
        if (!first) return refuse(head, 400, 'two Upgrade fields')
        upgrade = field
        break
      case Field.Expect:
        if (!first) return refuse(head, 417, 'two Expect fields')
        expect = field
        break
      case Field.Via:
        head.via = true
        break
      case Field.MaxForwards:
        if (head.method !== Method.Options) break
        head.maxForwards = maxForwards(head.value(field))
        if (!first || head.maxForwards < 0) return refuse(head, 400, 'a malformed Max-Forwards')
        break
    }
  }
  if ((seen & (1 << Field.Host)) === 0) return refuse(head, 400, 'no Host field')
  if (transferEncoding >= 0) {
    const status = interpretTransferEncoding(head, transferEncoding)
    if (status !== 0) return status
  }
  if (head.connection.close) head.keepAlive = false
  else if (head.minorVersion === 0) head.keepAlive = head.connection.keepAlive
  if (head.connection.malformed) return refuse(head, 400, 'a malformed Connection')
  if (head.connection.protected) return refuse(head, 400, 'Connection names an end-to-end field')
  if (expect >= 0) {
    if (!expectation(head.value(expect))) return refuse(head, 417, 'an unknown expectation')
    head.expectsContinue = head.minorVersion === 1 && (head.body === Body.Chunked || head.contentLength > 0)
  }
  if (upgrade >= 0 && head.connection.upgrade) head.upgrade = head.value(upgrade)
  if (
    head.minorVersion === 0 &&
    head.body === Body.None &&
    (head.method === Method.Post || head.method === Method.Put || head.method === Method.Patch)
  ) {
    return refuse(head, 400, 'an HTTP/1.0 body without Content-Length')
  }
  return 0
}

function interpretTransferEncoding(head: RequestHead, field: number): number {
  if (head.body === Body.Length) return refuse(head, 400, 'both Content-Length and Transfer-Encoding')
  if (head.minorVersion === 0) return refuse(head, 400, 'Transfer-Encoding in HTTP/1.0')
  const coding = transferCoding(head.fields.rawValue(head.text, field))
  if (coding === 'malformed') return refuse(head, 400, 'a malformed Transfer-Encoding')
  if (coding === 'unknown') return refuse(head, 501, 'a transfer coding other than chunked')
  head.body = Body.Chunked
  return 0
}

function interpretTarget(head: RequestHead): number {
  const target = head.text.slice(head.targetStart, head.targetEnd)
  const first = target.charCodeAt(0)
  if (first === 47) {
    head.target = target
  } else if (target === '*') {
    if (head.method !== Method.Options) return refuse(head, 400, 'the target * without OPTIONS')
    head.target = target
  } else {
    if (target.length < 8 || target.slice(0, 7).toLowerCase() !== 'http://') return refuse(head, 400, 'a target that is no path and no http URI')
    const slash = target.slice(7).search(/[/?]/)
    const authorityEnd = slash < 0 ? target.length : 7 + slash
    // RFC 9112 §3.2.2: the URI's authority counts, the received Host does not; it must be well-formed all the same.
    if (parseAuthority(head.authority) === undefined) return refuse(head, 400, 'a malformed Host')
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
  if (head.body === Body.Chunked || head.contentLength > 0) return refuse(head, 400, 'an upgrade with a body')
  const lower = head.upgrade.toLowerCase()
  // RFC 9113 §3.1: the h2c upgrade is obsolete, and a tunnel for what the routes never see.
  if (head.minorVersion === 0 || /(^|[,\s])h2c?\s*(,|$)/.test(lower)) head.upgrade = ''
  return 0
}
