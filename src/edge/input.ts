import { readBuffer } from './readBuffer.ts'

/** Bytes that came and cannot be used yet: an incomplete head, or requests sent ahead. Holds none on nearly all connections. */
export class Input {
  #bytes: Buffer | undefined = undefined

  get isEmpty(): boolean {
    return this.#bytes === undefined
  }

  /** Keeps these behind what is kept already; copies what lies in the buffer that is read into again. */
  keep(bytes: Buffer, start: number, end: number): void {
    const part = bytes.subarray(start, end)
    if (this.#bytes !== undefined) this.#bytes = Buffer.concat([this.#bytes, part])
    else this.#bytes = bytes === readBuffer ? Buffer.from(part) : part
  }

  take(): Buffer | undefined {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes
  }
}
