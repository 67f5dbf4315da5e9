import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { hmacBytes, hmacSha256 } from '../../src/lib/hmacSha256.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

const hex = (key: Uint8Array, message: Uint8Array): string => {
  const out = new Uint8Array(hmacBytes)
  hmacSha256(key)(message, out)
  return Buffer.from(out).toString('hex')
}
const repeated = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte)
const text = (ascii: string): Uint8Array => Buffer.from(ascii, 'latin1')

// RFC 4231 §4.2, §4.3, §4.4, §4.7 and §4.8.
const vectors: readonly (readonly [key: Uint8Array, message: Uint8Array, code: string])[] = [
  [repeated(0x0b, 20), text('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [text('Jefe'), text('what do ya want for nothing?'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [repeated(0xaa, 20), repeated(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    repeated(0xaa, 131),
    text('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    repeated(0xaa, 131),
    text(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

t.test('the vectors of RFC 4231', async (t) => {
  for (const [key, message, code] of vectors) t.equal(hex(key, message), code)
})

t.test('as node:crypto, for any key and message', async () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 50, maxLength: 140 }))
  fc.assert(
    fc.property(bytes, bytes, (key, message) => hex(key, message) === createHmac('sha256', key).update(message).digest('hex')),
    { seed, numRuns: 2_000 },
  )
})

t.test('every length around the ends of blocks', async (t) => {
  for (let length = 0; length <= 200; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255)
    const key = Uint8Array.from({ length }, (_, i) => (i * 13 + 1) & 255)
    if (hex(key, message) !== createHmac('sha256', key).update(message).digest('hex')) t.fail(`${length} bytes`)
  }
  t.pass('0 to 200 bytes')
})
