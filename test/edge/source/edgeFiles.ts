import fc from 'fast-check'

/** Values of configuration files for random tests: right ones, and right ones made wrong. */

const name = fc.stringMatching(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,8}$/)
const host = fc.constantFrom('shop.example', '*.example', 'localhost', '192.0.2.1', '[::1]', '[2001:db8::1]')
const path = fc.constantFrom('/', '/cart', '/a/b/', '/%20;x=1')
const duration = fc.tuple(fc.nat(100_000), fc.constantFrom('ms', 's', 'm', 'h')).map(([amount, unit]) => `${amount}${unit}`)
const size = fc.oneof(
  fc.tuple(fc.nat(100_000), fc.constantFrom('B', 'KiB', 'MiB', 'GiB')).map(([amount, unit]) => `${amount}${unit}`),
  fc.integer({ min: 1_024, max: 1_048_576 }),
)
const port = fc.nat(99_999)
const ip = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
)
const listen = fc.tuple(fc.oneof(ip, fc.constant('localhost')), port).map(([address, at]) => `${address}:${at}`)
const endpoint = fc.tuple(fc.oneof(ip, fc.constantFrom('localhost', 'name.example', 'a_b')), port).map(([address, at]) => `${address}:${at}`)
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
const plain = fc.string({ maxLength: 10 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text))
const pattern = fc.constantFrom('v[0-9]+', '.*', '(a|b)', '(')

const comparison = fc.oneof(
  fc.record({ exact: plain }),
  fc.record({ prefix: plain.filter((text) => text !== '') }),
  fc.record({ regex: pattern }),
  fc.constant({ present: true }),
)
const named = fc.tuple(token, comparison).map(([key, compared]) => ({ name: key, ...compared }))
const pathMatch = fc.oneof(fc.record({ exact: path }), fc.record({ prefix: path }), fc.record({ regex: pattern }))
const match = fc
  .record(
    {
      method: fc.constantFrom('GET', 'POST', 'QUERY'),
      path: pathMatch,
      headers: fc.array(named, { maxLength: 2 }),
      cookies: fc.array(named, { maxLength: 2 }),
      query: fc.array(named, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .filter((value) => Object.keys(value).length > 0)
const splitRoute = fc.record({ name, match: fc.array(match, { maxLength: 2 }), backend: name }, { requiredKeys: ['name', 'backend'] })
const backend = fc.record({ weight: fc.nat(1_000_000), endpoints: fc.array(endpoint, { maxLength: 3 }) })
const stickiness = fc.oneof(
  fc.record(
    {
      kind: fc.constant('cookie'),
      name: token,
      ttl: duration,
      path,
      sameSite: fc.constantFrom('Lax', 'Strict', 'None'),
      secure: fc.constantFrom('auto', 'always', 'never'),
      newSessionsOnly: fc.boolean(),
      keyFile: plain.filter((text) => text !== ''),
    },
    { requiredKeys: ['kind'] },
  ),
  fc.record({ kind: fc.constant('header'), name: token }),
  fc.record({ kind: fc.constant('clientAddress') }),
)
const split = fc.record(
  {
    totalWeight: fc.integer({ min: 1, max: 1_000_000_000 }),
    backends: fc.dictionary(name, backend, { minKeys: 1, maxKeys: 3 }),
    routes: fc.array(splitRoute, { maxLength: 2 }),
    stickiness,
    fallback: fc.oneof(fc.constant('none'), name),
  },
  { requiredKeys: ['backends'] },
)
const certificate = fc.record({ cert: fc.constantFrom('tls.crt', '/a b'), key: fc.constantFrom('tls.key', 'é') })
const tls = fc.record(
  {
    certificates: fc.array(certificate, { minLength: 1, maxLength: 2 }),
    minVersion: fc.constantFrom('1.2', '1.3', 1.2, 1.3),
    hsts: duration,
  },
  { requiredKeys: ['certificates'] },
)
const listener = fc.record({ address: listen, tls, redirect: fc.constantFrom('https', 'https:8443', 'https:0') }, { requiredKeys: ['address'] })
const durations = (...keys: string[]): fc.Arbitrary<object> => fc.record(Object.fromEntries(keys.map((key) => [key, duration])), { requiredKeys: [] })

/** As the JSON Schema wants it; names that must exist and sums that must be right are random, and so mostly wrong. */
export const edgeFile: fc.Arbitrary<unknown> = fc.record(
  {
    listeners: fc.array(listener, { minLength: 1, maxLength: 2 }),
    admin: fc.record({ address: listen, tokenFile: plain.filter((text) => text !== '') }, { requiredKeys: [] }),
    trustedProxies: fc.array(
      fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(199)).map(([address, bits]) => `${address}/${bits}`),
      { maxLength: 2 },
    ),
    timeouts: durations('requestHead', 'keepAlive', 'bodyIdle', 'connect', 'responseHead', 'upstreamIdle', 'tunnelIdle', 'drainDelay', 'drain'),
    limits: fc.record(
      {
        headBytes: size,
        headers: fc.integer({ min: 1, max: 1_000 }),
        targetBytes: size,
        bodyBytes: size,
        connections: fc.integer({ min: 1, max: 1_000_000 }),
        upstreamConnections: fc.integer({ min: 1, max: 65_535 }),
      },
      { requiredKeys: [] },
    ),
    accessLog: fc.record(
      {
        path: plain.filter((text) => text !== ''),
        sample: fc.constantFrom(0, 0.25, 1),
        format: fc.constant('json'),
        query: fc.boolean(),
      },
      { requiredKeys: ['path'] },
    ),
    metrics: fc.record({ aliases: fc.subarray(['http', 'nginx', 'istio']) }, { requiredKeys: [] }),
    routes: fc.array(fc.record({ host, path, pathType: fc.constantFrom('Prefix', 'Exact'), split: name }, { requiredKeys: ['path', 'split'] }), {
      maxLength: 3,
    }),
    splits: fc.dictionary(name, split, { maxKeys: 2 }),
  },
  { requiredKeys: ['listeners', 'routes', 'splits'] },
)

const junk: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 65_536, 1_000_001, 1e300, '', ' ', 'x', 'none', 'exact', 'Exact', '/', '/x y', '*', 'é', '\u0000', '\u2028'],
  ...[
    '10s',
    '01s',
    '10 s',
    '16KiB',
    '1024',
    '127.0.0.1:80',
    '127.0.0.1',
    '[::1]:80',
    '::1:80',
    '[]:1',
    'a:1',
    'localhost:80',
    '0.0.0.0/0',
    '::/0',
    'a/8',
  ],
  ...['__proto__', 'a'.repeat(300), [], {}, [null], ['x'], [[]], { a: 1 }, { name: 'x' }, { exact: 'x', prefix: 'y' }],
]
const junkKeys = ['x', '__proto__', 'constructor', 'toString', 'exact', 'prefix', 'weight', 'host', 'Listeners', '', 'a b', '-']

/** What to break: which of all places, how, and with what; each taken modulo what there is. */
export const mutation = fc.tuple(fc.nat(10_000), fc.nat(3), fc.nat(10_000))

type Slot = { readonly parent: Record<string | number, unknown> | unknown[]; readonly key: string | number }

function slotsIn(value: unknown, found: Slot[] = []): Slot[] {
  if (typeof value !== 'object' || value === null) return found
  const parent = value as Slot['parent']
  const keys = Array.isArray(parent) ? [...parent.keys()] : Object.keys(parent)
  for (const key of keys) {
    found.push({ parent, key })
    slotsIn((parent as Record<string | number, unknown>)[key], found)
  }
  return found
}

/** A copy with the given damage. */
export function mutated(value: unknown, mutations: readonly (readonly [place: number, how: number, what: number])[]): unknown {
  const copy: unknown = structuredClone(value)
  for (const [place, how, what] of mutations) {
    const slots = slotsIn(copy)
    if (slots.length === 0) break
    const { parent, key } = slots[place % slots.length]!
    const replacement = structuredClone(junk[what % junk.length])
    const set = (at: string | number, to: unknown): void => {
      Object.defineProperty(parent, at, { value: to, enumerable: true, configurable: true, writable: true })
    }
    if (how === 0) set(key, replacement)
    else if (Array.isArray(parent)) parent.splice(Number(key), how === 1 ? 1 : 0, ...(how === 1 ? [] : [replacement]))
    else if (how === 1) delete parent[key]
    else if (how === 2) set(junkKeys[what % junkKeys.length]!, parent[key])
    else set(junkKeys[place % junkKeys.length]!, replacement)
  }
  return copy
}
