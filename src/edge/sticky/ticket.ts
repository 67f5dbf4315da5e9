import { hmacBytes, hmacSha256 } from '../../lib/hmacSha256.ts'

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
  const codes = keys.map((key) => hmacSha256(derived(key, `spillway cookie ${version} ${split}`)))
  const bytes = Buffer.alloc(payloadBytes + macBytes)
  const payload = bytes.subarray(0, payloadBytes)
  const code = new Uint8Array(hmacBytes)
  return {
    seal({ bucket, issuedS, pin }) {
      payload.writeUInt32BE(bucket, 0)
      payload.writeUInt32BE(issuedS, 4)
      payload.writeUInt32BE(pin, 8)
      codes[0]!(payload, code)
      for (let i = 0; i < macBytes; i++) bytes[payloadBytes + i] = code[i]!
      return version + bytes.toString('base64url')
    },
    open(text) {
      if (text.length !== ticketLength || !text.startsWith(version)) return undefined
      if (bytes.write(text.slice(version.length), 'base64url') !== bytes.length) return undefined
      for (const codeOf of codes) {
        codeOf(payload, code)
        // All of it, so that the time does not tell how much is right.
        let difference = 0
        for (let i = 0; i < macBytes; i++) difference |= bytes[payloadBytes + i]! ^ code[i]!
        if (difference !== 0) continue
        return { bucket: payload.readUInt32BE(0), issuedS: payload.readUInt32BE(4), pin: payload.readUInt32BE(8) }
      }
      return undefined
    },
  }
}

/** Other uses of the same key file get other keys. */
function derived(key: string, use: string): Uint8Array {
  const out = new Uint8Array(hmacBytes)
  hmacSha256(Buffer.from(key))(Buffer.from(use), out)
  return out
}
