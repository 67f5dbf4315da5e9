/**
 * What a sticky cookie says, sealed: a version, then in base64url the bucket, the time of issue and the pin, each of 32 bits, and an
 * HMAC-SHA-256 of them cut to 144 bits, so that no bits are left over in the text.
 */
export type Ticket = {
  readonly bucket: number
  /** Unix time, in seconds. */
  readonly issuedS: number
  /** `pinOf` the backend that its owner stays with; 0: none. */
  readonly pin: number
}

export type Sealer = {
  seal(ticket: Ticket): string
  /** undefined: not sealed with any of the keys. */
  open(text: string): Ticket | undefined
}

const version = '1'
const payloadBytes = 12
const macBytes = 18
export const ticketLength = version.length + ((payloadBytes + macBytes) * 4) / 3

/** The first of `keys` seals, all of them open. What one split sealed, another does not open. */
export function sealer(keys: readonly string[], split: string): Sealer {
  // Here and not on top: node:crypto costs each worker 1 MB, and most splits do without.
  const { createHmac, createSecretKey, timingSafeEqual } = process.getBuiltinModule('node:crypto')
  const derived = keys.map((key) => createSecretKey(createHmac('sha256', key).update(`spillway cookie ${version} ${split}`).digest()))
  const bytes = Buffer.alloc(payloadBytes + macBytes)
  const payload = bytes.subarray(0, payloadBytes)
  const mac = bytes.subarray(payloadBytes)
  const macOf = (key: (typeof derived)[number]): Buffer => createHmac('sha256', key).update(payload).digest().subarray(0, macBytes)
  return {
    seal({ bucket, issuedS, pin }) {
      payload.writeUInt32BE(bucket, 0)
      payload.writeUInt32BE(issuedS, 4)
      payload.writeUInt32BE(pin, 8)
      mac.set(macOf(derived[0]!))
      return version + bytes.toString('base64url')
    },
    open(text) {
      if (text.length !== ticketLength || !text.startsWith(version)) return undefined
      if (bytes.write(text.slice(version.length), 'base64url') !== bytes.length) return undefined
      for (const key of derived) {
        if (!timingSafeEqual(macOf(key), mac)) continue
        return { bucket: payload.readUInt32BE(0), issuedS: payload.readUInt32BE(4), pin: payload.readUInt32BE(8) }
      }
      return undefined
    },
  }
}
