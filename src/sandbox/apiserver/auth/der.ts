/** As much of ITU-T X.690 (DER) as a certificate takes. */

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

export function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, ...parts)
}

/** Unsigned: `bytes`, the highest first. */
export function integer(bytes: Buffer): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0)
  const shortest = from < 0 ? Buffer.from([0]) : bytes.subarray(from)
  return tagged(0x02, shortest[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), shortest]) : shortest)
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]))
}

/** `unused`: of the last byte's bits, the lowest ones. */
export function bitString(bytes: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), bytes)
}

export function octetString(...parts: readonly Buffer[]): Buffer {
  return tagged(0x04, ...parts)
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

/** `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** In whole seconds; RFC 5280 §4.1.2.5: years from 2050 on are generalized times. */
export function time(at: Date): Buffer {
  const text = `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return at.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text))
}

/** A field that is told by its number: `constructed` if it has parts. */
export function context(number: number, content: Buffer, constructed = false): Buffer {
  return tagged((constructed ? 0xa0 : 0x80) + number, content)
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content])
}

function lengthOf({ length }: Buffer): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

function base128(value: number): readonly number[] {
  return value < 0x80 ? [value] : [...base128(value >> 7).map((byte) => byte | 0x80), value & 0x7f]
}
