import { Chunked, ChunkedReader } from '../http1/chunked.ts'
import type { HeadLimits } from '../http1/requestHead.ts'
import { parseResponse, ResponseBody, type ResponseHead } from '../http1/response.ts'

/** What `read` comes to. `Enough`: the rest is not worth reading. */
export const Reading = { More: 0, Done: 1, Broken: 2, Enough: 3 } as const

/** Interim heads included. Beyond, a new connection is cheaper than to read the answer to its end. */
export const replyBytesMaximum = 1024 * 1024
const interimMaximum = 10

/** An answer that nobody wants: read as far as it takes to know its status, and that its connection may be used again. */
export class Reply {
  /** 0 until the final head is there. */
  status = 0
  /** The connection may carry another request. */
  reusable = false
  /** How long the upstream keeps an idle connection, by its own account; -1: it does not say. */
  keepAliveSeconds = -1
  readonly #toHead: boolean
  #bytes = 0
  #interim = 0
  /** Of a head that has not come whole. */
  #partial: Buffer | undefined = undefined
  #body: number = ResponseBody.None
  #remaining = 0
  #reader: ChunkedReader | undefined = undefined

  /** `toHead`: of a HEAD request. */
  constructor(toHead: boolean) {
    this.#toHead = toHead
  }

  /** The first `length` of `bytes` have come. `head` is filled, and free again once this returns. Returns one of `Reading`. */
  read(bytes: Buffer, length: number, limits: HeadLimits, head: ResponseHead): number {
    this.#bytes += length
    const outcome = this.status === 0 ? this.#readHeads(bytes, length, limits, head) : this.#readBody(bytes, 0, length)
    return outcome === Reading.More && this.#bytes > replyBytesMaximum ? Reading.Enough : outcome
  }

  /** The upstream has closed its side. */
  ended(): number {
    return this.status !== 0 && this.#body === ResponseBody.UntilClose ? Reading.Done : Reading.Broken
  }

  #readHeads(received: Buffer, receivedLength: number, limits: HeadLimits, head: ResponseHead): number {
    const bytes = this.#partial === undefined ? received : Buffer.concat([this.#partial, received.subarray(0, receivedLength)])
    const length = this.#partial === undefined ? receivedLength : bytes.length
    this.#partial = undefined
    let start = 0
    while (start < length) {
      const end = parseResponse(bytes, start, length, limits, head)
      if (end === 0) break
      // No upgrade was asked for.
      if (end < 0 || head.status === 101) return Reading.Broken
      start = end
      if (head.status >= 200) {
        this.#begin(head)
        return this.#readBody(bytes, start, length)
      }
      if (++this.#interim > interimMaximum) return Reading.Broken
    }
    if (start < length) this.#partial = Buffer.from(bytes.subarray(start, length))
    return Reading.More
  }

  #begin(head: ResponseHead): void {
    const { status, body, contentLength } = head
    this.status = status
    this.keepAliveSeconds = head.keepAliveSeconds
    const bodiless = this.#toHead || status === 204 || status === 304
    const announced = contentLength > 0 || body === ResponseBody.Chunked
    this.reusable = head.keepAlive && (bodiless ? this.#toHead || !announced : body !== ResponseBody.UntilClose)
    this.#body = bodiless ? ResponseBody.None : body
    this.#remaining = contentLength
    if (this.#body === ResponseBody.Chunked) this.#reader = new ChunkedReader()
  }

  #readBody(bytes: Buffer, start: number, length: number): number {
    switch (this.#body) {
      case ResponseBody.None:
        return this.#done(start, length)
      case ResponseBody.Length: {
        const end = Math.min(length, start + this.#remaining)
        this.#remaining -= end - start
        return this.#remaining === 0 ? this.#done(end, length) : Reading.More
      }
      case ResponseBody.Chunked: {
        const reader = this.#reader!
        const outcome = reader.read(bytes, start, length)
        if (outcome === Chunked.More) return Reading.More
        return outcome === Chunked.Done ? this.#done(reader.position, length) : Reading.Broken
      }
      default:
        return Reading.More
    }
  }

  /** Bytes behind an answer answer no request of ours. */
  #done(end: number, length: number): number {
    if (end < length) this.reusable = false
    return Reading.Done
  }
}
