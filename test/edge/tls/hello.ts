/** ClientHellos of TLS 1.2 by hand, for server names that no library sends. What the server answers is in the clear, its certificate included. */

const u8 = (value: number): Buffer => Buffer.from([value])
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const with16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body])
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), with16(body)])

/** One entry of the server name list; type 0 is a host name (RFC 6066 §3). */
export function nameEntry(name: Buffer, type = 0): Buffer {
  return Buffer.concat([u8(type), with16(name)])
}

export function clientHello(entries: readonly Buffer[]): Buffer {
  const ciphers = [0xc02b, 0xc02f].map(u16)
  const extensions = Buffer.concat([
    ...(entries.length === 0 ? [] : [extension(0, with16(Buffer.concat(entries)))]),
    extension(10, with16(Buffer.concat([u16(0x0017), u16(0x001d)]))),
    extension(11, Buffer.from([1, 0])),
    extension(13, with16(Buffer.concat([0x0403, 0x0804, 0x0401].map(u16)))),
  ])
  const body = Buffer.concat([u16(0x0303), Buffer.alloc(32, 7), u8(0), with16(Buffer.concat(ciphers)), Buffer.from([1, 0]), with16(extensions)])
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body])
  return Buffer.concat([Buffer.from([22, 3, 1]), with16(handshake)])
}
