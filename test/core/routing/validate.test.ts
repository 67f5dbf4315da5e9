import t from 'tap'
import { fieldText } from '../../../src/core/routing/names.ts'
import { nearest } from '../../../src/core/routing/nearest.ts'
import type { Backend, CookieStickiness, RequestMatch, Routing, Split } from '../../../src/core/routing/types.ts'
import { validate, withWeights } from '../../../src/core/routing/validate.ts'
import { compileRegex } from '../../../src/lib/regex.ts'

const backend = (name: string, weight: number): Backend => ({ name, weight, endpoints: [{ host: '127.0.0.1', port: 9001 }] })
const shop: Split = {
  name: 'shop',
  totalWeight: 100,
  backends: [backend('stable', 95), backend('canary', 5)],
  routes: [],
  fallback: { kind: 'none' },
}
const split = (changes: Partial<Split>): Routing => ({ routes: [], splits: [{ ...shop, ...changes }] })
const host = (name: string): Routing => ({ routes: [{ host: name, path: '/', pathType: 'Prefix', split: 'shop' }], splits: [shop] })
const path = (text: string): Routing => ({ routes: [{ path: text, pathType: 'Prefix', split: 'shop' }], splits: [shop] })
const match = (changes: Partial<RequestMatch>): Routing =>
  split({ routes: [{ name: 'qa', backend: 'canary', match: [{ headers: [], cookies: [], query: [], ...changes }] }] })
const cookie = (changes: Partial<CookieStickiness>): CookieStickiness => ({
  kind: 'cookie',
  name: 'spillway',
  ttlMs: 3_600_000,
  path: '/',
  sameSite: 'Lax',
  secure: 'auto',
  newSessionsOnly: false,
  ...changes,
})

const right: readonly { rule: string; routing: Routing }[] = [
  { rule: 'nothing at all', routing: { routes: [], splits: [] } },
  { rule: 'the plain split', routing: split({}) },
  { rule: 'weight 0 beside a positive one', routing: split({ backends: [backend('stable', 100), backend('canary', 0)] }) },
  { rule: 'the greatest weight', routing: split({ totalWeight: 1_000_000, backends: [backend('a', 1_000_000)] }) },
  { rule: 'a fallback to another backend', routing: split({ fallback: { kind: 'backend', backend: 'stable' } }) },
  { rule: 'host: a name', routing: host('shop.example') },
  { rule: 'host: one label', routing: host('localhost') },
  { rule: 'host: a wildcard', routing: host('*.shop.example') },
  { rule: 'host: IPv4', routing: host('192.0.2.1') },
  { rule: 'host: IPv6', routing: host('[2001:db8::1]') },
  { rule: 'path: escapes and sub-delims', routing: path("/a%20b/;x=1,(2)*'!") },
  {
    rule: 'exact /a and /a/ differ',
    routing: {
      routes: [
        { path: '/a', pathType: 'Exact', split: 'shop' },
        { path: '/a/', pathType: 'Exact', split: 'shop' },
        { path: '/a', pathType: 'Prefix', split: 'shop' },
        { path: '/a', pathType: 'Prefix', split: 'shop', host: 'a' },
      ],
      splits: [shop],
    },
  },
  { rule: 'a regular expression', routing: match({ path: { kind: 'regex', pattern: '/v[0-9]+(/.*)?' } }) },
  { rule: 'sticky by cookie', routing: split({ stickiness: cookie({}) }) },
  { rule: 'sticky by header', routing: split({ stickiness: { kind: 'header', name: 'X-User' } }) },
  { rule: 'sticky by client address', routing: split({ stickiness: { kind: 'clientAddress' } }) },
  { rule: 'a method of one’s own', routing: match({ method: 'PURGE' }) },
]

for (const { rule, routing } of right) t.strictSame(validate(routing, compileRegex), [], `right: ${rule}`)

const wrong: readonly { rule: string; routing: Routing; at: string; message: string; fix: string }[] = [
  {
    rule: 'a route names an existing split',
    routing: { routes: [{ path: '/', pathType: 'Prefix', split: 'shpo' }], splits: [shop] },
    at: 'routes[0].split',
    message: 'there is no split "shpo"',
    fix: 'did you mean shop? Known: shop',
  },
  {
    rule: 'routes need splits',
    routing: { routes: [{ path: '/', pathType: 'Prefix', split: 'shop' }], splits: [] },
    at: 'splits',
    message: 'no split is defined, but routes name some',
    fix: 'define the splits that `routes` name',
  },
  {
    rule: 'the name of a sticky cookie is a token',
    routing: split({ stickiness: cookie({ name: 'a;b' }) }),
    at: 'splits.shop.stickiness.name',
    message: '"a;b" is not a cookie name',
    fix: "write 1 to 256 letters, digits and !#$%&'*+-.^_`|~",
  },
  {
    rule: 'the name of a sticky header is a token',
    routing: split({ stickiness: { kind: 'header', name: '' } }),
    at: 'splits.shop.stickiness.name',
    message: '"" is not a header name',
    fix: "write 1 to 256 letters, digits and !#$%&'*+-.^_`|~",
  },
  {
    rule: 'a path in a cookie has no semicolon',
    routing: split({ stickiness: cookie({ path: '/a;Domain=evil' }) }),
    at: 'splits.shop.stickiness.path',
    message: '"/a;Domain=evil" has a semicolon, which ends it in a cookie',
    fix: 'write a shorter path',
  },
  {
    rule: 'SameSite=None goes with Secure',
    routing: split({ stickiness: cookie({ sameSite: 'None', secure: 'never' }) }),
    at: 'splits.shop.stickiness.secure',
    message: 'browsers refuse cookies with SameSite=None that are not Secure',
    fix: 'write auto or always',
  },
  {
    rule: 'a split route names an existing backend',
    routing: split({ routes: [{ name: 'qa', match: [], backend: 'v9' }] }),
    at: 'splits.shop.routes[0].backend',
    message: 'there is no backend "v9"',
    fix: 'write one of stable, canary',
  },
  {
    rule: 'the fallback names an existing backend',
    routing: split({ fallback: { kind: 'backend', backend: 'Stable' } }),
    at: 'splits.shop.fallback',
    message: 'there is no backend "Stable"',
    fix: 'did you mean stable? Known: stable, canary',
  },
  {
    rule: 'the only backend is not its own fallback',
    routing: split({ totalWeight: 1, backends: [backend('a', 1)], fallback: { kind: 'backend', backend: 'a' } }),
    at: 'splits.shop.fallback',
    message: '"a" is the only backend and cannot stand in for itself',
    fix: 'write none, or add another backend',
  },
  {
    rule: 'backend names are unique',
    routing: split({ totalWeight: 2, backends: [backend('a', 1), backend('a', 1)] }),
    at: 'splits.shop.backends.a',
    message: 'another backend is called "a"',
    fix: 'give every backend a name of its own',
  },
  {
    rule: 'a split has a backend',
    routing: split({ backends: [], routes: [{ name: 'qa', match: [], backend: 'v9' }] }),
    at: 'splits.shop.backends',
    message: 'a split needs at least one backend',
    fix: 'add a backend with a weight and endpoints',
  },
  {
    rule: 'a weight is an integer',
    routing: split({ backends: [backend('stable', 99.5), backend('canary', 0)] }),
    at: 'splits.shop.backends.stable.weight',
    message: '99.5 is not an integer',
    fix: 'write an integer from 0 to 1000000',
  },
  {
    rule: 'a weight is not negative',
    routing: split({ backends: [backend('stable', 101), backend('canary', -1)] }),
    at: 'splits.shop.backends.canary.weight',
    message: '-1 is below the minimum 0',
    fix: 'write an integer from 0 to 1000000',
  },
  {
    rule: 'a weight is at most a million',
    routing: split({ backends: [backend('stable', 1_000_001)] }),
    at: 'splits.shop.backends.stable.weight',
    message: '1000001 is above the maximum 1000000',
    fix: 'write an integer from 0 to 1000000',
  },
  {
    rule: 'the weights add up',
    routing: split({ backends: [backend('stable', 90), backend('canary', 5)] }),
    at: 'splits.shop.totalWeight',
    message: 'the weights add up to 95, not to totalWeight 100',
    fix: 'write totalWeight: 95, leave totalWeight out, or change the weights (stable 90, canary 5) so that they add up to 100',
  },
  {
    rule: 'one weight is above 0',
    routing: split({ totalWeight: 0, backends: [backend('stable', 0), backend('canary', 0)] }),
    at: 'splits.shop.backends',
    message: 'every weight is 0, so that no backend would get traffic',
    fix: 'give at least one backend a weight above 0',
  },
  {
    rule: 'the total is at most a thousand million',
    routing: split({ totalWeight: 1_000_000_001, backends: [backend('a', 1)] }),
    at: 'splits.shop.totalWeight',
    message: '1000000001 is not an integer from 1 to 1000000000',
    fix: 'write 1, or leave totalWeight out',
  },
  {
    rule: 'routes differ',
    routing: {
      routes: [
        { host: 'a', path: '/x', pathType: 'Prefix', split: 'shop' },
        { host: 'a', path: '/x/', pathType: 'Prefix', split: 'shop' },
      ],
      splits: [shop],
    },
    at: 'routes[1]',
    message: 'the same host and path as routes[0]',
    fix: 'leave one of them out, or give them different hosts, paths or path types',
  },
  ...[
    ['Shop.Example', 'write shop.example'],
    ['shop.example:8080', 'write shop.example'],
    ['https://shop.example/x', 'write shop.example'],
    ['shop.example.', 'write shop.example'],
    ['2001:DB8::1', 'write [2001:db8::1]'],
    ['[::1]:8080', 'write [::1]'],
  ].map(([name, fix]) => ({
    rule: `host ${name}`,
    routing: host(name!),
    at: 'routes[0].host',
    message: `"${name}" is not a host`,
    fix: fix!,
  })),
  ...['', '*', '*.', 'a..b', '-a.example', 'a*.example', 'a b', 'a\u0000', 'é.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(127)}a`].map(
    (name) => ({
      rule: `host ${JSON.stringify(name.slice(0, 20))}`,
      routing: host(name),
      at: 'routes[0].host',
      message: /is not a host/.source,
      fix: 'write a lower-case name like shop.example, *.example for all names below it, or an IPv6 literal like [::1]; no port',
    }),
  ),
  { rule: 'path without slash', routing: path('cart'), at: 'routes[0].path', message: '"cart" is not a path', fix: 'write "/cart"' },
  {
    rule: 'path with a query',
    routing: path('/cart?x=1'),
    at: 'routes[0].path',
    message: '"/cart?x=1" is not a path',
    fix: 'write "/cart"; a query is matched by `query` in a route of a split',
  },
  ...['/a b', '/é', '/a\tb', '/\u007f', ''].map((text) => ({
    rule: `path ${JSON.stringify(text)}`,
    routing: path(text),
    at: 'routes[0].path',
    message: `${JSON.stringify(text)} is not a path`,
    fix: text === '' ? 'write "/"' : 'begin with / and write other characters than visible ASCII as %XX',
  })),
  {
    rule: 'names are plain',
    routing: split({ totalWeight: 1, backends: [backend('-a', 1)] }),
    at: 'splits.shop.backends.-a',
    message: '"-a" is not a name',
    fix: 'write 1 to 253 letters, digits, hyphens, underscores and dots, beginning with a letter or digit',
  },
  {
    rule: 'header names are tokens',
    routing: match({ headers: [{ name: 'X Canary', value: { kind: 'present' } }] }),
    at: 'splits.shop.routes[0].match[0].headers[0].name',
    message: '"X Canary" is not a header name',
    fix: "write 1 to 256 letters, digits and !#$%&'*+-.^_`|~",
  },
  {
    rule: 'methods compare with case',
    routing: match({ method: 'get' }),
    at: 'splits.shop.routes[0].match[0].method',
    message: '"get" is never sent: methods compare with case',
    fix: 'write GET',
  },
  {
    rule: 'expressions compile',
    routing: match({ cookies: [{ name: 'c', value: { kind: 'regex', pattern: 'a(?=b)' } }] }),
    at: 'splits.shop.routes[0].match[0].cookies[0].regex',
    message: '"a(?=b)" is not a regular expression: invalid or unsupported Perl syntax: `(?=`',
    fix: 'write it in RE2 syntax, without look-around and back-references',
  },
]

for (const { rule, routing, at, message, fix } of wrong)
  t.test(`wrong: ${rule}`, async (t) => {
    const found = validate(routing, compileRegex)
    t.strictSame(
      found.map((mistake) => fieldText(mistake.path)),
      [at],
    )
    t.ok(found[0]?.message.includes(message), `${found[0]?.message} tells: ${message}`)
    t.equal(found[0]?.fix, fix)
  })

t.test('every mistake is told at once', async (t) => {
  const routing: Routing = {
    routes: [{ host: 'A', path: 'x', pathType: 'Prefix', split: 'nowhere' }],
    splits: [{ ...shop, totalWeight: 7, fallback: { kind: 'backend', backend: 'gone' } }],
  }
  const fields = validate(routing, compileRegex).map((mistake) => fieldText(mistake.path))
  t.strictSame(fields, ['routes[0].host', 'routes[0].path', 'routes[0].split', 'splits.shop.totalWeight', 'splits.shop.fallback'])
})

t.test('withWeights', async (t) => {
  const weightsAfter = (weights: Record<string, number>): unknown => {
    const outcome = withWeights(shop, weights)
    return outcome.ok
      ? outcome.split.backends.map((each) => each.weight)
      : outcome.mistakes.map((each) => [fieldText(each.path), each.message, each.fix])
  }
  t.strictSame(weightsAfter({ stable: 80, canary: 20 }), [80, 20], 'replaces weights')
  t.strictSame(weightsAfter({ canary: 0, stable: 100 }), [100, 0], 'in any order, down to 0')
  t.strictSame(weightsAfter({ canary: 5 }), [95, 5], 'leaves the others')
  t.equal(shop.backends[0]!.weight, 95, 'and the given split as it was')
  const sum = 'the weights would add up to 115 (stable 95, canary 20), not to totalWeight 100'
  t.strictSame(weightsAfter({ canary: 20 }), [['weights', sum, 'give stable the weight 80 as well']])
  t.strictSame(weightsAfter({ stable: 1, canary: 1 }), [
    ['weights', 'the weights would add up to 2 (stable 1, canary 1), not to totalWeight 100', 'give weights that add up to 100'],
  ])
  const known = 'did you mean canary? Known: stable, canary'
  t.strictSame(weightsAfter({ canry: 20 }), [['weights.canry', 'there is no backend "canry"', known]])
  t.strictSame(weightsAfter({}), [['weights', 'no weight is given', 'name at least one backend: stable, canary']])
  t.strictSame(weightsAfter({ stable: -1 }), [['weights.stable', '-1 is below the minimum 0', 'write an integer from 0 to 1000000']])
  const hostile = withWeights(shop, JSON.parse('{"__proto__": 5, "constructor": 1}'))
  t.equal(hostile.ok, false, 'names of Object.prototype are unknown backends')
})

t.test('nearest', async (t) => {
  const known = ['stable', 'canary', 'totalWeight']
  for (const [name, meant] of [
    ['totalwieght', 'totalWeight'],
    ['canry', 'canary'],
    ['STABLE', 'stable'],
    ['stabel', 'stable'],
    ['zebra', undefined],
    ['', undefined],
  ] as const)
    t.equal(nearest(name, known), meant, `${name} → ${meant}`)
})

t.test('a pattern is matched whole and in linear time', async (t) => {
  t.equal(compileRegex('a|ab').matches('ab'), true)
  t.equal(compileRegex('b').matches('abc'), false)
  t.equal(compileRegex('a$').matches('a\n'), false)
  const startedAt = performance.now()
  t.equal(compileRegex('(a+)+').matches(`${'a'.repeat(100_000)}b`), false)
  t.ok(performance.now() - startedAt < 2_000, 'what would take a backtracking engine for ever')
  t.throws(() => compileRegex('x'.repeat(1025)), { message: 'longer than 1024 characters' })
  t.throws(() => compileRegex('\\1'), { message: 'invalid escape sequence: `\\1`' })
})
