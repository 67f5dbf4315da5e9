import fc from 'fast-check'
import t from 'tap'
import { sealer, ticketLength } from '../../../src/edge/sticky/ticket.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const ticket = fc.record({ bucket: word, issuedS: word, pin: word })
const one = 'a key of thirty-two characters, 1'
const two = 'a key of thirty-two characters, 2'
const shop = sealer([one], 'shop')

t.test('what was sealed is opened as it was, and can stand in a cookie', async () =>
  fc.assert(
    fc.property(ticket, (sealed) => {
      const text = shop.seal(sealed)
      const opened = shop.open(text)
      return /^[-_A-Za-z0-9]+$/.test(text) && text.length === ticketLength && JSON.stringify(opened) === JSON.stringify(sealed)
    }),
    { seed, numRuns: 500 },
  ),
)

t.test('one character changed anywhere: not opened', async () =>
  fc.assert(
    fc.property(ticket, fc.nat(ticketLength - 1), fc.constantFrom(...'ABCxyz019-_ ="%\u00ff'), (sealed, at, other) => {
      const text = shop.seal(sealed)
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      return changed === text || shop.open(changed) === undefined
    }),
    { seed, numRuns: 1_000 },
  ),
)

t.test('any other text is not opened', async () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^1[-_A-Za-z0-9]{40}$/)), (text) => shop.open(text) === undefined),
    { seed, numRuns: 1_000 },
  ),
)

const sealed = { bucket: 1, issuedS: 2, pin: 3 }

t.test('keys: the first seals, all open, a removed one does not', async (t) => {
  const text = shop.seal(sealed)
  const rotated = sealer([two, one], 'shop')
  t.strictSame(rotated.open(text), sealed, 'sealed before the rotation')
  t.strictSame(sealer([two], 'shop').open(rotated.seal(sealed)), sealed, 'sealed with the new first key')
  t.equal(sealer([two], 'shop').open(text), undefined, 'the old key is gone')
})

t.test('what one split sealed, another does not open', async (t) => t.equal(sealer([one], 'cart').open(shop.seal(sealed)), undefined))
