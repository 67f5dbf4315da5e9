// Where returning clients go, without sockets: cookies as a browser would keep them, a clock that is set by hand.
import t from 'tap'
import type { CookieStickiness, Split, Stickiness } from '../../../src/core/routing/types.ts'
import { defaultLimits } from '../../../src/edge/config.ts'
import { RequestHead } from '../../../src/edge/http1/requestHead.ts'
import { parseRequest } from '../../../src/edge/request.ts'
import { type Sticky, type StickyKeys, stickyOf, type Visit, type Visitor } from '../../../src/edge/sticky/sticky.ts'
import { trustOf } from '../../../src/edge/trust.ts'
import { uniformFrom } from '../pick/error.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

const keys: StickyKeys = { '': ['the key of the process, long enough'] }
const cookie = (changes: Partial<CookieStickiness> = {}): CookieStickiness => ({
  kind: 'cookie',
  name: 'spillway',
  ttlMs: 3_600_000,
  path: '/',
  sameSite: 'Lax',
  secure: 'auto',
  newSessionsOnly: false,
  ...changes,
})
const splitOf = (stickiness: Stickiness, weights: Readonly<Record<string, number>>): Split => ({
  name: 'shop',
  totalWeight: Object.values(weights).reduce((sum, weight) => sum + weight, 0),
  backends: Object.entries(weights).map(([name, weight]) => ({ name, weight, endpoints: [] })),
  routes: [],
  fallback: { kind: 'none' },
  stickiness,
})

let clockS = 1_800_000_000
const open = (split: Split, before?: Sticky, from = keys): Sticky =>
  stickyOf({ split, keys: from, before, phase: (seed % 1_000) / 1_000, nowS: () => clockS })!

const head = new RequestHead(defaultLimits)
type Asked = {
  readonly sticky: Sticky
  readonly fields?: string
  readonly visitor?: Visitor
  readonly trusted?: readonly string[]
  readonly met?: string
}

/** One request; `index` of its backend, and the Set-Cookie field that its answer would bring. */
function ask({ sticky, fields = '', visitor, trusted = [], met }: Asked): { index: number; fresh: boolean; set: string; value: string } {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`, 'latin1')
  if (parseRequest(bytes, bytes.length, defaultLimits, head) <= 0) throw new Error(`refused: ${head.refusal}`)
  const visit: Visit = { table: { trust: trustOf(trusted) }, issue: undefined }
  const index = sticky.place(head, visitor ?? connection(), visit)
  const set = visit.issue?.field(met ?? String(index)) ?? ''
  return { index, fresh: visit.issue?.fresh === true, set, value: /spillway-shop=([^;]+)/.exec(set)?.[1] ?? '' }
}

function connection(address = '192.0.2.1', trusted = false, scheme: 'http' | 'https' = 'http'): Visitor {
  return { peer: { address, trusted, scheme }, ticket: undefined }
}
const sent = (value: string): string => `Cookie: theme=dark; spillway-shop=${value}; last=1\r\n`

t.test('a cookie is issued once, and says no more than it must', async (t) => {
  const sticky = open(splitOf(cookie(), { stable: 95, canary: 5 }))
  const first = ask({ sticky })
  t.match(first.set, /^Set-Cookie: spillway-shop=1[-_\w]{40}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax\r\n$/)
  t.equal(first.fresh, true)
  const again = ask({ sticky, fields: sent(first.value) })
  t.strictSame([again.index, again.set], [first.index, ''], 'the same backend, and no second cookie')
})

t.test('attributes', async (t) => {
  const setBy = (changes: Partial<CookieStickiness>, more: Partial<Asked> = {}): string =>
    ask({ sticky: open(splitOf(cookie(changes), { stable: 1 })), ...more }).set.replace(/=1[-_\w]{40}/, '')
  t.equal(
    setBy({ path: '/shop', sameSite: 'None', secure: 'always', ttlMs: 86_400_000 }),
    'Set-Cookie: spillway-shop; Path=/shop; Max-Age=86400; HttpOnly; SameSite=None; Secure\r\n',
  )
  const plain = 'Set-Cookie: spillway-shop; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax\r\n'
  const secure = plain.replace('\r\n', '; Secure\r\n')
  const https = 'X-Forwarded-Proto: https\r\n'
  t.equal(setBy({}, { fields: https }), plain, 'anybody can say https')
  t.equal(setBy({}, { fields: https, visitor: connection('10.0.0.1', true) }), secure, 'a trusted proxy is believed')
  t.equal(setBy({}, { visitor: connection('192.0.2.1', false, 'https') }), secure, 'the listener has TLS')
  t.equal(setBy({ secure: 'never' }, { fields: https, visitor: connection('10.0.0.1', true) }), plain)
})

t.test('a cookie is renewed when less than half of its time is left, and forgotten when none is', async (t) => {
  const sticky = open(splitOf(cookie(), { stable: 50, canary: 50 }))
  const first = ask({ sticky })
  const visitor = connection()
  clockS += 1_790
  t.equal(ask({ sticky, visitor, fields: sent(first.value) }).set, '', 'not yet')
  clockS += 20
  const renewed = ask({ sticky, visitor, fields: sent(first.value) })
  t.strictSame([renewed.index, renewed.fresh], [first.index, false])
  t.not(renewed.value, '', 'renewed')
  clockS += 1_800
  t.equal(ask({ sticky, visitor, fields: sent(first.value) }).fresh, true, 'the first one is too old by now')
  t.strictSame(ask({ sticky, fields: sent(renewed.value) }).index, first.index, 'the second one is not')
})

const good = (sticky: Sticky): string => ask({ sticky }).value
const refused: readonly (readonly [what: string, fields: (value: string) => string])[] = [
  ['a bit is flipped', (value) => sent(value.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))],
  ['it is cut', (value) => sent(value.slice(0, -1))],
  ['it is longer', (value) => sent(`${value}A`)],
  ['another version', (value) => sent(`2${value.slice(1)}`)],
  ['nothing', () => sent('')],
  ['in quotes', (value) => sent(`"${value}"`)],
  ['bytes beyond ASCII', () => sent(`1${'\u00ff'.repeat(40)}`)],
  ['another name that ends alike', (value) => `Cookie: xspillway-shop=${value}\r\n`],
  ['within another value', (value) => `Cookie: a=spillway-shop=${value}\r\n`],
  ['another split', (value) => `Cookie: spillway-cart=${value}\r\n`],
  ['another header', (value) => `X-Cookie: spillway-shop=${value}\r\n`],
  ['hidden behind many', (value) => sent(`${'x; spillway-shop='.repeat(10)}${value}`)],
]
for (const [what, fields] of refused)
  t.test(`a cookie is passed over: ${what}`, async (t) => {
    const sticky = open(splitOf(cookie(), { stable: 95, canary: 5 }))
    t.equal(ask({ sticky, fields: fields(good(sticky)) }).fresh, true, 'a new client')
  })

const taken: readonly (readonly [what: string, fields: (value: string) => string])[] = [
  ['alone', (value) => `Cookie: spillway-shop=${value}\r\n`],
  ['without blanks', (value) => `cookie:a=b;spillway-shop=${value};c=d\r\n`],
  ['in a second field', (value) => `Cookie: a=b\r\nCOOKIE: spillway-shop=${value}\r\n`],
  ['behind a forged one', (value) => sent(`1${'A'.repeat(40)}; spillway-shop=${value}`)],
]
for (const [what, fields] of taken)
  t.test(`a cookie is found: ${what}`, async (t) => {
    const sticky = open(splitOf(cookie(), { stable: 95, canary: 5 }))
    t.equal(ask({ sticky, fields: fields(good(sticky)) }).set, '')
  })

t.test('a connection that many clients share confuses none with another', async (t) => {
  const sticky = open(splitOf(cookie(), { stable: 50, canary: 50 }))
  const visitor = connection('10.0.0.1', true)
  const clients = Array.from({ length: 20 }, () => ask({ sticky, visitor }))
  for (let round = 0; round < 3; round++)
    for (const client of clients) t.equal(ask({ sticky, visitor, fields: sent(client.value) }).index, client.index)
  t.equal(ask({ sticky, visitor }).fresh, true, 'who brings none is new, whatever came before on the connection')
})

t.test('keys are rotated: the first signs, all verify, a key that is gone does not', async (t) => {
  const split = splitOf(cookie({ keyFile: '/k' }), { stable: 50, canary: 50 })
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]
  const old = open(split, undefined, { '/k': [a] })
  const both = open(split, old, { '/k': [b, a] })
  const last = open(split, both, { '/k': [b] })
  const visitor = connection()
  const first = ask({ sticky: old, visitor })
  t.equal(ask({ sticky: both, visitor, fields: sent(first.value) }).index, first.index, 'both keys')
  t.equal(ask({ sticky: last, visitor, fields: sent(first.value) }).fresh, true, 'the connection remembers nothing beyond the table')
  t.equal(ask({ sticky: last, fields: sent(ask({ sticky: both }).value) }).fresh, false, 'signed by the new first key')
})

t.test('newSessionsOnly: who met a backend stays with it, even at weight 0, until it is gone', async (t) => {
  const mode = cookie({ newSessionsOnly: true })
  const begin = open(splitOf(mode, { v1: 50, v2: 50 }))
  const clients = Array.from({ length: 40 }, () => {
    const { index } = ask({ sticky: begin })
    return ask({ sticky: begin, met: index === 0 ? 'v1' : 'v2' })
  })
  const of = (sticky: Sticky, value: string) => ask({ sticky, fields: sent(value), met: 'v1' })
  for (const weights of [
    { v1: 0, v2: 100 },
    { v1: 100, v2: 0 },
    { v1: 1, v2: 0, v3: 99 },
  ])
    for (const { value } of clients) {
      const sticky = open(splitOf(mode, weights), begin)
      t.equal(of(sticky, value).set, '', JSON.stringify(weights))
    }
  const without = open(splitOf(mode, { v1: 50, v3: 50 }), begin)
  const onV2 = ask({ sticky: begin, met: 'v2' })
  t.equal(of(without, onV2.value).fresh, true, 'v2 is gone: a new session')
  t.equal(of(open(splitOf(mode, { v3: 0, v2: 0, v1: 100 }), begin), onV2.value).index, 1, 'wherever v2 stands')
})

t.test('newSessionsOnly: a client that a fallback answered stays with what it met', async (t) => {
  const sticky = open(splitOf(cookie({ newSessionsOnly: true }), { stable: 0, canary: 100 }))
  const { index, value } = ask({ sticky, met: 'stable' })
  t.equal(index, 1, 'chosen')
  t.equal(ask({ sticky, fields: sent(value) }).index, 0, 'met')
})

t.test('the mode is switched on: all who were there stay where they are', async (t) => {
  const buckets = open(splitOf(cookie(), { stable: 50, canary: 50 }))
  const pinning = open(splitOf(cookie({ newSessionsOnly: true }), { stable: 50, canary: 50 }), buckets)
  const later = open(splitOf(cookie({ newSessionsOnly: true }), { stable: 100, canary: 0 }), pinning)
  for (let i = 0; i < 20; i++) {
    const first = ask({ sticky: buckets })
    const pinned = ask({ sticky: pinning, fields: sent(first.value) })
    t.strictSame([pinned.index, pinned.fresh, pinned.value !== ''], [first.index, false, true])
    t.equal(ask({ sticky: later, fields: sent(pinned.value) }).index, first.index)
  }
})

t.test('header: by its value, without case in the name; absent, empty or twice: by weight', async (t) => {
  const sticky = open(splitOf({ kind: 'header', name: 'X-User' }, { stable: 50, canary: 50 }))
  const ids = Array.from({ length: 200 }, (_, i) => `user-${i}`)
  const first = ids.map((id) => ask({ sticky, fields: `X-User: ${id}\r\n` }).index)
  t.strictSame(
    ids.map((id) => ask({ sticky, fields: `a: b\r\nx-user:${id}  \r\n` }).index),
    first,
  )
  t.ok(first.includes(0) && first.includes(1))
  for (const fields of ['', 'X-User: \r\n', 'X-User: a\r\nX-User: a\r\n']) t.strictSame(ask({ sticky, fields }).index, -1, JSON.stringify(fields))
  t.equal(ask({ sticky, fields: 'X-User: a\r\n' }).set, '', 'no cookie')
})

const addresses: readonly (readonly [what: string, peer: string, chain: string, as: string])[] = [
  ['an untrusted peer is taken by its own', '192.0.2.9', 'X-Forwarded-For: 198.51.100.1\r\n', '192.0.2.9'],
  ['a trusted one that says nothing', '10.0.0.1', '', '10.0.0.1'],
  ['what a trusted one says', '10.0.0.1', 'X-Forwarded-For: 198.51.100.1\r\n', '198.51.100.1'],
  ['what the client made up before it', '10.0.0.1', 'X-Forwarded-For: 6.6.6.6, 198.51.100.1\r\n', '198.51.100.1'],
  ['a chain of trusted ones', '10.0.0.1', 'X-Forwarded-For: 6.6.6.6, 198.51.100.1, 10.0.0.2\r\n', '198.51.100.1'],
  ['in two fields', '10.0.0.1', 'X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 10.0.0.2\r\n', '198.51.100.1'],
  ['all trusted: the first', '10.0.0.1', 'X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n', '10.0.0.3'],
  ['with a port', '10.0.0.1', 'X-Forwarded-For: 198.51.100.1:4711\r\n', '198.51.100.1'],
  ['IPv6 in brackets, with a port', '10.0.0.1', 'X-Forwarded-For: [2001:db8:1:2::3]:4711\r\n', '2001:db8:1:2::'],
  ['IPv4 in IPv6', '10.0.0.1', 'X-Forwarded-For: ::ffff:198.51.100.1\r\n', '198.51.100.1'],
  ['IPv6 by its /64', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', '', '2001:db8:1:2::1'],
  ['IPv6, written otherwise', '2001:0DB8:0001:2::', '', '2001:db8:1:2:3:4:5:6'],
  ['IPv6 that begins with the gap', '::5:6:7:8:9', '', '0:0:0:5::'],
]
for (const [what, peer, fields, as] of addresses)
  t.test(`clientAddress: ${what}`, async (t) => {
    const trusted = ['10.0.0.0/8']
    // A hundred shares: two addresses that are taken for different ones meet in one by chance once in a hundred times.
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`v${i}`, 1]))
    const sticky = open(splitOf({ kind: 'clientAddress' }, many))
    const of = (address: string, more = '') => ask({ sticky, trusted, fields: more, visitor: connection(address, trustOf(trusted)(address)) }).index
    t.equal(of(peer, fields), of(as))
  })

t.test('clientAddress: neighbours are told apart; what is no address goes by weight', async (t) => {
  const sticky = open(splitOf({ kind: 'clientAddress' }, { stable: 50, canary: 50 }))
  const both = new Set(Array.from({ length: 64 }, (_, i) => ask({ sticky, visitor: connection(`2001:db8:0:${i}::1`) }).index))
  t.equal(both.size, 2)
  t.equal(ask({ sticky, visitor: connection('10.0.0.1', true), fields: 'X-Forwarded-For: unknown\r\n' }).index, -1)
})

/** Users who come back all day, some every few minutes and some twice; the weight grows at noon. */
function simulateDay(sticky: (weight: number) => Sticky, fieldsOf: (user: number, jar: string) => string, users: number) {
  const random = uniformFrom(seed)
  const jars = new Array<string>(users).fill('')
  const met = new Map<number, number>()
  let moved = 0
  const shares: number[] = []
  for (const weight of [5, 20]) {
    const present = sticky(weight)
    met.clear()
    const visits = Array.from({ length: users * 3 }, () => Math.floor(random() ** 2 * users))
    for (const [i, user] of visits.entries()) {
      if (i % users === 0) clockS += 4 * 3_600
      const answer = ask({ sticky: present, fields: fieldsOf(user, jars[user]!) })
      if (answer.value !== '') jars[user] = answer.value
      if (met.has(user) && met.get(user) !== answer.index) moved++
      met.set(user, answer.index)
    }
    shares.push(([...met.values()].reduce((sum, index) => sum + index, 0) / met.size) * 100)
  }
  return { shares, moved }
}

t.test('a simulated day of returning users: the share of clients is within 0.5 points of the weight', async (t) => {
  let before: Sticky | undefined
  const byCookie = (weight: number): Sticky => {
    before = open(splitOf(cookie({ ttlMs: 86_400_000 }), { stable: 100 - weight, v8: weight }), before)
    return before
  }
  const byHeader = (weight: number): Sticky => open(splitOf({ kind: 'header', name: 'X-User' }, { stable: 100 - weight, v8: weight }))
  for (const [kind, day] of [
    ['cookie', simulateDay(byCookie, (_, jar) => (jar === '' ? '' : sent(jar)), 20_000)],
    ['header', simulateDay(byHeader, (user) => `X-User: ${user}\r\n`, 80_000)],
  ] as const) {
    t.ok(Math.abs(day.shares[0]! - 5) < 0.5, `${kind}: ${day.shares[0]!.toFixed(2)} % of the clients at 5 %`)
    t.ok(Math.abs(day.shares[1]! - 20) < 0.5, `${kind}: ${day.shares[1]!.toFixed(2)} % of the clients at 20 %`)
    t.equal(day.moved, 0, `${kind}: nobody moved while the weight stood`)
  }
})
