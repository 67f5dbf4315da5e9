// Asking DNS servers that are slow, broken, or lie: E22.
import t from 'tap'
import { type Found, lookUp } from '../../../src/edge/names/lookup.ts'
import { addresses, type DnsServer, type Reply, startDnsServer } from './dnsServer.ts'

t.setTimeout(60_000)
const deadlineMs = 1_500
const slow = (afterMs: number, then: Reply): Reply => ({ kind: 'late', afterMs, then })

async function asked(reply: DnsServer['reply'], name = 'orders.test'): Promise<{ found: Found; tookMs: number; dns: DnsServer }> {
  const dns = await startDnsServer(reply)
  const since = performance.now()
  const found = await lookUp({ name, servers: [dns.address], deadlineMs, signal: new AbortController().signal })
  await dns.close()
  return { found, tookMs: performance.now() - since, dns }
}

const told = ({ answer: { v4, v6 } }: Found): unknown => [v4, v6].map((family) => (family.kind === 'addresses' ? family.addresses : family.kind))

const rows: readonly (readonly [title: string, reply: DnsServer['reply'], outcome: Found['outcome'], families: unknown])[] = [
  ['both families', () => addresses('10.0.0.1', 'fd00::1'), 'addresses', [['10.0.0.1'], ['fd00::1']]],
  ['one family', () => addresses('10.0.0.1'), 'addresses', [['10.0.0.1'], 'none']],
  ['none of either', () => addresses(), 'none', ['none', 'none']],
  ['a name that does not exist', () => ({ kind: 'code', code: 'nxdomain' }), 'none', ['none', 'none']],
  ['a server that fails', () => ({ kind: 'code', code: 'servfail' }), 'failed', ['failed', 'failed']],
  ['a server that refuses', () => ({ kind: 'code', code: 'refused' }), 'failed', ['failed', 'failed']],
  ['silence', () => ({ kind: 'silence' }), 'timeout', ['failed', 'failed']],
  ['an answer after the deadline', () => slow(3_000, addresses('10.0.0.1')), 'timeout', ['failed', 'failed']],
  ['a slow answer', () => slow(700, addresses('10.0.0.1')), 'addresses', [['10.0.0.1'], 'none']],
  ['no answer for IPv6', ({ type }) => (type === 'A' ? addresses('10.0.0.1') : { kind: 'silence' }), 'addresses', [['10.0.0.1'], 'failed']],
  ['another id', () => ({ kind: 'lie', how: 'id', address: '6.6.6.6' }), 'timeout', ['failed', 'failed']],
  ['another question', () => ({ kind: 'lie', how: 'question', address: '6.6.6.6' }), 'timeout', ['failed', 'failed']],
]
for (const [title, reply, outcome, families] of rows) {
  void t.test(`E22 ${title}`, async (t) => {
    const { found, tookMs } = await asked(reply)
    t.equal(found.outcome, outcome)
    t.strictSame(told(found), families)
    t.ok(tookMs < deadlineMs + 1_000, `${tookMs} ms`)
  })
}

for (const how of ['garbage', 'cut'] as const) {
  void t.test(`E22 ${how}: no address is believed`, async (t) => {
    const { found } = await asked(() => ({ kind: 'lie', how, address: '6.6.6.6' }))
    t.not(found.outcome, 'addresses')
    t.notMatch(JSON.stringify(found), '6.6.6.6')
  })
}

void t.test('E22 the truth after a lie is believed', async (t) => {
  let asks = 0
  const { found } = await asked(() => (asks++ < 2 ? { kind: 'lie', how: 'id', address: '6.6.6.6' } : addresses('10.0.0.1')))
  t.strictSame(told(found), [['10.0.0.1'], 'none'])
})

void t.test('E22 300 addresses come by TCP', async (t) => {
  const all = Array.from({ length: 300 }, (_, i) => `10.0.${Math.floor(i / 250)}.${i % 250}`)
  const { found, dns } = await asked(() => addresses(...all))
  t.equal(found.answer.v4.kind === 'addresses' && found.answer.v4.addresses.length, 300)
  t.ok(dns.overTcp() > 0)
})

void t.test('E22 a server that cannot be asked is a failure like others', async (t) => {
  const found = await lookUp({ name: 'orders.test', servers: ['nowhere:53'], deadlineMs, signal: new AbortController().signal })
  t.equal(found.outcome, 'failed')
})

void t.test('a final dot is no part of the question, and no other kind of record is asked for', async (t) => {
  const { found, dns } = await asked(() => addresses('10.0.0.1'), 'Orders.test.')
  t.equal(found.outcome, 'addresses')
  t.strictSame(dns.questions.map(({ name, type }) => `${name} ${type}`).sort(), ['orders.test A', 'orders.test AAAA'])
})

void t.test('single labels are the system’s business', async (t) => {
  const { found, dns } = await asked(() => addresses('6.6.6.6'), 'localhost')
  t.match(JSON.stringify(told(found)), /127\.0\.0\.1|::1/)
  t.strictSame(dns.questions, [])
})

void t.test('what is asked ends with the edge', async (t) => {
  const dns = await startDnsServer(() => ({ kind: 'silence' }))
  const stop = new AbortController()
  const since = performance.now()
  const asking = lookUp({ name: 'orders.test', servers: [dns.address], deadlineMs: 30_000, signal: stop.signal })
  setTimeout(() => stop.abort(), 50)
  t.equal((await asking).outcome, 'timeout')
  t.ok(performance.now() - since < 2_000)
  await dns.close()
})
