import { Chunked, ChunkedReader } from './chunked.ts'
import { copyOf, encodeChunk, lastChunk } from './encode.ts'
import { Field, Fields, scanFields } from './fields.ts'
import { Body } from './requestHead.ts'

/** Trailers that would change what the message is, had they come as header fields (RFC 9110 §6.5.1): an attempt to have one parser merge them. */
const framing = new Set<number>([Field.ContentLength, Field.TransferEncoding, Field.Host])
const trailerFieldsMaximum = 100

/** The body of a request, as it comes: knows where it ends, and what to send upstream of it. */
export class RequestBody {
  done: boolean
  /** Bytes of content so far. */
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
      if (reader.trailers !== '' && !areTrailers(reader.trailers)) return -400
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

const trailerFields = new Fields(trailerFieldsMaximum)

/** Whether a trailer section is well-formed and names no framing field. Trailers of requests are read and dropped. */
export function areTrailers(text: string): boolean {
  const bytes = Buffer.from(`${text}\r\n`, 'latin1')
  if (scanFields(bytes, 0, bytes.length, trailerFieldsMaximum, trailerFields) !== bytes.length) return false
  for (let field = 0; field < trailerFields.count; field++) if (framing.has(trailerFields.id(field))) return false
  return true
}
