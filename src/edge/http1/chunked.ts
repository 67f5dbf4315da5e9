import { CR, hexValue, LF, tokenCharacter, valueCharacter } from './characters.ts'

/** Chunk extensions mean nothing to us and cost bytes: little of them is legal traffic, much of it an attack (CVE-2024-22019). */
const extensionBytesPerChunk = 4096
const extensionBytesTotal = 16_384
const trailerBytesMaximum = 16_384
const sizeDigitsMaximum = 13

const State = {
  SizeStart: 0,
  Size: 1,
  ExtensionStart: 2,
  ExtensionName: 3,
  ValueStart: 4,
  Value: 5,
  QuotedString: 6,
  QuotedPair: 7,
  QuotedEnd: 8,
  SizeLf: 9,
  Data: 10,
  DataCr: 11,
  DataLf: 12,
  TrailerStart: 13,
  Trailer: 14,
  TrailerLf: 15,
  EndLf: 16,
} as const

/** What `read` came to. `TrailersTooLong` is worth a 431. */
export const Chunked = { More: 0, Done: 1, Malformed: 2, TrailersTooLong: 3 } as const

/**
 * Reads a chunked body (RFC 9112 §7.1), strictly: sizes are plain hex digits, lines end in CRLF, extensions are bounded and dropped.
 * One per body. `read` leaves the data it found as ranges of the buffer it was given.
 */
export class ChunkedReader {
  /** Pairs of start and end, of the latest `read`. */
  readonly ranges: number[] = []
  /** Bytes in `ranges`. */
  dataBytes = 0
  /** Where the latest `read` stopped: after the body when it is done. */
  position = 0
  /** The trailer section as received, without its empty line; '' for none. */
  trailers = ''
  #state: number = State.SizeStart
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #extensionBytesTotal = 0

  read(bytes: Buffer, start: number, end: number): number {
    this.ranges.length = 0
    this.dataBytes = 0
    let position = start
    while (position < end) {
      if (this.#state === State.Data) {
        const available = Math.min(this.#size, end - position)
        this.ranges.push(position, position + available)
        this.dataBytes += available
        this.#size -= available
        position += available
        if (this.#size === 0) this.#state = State.DataCr
        continue
      }
      const outcome = this.#step(bytes[position]!)
      position++
      if (outcome !== Chunked.More) {
        this.position = position
        return outcome
      }
    }
    this.position = position
    return Chunked.More
  }

  #step(byte: number): number {
    switch (this.#state) {
      case State.SizeStart:
        this.#size = 0
        this.#digits = 0
        this.#extensionBytes = 0
        this.#state = State.Size
        return this.#sizeDigit(byte) ? Chunked.More : Chunked.Malformed
      case State.Size:
        if (byte === CR) return this.#to(State.SizeLf)
        if (byte === 59) return this.#to(State.ExtensionStart)
        return this.#sizeDigit(byte) ? Chunked.More : Chunked.Malformed
      case State.SizeLf:
        if (byte !== LF) return Chunked.Malformed
        return this.#to(this.#size === 0 ? State.TrailerStart : State.Data)
      case State.DataCr:
        return byte === CR ? this.#to(State.DataLf) : Chunked.Malformed
      case State.DataLf:
        return byte === LF ? this.#to(State.SizeStart) : Chunked.Malformed
      case State.EndLf:
        return byte === LF ? Chunked.Done : Chunked.Malformed
      case State.TrailerStart:
      case State.Trailer:
      case State.TrailerLf:
        return this.#trailer(byte)
      default:
        return this.#extension(byte)
    }
  }

  #to(state: number): number {
    this.#state = state
    return Chunked.More
  }

  #sizeDigit(byte: number): boolean {
    const digit = hexValue[byte]!
    if (digit === 255 || ++this.#digits > sizeDigitsMaximum) return false
    this.#size = this.#size * 16 + digit
    return true
  }

  /** RFC 9112 §7.1.1: `;name`, `;name=token` or `;name="quoted"`, without white space. Dropped, and yet held to its grammar: parsers differ here. */
  #extension(byte: number): number {
    this.#extensionBytesTotal++
    if (++this.#extensionBytes > extensionBytesPerChunk || this.#extensionBytesTotal > extensionBytesTotal) return Chunked.Malformed
    switch (this.#state) {
      case State.ExtensionStart:
        return tokenCharacter[byte] === 1 ? this.#to(State.ExtensionName) : Chunked.Malformed
      case State.ValueStart:
        if (byte === 34) return this.#to(State.QuotedString)
        return tokenCharacter[byte] === 1 ? this.#to(State.Value) : Chunked.Malformed
      case State.QuotedString:
        if (byte === 34) return this.#to(State.QuotedEnd)
        if (byte === 92) return this.#to(State.QuotedPair)
        return valueCharacter[byte] === 1 ? Chunked.More : Chunked.Malformed
      case State.QuotedPair:
        return valueCharacter[byte] === 1 ? this.#to(State.QuotedString) : Chunked.Malformed
    }
    if (byte === CR) return this.#to(State.SizeLf)
    if (byte === 59) return this.#to(State.ExtensionStart)
    if (byte === 61 && this.#state === State.ExtensionName) return this.#to(State.ValueStart)
    return this.#state !== State.QuotedEnd && tokenCharacter[byte] === 1 ? Chunked.More : Chunked.Malformed
  }

  #trailer(byte: number): number {
    switch (this.#state) {
      case State.TrailerStart:
        if (byte === CR) return this.#to(State.EndLf)
        this.#state = State.Trailer
        break
      case State.Trailer:
        if (byte === CR) this.#state = State.TrailerLf
        else if (valueCharacter[byte] === 0) return Chunked.Malformed
        break
      case State.TrailerLf:
        if (byte !== LF) return Chunked.Malformed
        this.#state = State.TrailerStart
        break
    }
    if (this.#state === State.Trailer && valueCharacter[byte] === 0) return Chunked.Malformed
    this.trailers += String.fromCharCode(byte)
    return this.trailers.length > trailerBytesMaximum ? Chunked.TrailersTooLong : Chunked.More
  }
}
