/** Writes Protocol Buffers' wire format, as far as messages, texts, flags and numbers go. Fields that are absent or empty are left out, as proto3 wants it. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #at = 0

  text(field: number, value: string | undefined): void {
    if (value === undefined || value === '') return
    const length = Buffer.byteLength(value)
    this.#tag(field, 2)
    this.#varint(length)
    this.#reserve(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  flag(field: number, value: boolean | undefined): void {
    if (value !== true) return
    this.#tag(field, 0)
    this.#varint(1)
  }

  whole(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return
    this.#tag(field, 0)
    this.#varint(value)
  }

  double(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return
    this.#tag(field, 1)
    this.#reserve(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** A message within, also where it is empty. */
  message(field: number, write: () => void): void {
    this.#tag(field, 2)
    // Most are short: one byte is kept for the length, and what follows moves where it needs more.
    const start = this.#at + 1
    this.#reserve(1)
    this.#at = start
    write()
    const length = this.#at - start
    const more = sizeOfVarint(length) - 1
    if (more > 0) {
      this.#reserve(more)
      this.#bytes.copyWithin(start + more, start, start + length)
    }
    this.#at = start - 1
    this.#varint(length)
    this.#at += length
  }

  finish(): Uint8Array {
    return Buffer.from(this.#bytes.subarray(0, this.#at))
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number): void {
    this.#reserve(10)
    while (value > 127) {
      this.#bytes[this.#at++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#at++] = value
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

function sizeOfVarint(value: number): number {
  let size = 1
  for (; value > 127; size++) value = Math.floor(value / 128)
  return size
}
