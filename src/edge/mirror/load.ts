import { limitAt } from '../record.ts'

/** Copies that wait for the end of their answer. */
export const copiesMaximum = 100
/** Bytes that these copies are made of, and those of requests whose end has yet to come. */
export const heldBytesMaximum = 8 * 1024 * 1024

/** What a mirror may take of a worker at a time: so a slow one costs requests neither memory nor time, and other mirrors no copies. */
export class MirrorLoad {
  copies = 0
  heldBytes = 0
  readonly #counters: Float64Array

  /** `counters`: the worker's block. */
  constructor(counters: Float64Array) {
    this.#counters = counters
  }

  /** Room for the copy of a request whose end has yet to come; false: there is none. */
  hold(bytes: number): boolean {
    if (this.heldBytes + bytes > heldBytesMaximum) return false
    this.heldBytes += bytes
    return true
  }

  release(bytes: number): void {
    this.heldBytes -= bytes
  }

  /** Room for a copy that is to be sent; false: there is none. */
  begin(bytes: number): boolean {
    if (this.copies >= copiesMaximum || !this.hold(bytes)) return false
    this.copies++
    return true
  }

  end(bytes: number): void {
    this.copies--
    this.release(bytes)
  }

  /** A copy was dropped for want of room. */
  countLimited(): void {
    this.#counters[limitAt.mirror_load]!++
  }
}
