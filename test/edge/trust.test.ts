import t from 'tap'
import { plainAddress, trustOf } from '../../src/edge/trust.ts'

t.test('who is trusted', async (t) => {
  const rows: readonly (readonly [cidrs: readonly string[], address: string, trusted: boolean])[] = [
    [[], '10.0.0.1', false],
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1', false],
    [['::/0'], '2001:db8::1', true],
    [['::/0'], '192.0.2.7', false],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['0.0.0.0/0'], '', false],
  ]
  for (const [cidrs, address, trusted] of rows) t.equal(trustOf(cidrs)(address), trusted, `${address} by ${cidrs.join(' ') || 'nobody'}`)
})

t.test('an IPv4 peer of a dual-stack listener is the IPv4 address that it is', async (t) => {
  t.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
  t.equal(plainAddress('2001:db8::1'), '2001:db8::1')
})
