import type { LimitKind } from '../counters.ts'
import { lowerCase } from './characters.ts'
import { Fields } from './fields.ts'
import { Connections } from './semantics.ts'

/** What a request head may be at most. */
export type HeadLimits = { readonly headBytes: number; readonly headers: number; readonly targetBytes: number }

/** How a request's body is delimited (RFC 9112 §6). */
export const Body = { None: 0, Length: 1, Chunked: 2 } as const

/** The methods that are forwarded, in the order of the counters' index; unknown ones are refused with 501. */
export const requestMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'] as const
export const Method = { Get: 0, Head: 1, Post: 2, Put: 3, Patch: 4, Delete: 5, Options: 6, Query: 7 } as const
/**
 * A request head, parsed: one per worker, filled anew for each request and read before the next is parsed.
 * Positions count from the first byte of `text`, which is the head as received, from its request line to its empty line.
 */
export class RequestHead {
  text = ''
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
  /** The limit that this was for; undefined: none. */
  limit: LimitKind | undefined = undefined

  constructor(limits: HeadLimits) {
    this.fields = new Fields(limits.headers)
  }

  /** A field's value as received, as latin1. */
  value(field: number): string {
    return this.text.slice(this.fields.valueStart(field), this.fields.valueEnd(field))
  }
}

/** Notes why a head is refused, and returns the status to refuse it with. */
export function refuse(head: RequestHead, status: number, why: string, limit?: LimitKind): number {
  head.refusal = why
  head.limit = limit
  return status
}

/** Whether `name`, in lower case, is the name of `field`. */
export function fieldIs(bytes: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (lowerCase[bytes.charCodeAt(start + i)] !== name.charCodeAt(i)) return false
  return true
}
