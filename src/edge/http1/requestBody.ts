import { Chunked, ChunkedReader } from './chunked.ts'
import { copyOf, encodeChunk, lastChunk } from './encode.ts'
import { Body } from './requestHead.ts'
import { readTrailers } from './trailers.ts'

/** The body of a request, as it comes: knows where it ends, and what to send upstream of it. Its trailers are read and dropped. */
export class RequestBody {
  done: boolean
  /** Bytes of content so far; of a tunnel, those from the client. */
  bytes = 0
  /** What the latest `read` found, encoded for the upstream; latin1 where it is a string. */
  out: string | Buffer = ''
  #remaining: number
  readonly #reader: ChunkedReader | undefined

  constructor(kind: number, contentLength: number) {
    this.#remaining = kind === Body.Length ? contentLength : 0
    this.#reader = kind === Body.Chunked ? new ChunkedReader() : undefined
    this.done = kind !== Body.Chunked && this.#remaining === 0
  }

  /**
   * Takes what belongs to the body from `bytes`, `start` to `end`, and leaves it in `out`, copied. Returns the position after it, or minus the status
   * to refuse the request with. `maximum`: bytes of content, 0 = any.
   */
  read(bytes: Buffer, start: number, end: number, maximum: number): number {
    if (this.#reader === undefined) return this.#readLength(bytes, start, end)
    const reader = this.#reader
    const outcome = reader.read(bytes, start, end)
    this.bytes += reader.dataBytes
    if (maximum > 0 && this.bytes > maximum) return -413
    if (outcome === Chunked.Malformed) return -400
    if (outcome === Chunked.TrailersTooLong) return -431
    if (outcome === Chunked.Done) {
      if (readTrailers(reader.trailers)?.framing !== false) return -400
      this.done = true
    }
    this.out = encodeChunk(bytes, reader.ranges, reader.dataBytes, this.done ? lastChunk : '')
    return reader.position
  }

  #readLength(bytes: Buffer, start: number, available: number): number {
    const end = Math.min(available, start + this.#remaining)
    this.#remaining -= end - start
    this.bytes += end - start
    this.done = this.#remaining === 0
    this.out = copyOf(bytes, start, end)
    return end
  }
}
