// What the file says of stickiness, and what is told where it says it wrong.
import t from 'tap'
import { fieldText } from '../../../src/core/routing/names.ts'
import { readEdge } from '../../../src/edge/source/file/read.ts'

const file = (stickiness: string, more = ''): Uint8Array =>
  new TextEncoder().encode(
    `listeners: [{address: 127.0.0.1:8080}]\nroutes: [{path: /, split: s}]\nsplits: {s: {backends: {a: {weight: 1, endpoints: []}}, stickiness: ${stickiness}}}\n${more}`,
  )

const right: readonly (readonly [rule: string, stickiness: string, more: string, expected: object])[] = [
  [
    'a cookie, with its defaults',
    '{kind: cookie}',
    '',
    { kind: 'cookie', name: 'spillway', ttlMs: 86_400_000, path: '/', sameSite: 'Lax', secure: 'auto', newSessionsOnly: false },
  ],
  [
    'a cookie, all told',
    '{kind: cookie, name: stay, ttl: 1h, path: /shop, sameSite: None, secure: always, newSessionsOnly: true, keyFile: mine}',
    'keyFile: /etc/common',
    {
      kind: 'cookie',
      name: 'stay',
      ttlMs: 3_600_000,
      path: '/shop',
      sameSite: 'None',
      secure: 'always',
      newSessionsOnly: true,
      keyFile: '/etc/spillway/mine',
    },
  ],
  ['the keys on top', '{kind: cookie}', 'keyFile: keys', { kind: 'cookie', keyFile: '/etc/spillway/keys' }],
  ['a header', '{kind: header, name: X-User}', 'keyFile: keys', { kind: 'header', name: 'X-User' }],
  ['the address', '{kind: clientAddress}', '', { kind: 'clientAddress' }],
  ['a kind behind an anchor', '{kind: &k clientAddress}', '', { kind: 'clientAddress' }],
]

for (const [rule, stickiness, more, expected] of right)
  t.test(rule, async (t) => {
    const read = readEdge(file(stickiness, more), '/etc/spillway')
    t.equal(read.kind, 'config')
    if (read.kind === 'config') t.match(read.config.routing.splits[0]?.stickiness, expected)
  })

const wrong: readonly (readonly [rule: string, stickiness: string, fault: string])[] = [
  ['no map', 'cookie', 'splits.s.stickiness: expected a map, found "cookie"; write a map with kind'],
  ['no kind', '{name: a}', 'splits.s.stickiness.kind: missing; add kind: cookie, header, clientAddress'],
  ['a slip in the kind', '{kind: cookies}', 'splits.s.stickiness.kind: expected cookie or header or clientAddress, found "cookies"; write cookie'],
  ['a header has a name', '{kind: header}', 'splits.s.stickiness.name: missing; add name: Without case.'],
  ['only a cookie has a ttl', '{kind: header, name: a, ttl: 1h}', 'splits.s.stickiness.ttl: unknown field `ttl`; use kind, name'],
  [
    'a ttl of a second at least',
    '{kind: cookie, ttl: 999ms}',
    'splits.s.stickiness.ttl: 999ms is below the minimum; write an integer with ms, s, m or h, from 1s to 9600h',
  ],
  [
    'a semicolon in the path',
    '{kind: cookie, path: "/a;b"}',
    'splits.s.stickiness.path: "/a;b" has a semicolon, which ends it in a cookie; write a shorter path',
  ],
  [
    'SameSite=None without Secure',
    '{kind: cookie, sameSite: None, secure: never}',
    'splits.s.stickiness.secure: browsers refuse cookies with SameSite=None that are not Secure; write auto or always',
  ],
]

for (const [rule, stickiness, fault] of wrong)
  t.test(rule, async (t) => {
    const read = readEdge(file(stickiness), '/etc/spillway')
    const faults = read.kind === 'config' ? [] : read.faults.map(({ path, message, fix }) => `${fieldText(path)}: ${message}; ${fix}`)
    t.strictSame(faults, [fault])
  })
