// Our own parser, run as a client connection runs it, without the connection.
import { parseAuthority } from '../../../src/edge/http1/host.ts'
import { RequestBody } from '../../../src/edge/http1/requestBody.ts'
import { Body, type HeadLimits, RequestHead, requestMethods } from '../../../src/edge/http1/requestHead.ts'
import { forwardingFields, type Peer, type RequestRewrite, rewriteRequest } from '../../../src/edge/http1/rewrite.ts'
import { parseRequest } from '../../../src/edge/request.ts'

/** One request as our parser took it. Positions count from the first byte of the connection. */
export type RequestRead = {
  readonly start: number
  readonly headEnd: number
  /** After what has come of the body. */
  end: number
  readonly method: string
  /** As received. */
  readonly target: string
  /** As routed and forwarded. */
  readonly route: string
  readonly version: string
  /** Name, value, name, value … */
  readonly fields: readonly string[]
  readonly authority: string
  readonly absolute: boolean
  readonly body: number
  readonly contentLength: number
  readonly keepAlive: boolean
  readonly upgrade: string
  readonly expectsContinue: boolean
  readonly takesTrailers: boolean
  done: boolean
  content: string
  /** What goes upstream for it: its head anew, then its body. */
  forwarded: string
}

export type Ending =
  /** More may come. */
  | { readonly kind: 'open' }
  /** By the request itself: `Connection: close`, HTTP/1.0. */
  | { readonly kind: 'closed' | 'upgrade' }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }

export type Reading = {
  readonly requests: readonly RequestRead[]
  readonly ending: Ending
  /** How far it read. */
  readonly position: number
}

export type Reader = { readonly limits: HeadLimits; readonly head: RequestHead; readonly rewrite: (authority: string) => RequestRewrite }

const via = 'Via: 1.1 edge\r\n'
export const madeRequestId = 'made-id'

export function newReader(limits: HeadLimits, peer: Peer): Reader {
  const rewrite = (authority: string): RequestRewrite => ({
    peer,
    via,
    suffix: forwardingFields(peer, authority, via),
    newRequestId: () => madeRequestId,
  })
  return { limits, head: new RequestHead(limits), rewrite }
}

/** What the parser returned cannot be: a position outside of what it was given. */
export class OutOfBounds extends Error {}

const arrivals = Buffer.alloc(1 << 17)

/**
 * Reads the first `length` of `bytes` as they would come in pieces that end at `cuts`, ascending. What has not come yet is `poison` in memory:
 * who reads ahead reads that.
 */
export function readRequests(bytes: Buffer, length: number, cuts: readonly number[], reader: Reader, poison = 0): Reading {
  const requests: RequestRead[] = []
  let present: RequestRead | undefined
  let body: RequestBody | undefined
  let position = 0
  let arrived = 0
  const stop = (ending: Ending): Reading => ({ requests, ending, position })
  arrivals.fill(poison, 0, length)
  for (const end of [...cuts, length]) {
    bytes.copy(arrivals, arrived, arrived, end)
    arrived = end
    while (position < end) {
      if (present === undefined || body === undefined) {
        const { head } = reader
        const taken = parseRequest(arrivals.subarray(position), end - position, reader.limits, head)
        if (taken === 0) break
        if (taken < 0) return stop({ kind: 'refused', status: -taken, why: head.refusal })
        if (taken > end - position) throw new OutOfBounds(`a head of ${taken} bytes in ${end - position}`)
        if (parseAuthority(head.authority) === undefined) return stop({ kind: 'refused', status: 400, why: 'a malformed authority' })
        present = note(head, position, position + taken, rewriteRequest(head, reader.rewrite(head.authority)))
        requests.push(present)
        body = new RequestBody(head.body, head.contentLength)
        position += taken
      }
      if (!body.done && position < end) {
        const next = body.read(arrivals, position, end, 0)
        if (next < 0) return stop({ kind: 'refused', status: -next, why: 'a malformed body' })
        if (next > end || (next === position && !body.done)) throw new OutOfBounds(`a body from ${position} to ${next} of ${end}`)
        position = next
        const out = typeof body.out === 'string' ? body.out : body.out.latin1Slice()
        present.forwarded += out
        present.content += present.body === Body.Chunked ? decodeChunks(out) : out
        present.end = position
      }
      if (!body.done) break
      present.done = true
      if (present.upgrade !== '') return stop({ kind: 'upgrade' })
      if (!present.keepAlive) return stop({ kind: 'closed' })
      body = undefined
      present = undefined
    }
  }
  return stop({ kind: 'open' })
}

function note(head: RequestHead, start: number, headEnd: number, forwarded: string): RequestRead {
  return {
    start,
    headEnd,
    end: headEnd,
    method: requestMethods[head.method]!,
    target: head.text.slice(head.targetStart, head.targetEnd),
    route: head.target,
    version: `1.${head.minorVersion}`,
    fields: fieldsOf(head),
    authority: head.authority,
    absolute: head.absoluteForm,
    body: head.body,
    contentLength: head.contentLength,
    keepAlive: head.keepAlive,
    upgrade: head.upgrade,
    expectsContinue: head.expectsContinue,
    takesTrailers: head.takesTrailers,
    done: false,
    content: '',
    forwarded,
  }
}

type Parsed = {
  readonly text: string
  readonly fields: { readonly count: number; nameStart(field: number): number; nameEnd(field: number): number }
  value(field: number): string
}

export function fieldsOf(head: Parsed): string[] {
  const fields: string[] = []
  for (let field = 0; field < head.fields.count; field++) {
    fields.push(head.text.slice(head.fields.nameStart(field), head.fields.nameEnd(field)), head.value(field))
  }
  return fields
}

/** The content of whole chunks as our encoder writes them, the last one or not. */
export function decodeChunks(text: string): string {
  let content = ''
  let at = 0
  while (at < text.length) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    const end = line + 2 + size
    if (!/^[0-9a-f]+$/.test(text.slice(at, line)) || text.slice(end, end + 2) !== '\r\n') throw new Error(`no chunk of ours: ${JSON.stringify(text)}`)
    content += text.slice(line + 2, end)
    at = end + 2
    if (size === 0 && at !== text.length) throw new Error(`bytes behind the last chunk of ours: ${JSON.stringify(text)}`)
  }
  return content
}
