import { takeBulk } from '../bulk.ts'
import { latin1 } from './latin1.ts'

/**
 * Up to this size a message goes out as one latin1 string, head and body together: node copies a string of at most 16 KiB to the stack and writes it
 * at once, where a Buffer is an allocation and a second entry in the write queue (15 KB: 12 µs against 15; bench/micro/write.ts).
 */
export const stringBytesMaximum = 16_000

export const lastChunk = '0\r\n\r\n'

/** The ranges of `bytes` as one chunk (nothing for no data), then `tail`. The bytes may be reused once this returns. */
export function encodeChunk(bytes: Buffer, ranges: readonly number[], dataBytes: number, tail: string): string | Buffer {
  if (dataBytes === 0) return tail
  const size = `${dataBytes.toString(16)}\r\n`
  if (dataBytes < stringBytesMaximum) {
    let data = ''
    for (let i = 0; i < ranges.length; i += 2) data += latin1(bytes, ranges[i]!, ranges[i + 1]!)
    return `${size}${data}\r\n${tail}`
  }
  return joined(bytes, ranges, dataBytes, size, `\r\n${tail}`)
}

/** The ranges alone, copied. */
export function encodePlain(bytes: Buffer, ranges: readonly number[], dataBytes: number): string | Buffer {
  if (dataBytes < stringBytesMaximum) {
    let data = ''
    for (let i = 0; i < ranges.length; i += 2) data += latin1(bytes, ranges[i]!, ranges[i + 1]!)
    return data
  }
  return joined(bytes, ranges, dataBytes, '', '')
}

/** A part of a buffer that will be read into again. */
export function copyOf(bytes: Buffer, start: number, end: number): string | Buffer {
  return end - start < stringBytesMaximum ? latin1(bytes, start, end) : joined(bytes, [start, end], end - start, '', '')
}

function joined(bytes: Buffer, ranges: readonly number[], dataBytes: number, before: string, after: string): Buffer {
  const out = takeBulk(before.length + dataBytes + after.length)
  let position = out.latin1Write(before, 0)
  for (let i = 0; i < ranges.length; i += 2) position += bytes.copy(out, position, ranges[i], ranges[i + 1])
  out.latin1Write(after, position)
  return out
}
