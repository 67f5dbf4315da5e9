import t from 'tap'
import { addressOf, bytesOf, canonicalHost } from '../../src/edge/ipAddress.ts'
import { randomFrom } from './http/harness.ts'

void t.test('IPv6 addresses get the text that URLs give them, and keep their bytes', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const random = randomFrom(seed)
  for (let i = 0; i < 2_000; i++) {
    const bytes = Array.from({ length: 16 }, () => (random(5) < 3 ? 0 : random(256)))
    const text = addressOf(bytes)
    const long = Array.from({ length: 8 }, (_, group) => ((bytes[2 * group]! << 8) | bytes[2 * group + 1]!).toString(16).padStart(4, '0')).join(':')
    if (text !== new URL(`http://[${long}]`).hostname.slice(1, -1)) t.fail(`${long} became ${text}`)
    if (bytesOf(text).join() !== bytes.join()) t.fail(`${text} became ${bytesOf(text).join()}`)
  }
  t.pass()
})

const rows: readonly (readonly [string, string])[] = [
  ['::', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['2001:DB8::', '2001:db8::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::10.0.0.1', '::a00:1'],
  ['FE80::1%eth0', 'fe80::1%eth0'],
  ['10.0.0.1', '10.0.0.1'],
  ['Orders.Example.', 'orders.example'],
]
for (const [host, canonical] of rows) void t.test(`${host} is ${canonical}`, async (t) => void t.equal(canonicalHost(host), canonical))
