/** Protocol buffers as bytes: https://protobuf.dev/programming-guides/encoding. */

/** A field of a message as it stands there. `value`: of a varint, or of 64 or 32 fixed bits. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Uint8Array }

/** The message is cut off, or none. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** In the order in which they stand; groups, which nobody writes any more, are refused. */
export function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new WireError('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new WireError('integer overflow')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    const type = tag % 8
    if (number === 0) throw new WireError('illegal tag 0')
    if (type === 0) yield { number, kind: 'varint', value: varint() }
    else if (type === 2) {
      const length = Number(varint())
      if (at + length > bytes.length) throw new WireError('unexpected EOF')
      at += length
      yield { number, kind: 'bytes', value: bytes.subarray(at - length, at) }
    } else if (type === 1 || type === 5) {
      at += type === 1 ? 8 : 4
      if (at > bytes.length) throw new WireError('unexpected EOF')
    } else throw new WireError(`illegal wireType ${type}`)
  }
}
