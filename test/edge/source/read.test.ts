import t from 'tap'
import { fieldText } from '../../../src/core/routing/names.ts'
import { defaultDns, defaultLimits, defaultResilience, defaultTimeouts, type EdgeConfig, policyOf } from '../../../src/edge/config.ts'
import { readEdge } from '../../../src/edge/source/file/read.ts'
import { formatProblem } from '../../../src/edge/source/problem.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Faults as `line:column field: message; fix`. */
function faultsOf(text: string | Uint8Array): string[] {
  const read = readEdge(typeof text === 'string' ? bytes(text) : text, '/etc/spillway')
  if (read.kind === 'config') return []
  return read.faults.map(({ line, column, path, message, fix }) => `${line}:${column} ${fieldText(path)}: ${message}; ${fix}`)
}

function configOf(text: string): EdgeConfig {
  const read = readEdge(bytes(text), '/etc/spillway')
  if (read.kind === 'faults') throw new Error(`refused: ${faultsOf(text).join('\n')}`)
  return read.config
}

/** A good file with one part replaced. */
function file(parts: { listeners?: string; admin?: string; routes?: string; splits?: string; more?: string }): string {
  const {
    listeners = '[{address: 127.0.0.1:8080}]',
    admin = '{}',
    routes = '[{path: /, split: s}]',
    splits = '{s: {backends: {a: {weight: 1, endpoints: []}}}}',
  } = parts
  return `listeners: ${listeners}\nadmin: ${admin}\nroutes: ${routes}\nsplits: ${splits}\n${parts.more ?? ''}`
}
const split = (backend: string, more = ''): string => file({ splits: `{s: {backends: {a: ${backend}}${more}}}` })
const match = (text: string): string => split('{weight: 1, endpoints: []}', `, routes: [{name: r, backend: a, match: [${text}]}]`)

t.test('a file becomes a configuration', async (t) => {
  const text = `
listeners: [{address: 127.0.0.1:8080}]           # several
admin: {address: 127.0.0.1:9901}
trustedProxies: [10.0.0.0/8]
routes:                                          # most specific host, then longest path, wins
- {host: shop.example, path: /, split: shop}     # host absent = any; *.example; pathType Prefix (by segment) | Exact
splits:
  shop:
    totalWeight: 100
    backends:
      stable: {weight: 95, endpoints: ["127.0.0.1:9001", "127.0.0.1:9003"]}
      canary: {weight: 5,  endpoints: ["127.0.0.1:9002"]}
    routes:                                      # before weights; first match wins
    - {name: qa, match: [{headers: [{name: X-Canary, exact: "true"}]}], backend: canary}
    fallback: none                               # or the name of a backend
`
  const expected: EdgeConfig = {
    listeners: [{ address: { host: '127.0.0.1', port: 8080 } }],
    admin: { address: { host: '127.0.0.1', port: 9901 } },
    trustedProxies: ['10.0.0.0/8'],
    timeouts: defaultTimeouts,
    limits: defaultLimits,
    metricAliases: ['http'],
    resilience: defaultResilience,
    policies: {},
    dns: defaultDns,
    allowedTargets: [],
    routing: {
      routes: [{ host: 'shop.example', path: '/', pathType: 'Prefix', split: 'shop' }],
      splits: [
        {
          name: 'shop',
          totalWeight: 100,
          backends: [
            {
              name: 'stable',
              weight: 95,
              endpoints: [
                { host: '127.0.0.1', port: 9001 },
                { host: '127.0.0.1', port: 9003 },
              ],
            },
            { name: 'canary', weight: 5, endpoints: [{ host: '127.0.0.1', port: 9002 }] },
          ],
          routes: [
            {
              name: 'qa',
              match: [{ headers: [{ name: 'X-Canary', value: { kind: 'exact', value: 'true' } }], cookies: [], query: [] }],
              backend: 'canary',
            },
          ],
          fallback: { kind: 'none' },
        },
      ],
    },
  }
  t.strictSame(configOf(text), expected)
})

t.test('every field is read', async (t) => {
  const config = configOf(`
listeners: [{address: 0.0.0.0:80}, {address: "[::]:8080"}, {address: localhost:0}, {address: 127.0.0.1:0}]
admin: {address: "[2001:db8::1]:9901", tokenFile: token}
trustedProxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7, "::1"]
timeouts: {requestHead: 500ms, keepAlive: 1m, bodyIdle: 2m, connect: 1s, responseHead: 1h, upstreamIdle: 3s, tunnelIdle: 100h, drainDelay: 0s, drain: 0ms}
limits: {headBytes: 32KiB, headers: 200, targetBytes: 4096, bodyBytes: 1GiB, connections: 10, upstreamConnections: 20}
routes: [{host: "*.example", path: /x, pathType: Exact, split: s}, {host: "[::1]", path: /, split: s}]
splits:
  s:
    backends:
      a: {weight: 1, endpoints: ["[::1]:1", "name.example:80", "localhost:2"]}
      b: {weight: 2, endpoints: []}
    routes:
    - name: r
      backend: b
      match:
      - method: POST
        path: {prefix: /api}
        headers: [{name: A, prefix: p}, {name: B, present: true}]
        cookies: [{name: C, regex: "v[0-9]+"}]
        query: [{name: q, exact: ""}]
      - path: {regex: "/.*"}
    - {name: all, backend: a}
    fallback: b
`)
  t.strictSame(
    config.listeners.map((listener) => listener.address),
    [
      { host: '0.0.0.0', port: 80 },
      { host: '::', port: 8080 },
      { host: 'localhost', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ],
  )
  t.strictSame(config.admin, { address: { host: '2001:db8::1', port: 9901 }, tokenFile: '/etc/spillway/token' }, 'a token file relative to the file')
  t.strictSame(config.trustedProxies, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32', '::1/128'])
  t.strictSame(config.timeouts, {
    requestHeadMs: 500,
    keepAliveMs: 60_000,
    bodyIdleMs: 120_000,
    connectMs: 1_000,
    responseHeadMs: 3_600_000,
    upstreamIdleMs: 3_000,
    tunnelIdleMs: 360_000_000,
    totalMs: 0,
    queueMs: 1_000,
    drainDelayMs: 0,
    drainMs: 0,
  })
  t.strictSame(config.limits, {
    headBytes: 32_768,
    headers: 200,
    targetBytes: 4_096,
    bodyBytes: 1_073_741_824,
    connections: 10,
    connectionsPerAddress: 0,
    upstreamConnections: 20,
    queue: 128,
    memoryBytes: 0,
  })
  t.strictSame(config.routing.routes, [
    { host: '*.example', path: '/x', pathType: 'Exact', split: 's' },
    { host: '[::1]', path: '/', pathType: 'Prefix', split: 's' },
  ])
  const [s] = config.routing.splits
  t.equal(s?.totalWeight, 3, 'without totalWeight: the sum')
  t.strictSame(s?.fallback, { kind: 'backend', backend: 'b' })
  t.strictSame(s?.backends[0]?.endpoints, [
    { host: '::1', port: 1 },
    { host: 'name.example', port: 80 },
    { host: 'localhost', port: 2 },
  ])
  t.strictSame(s?.routes, [
    {
      name: 'r',
      match: [
        {
          method: 'POST',
          path: { kind: 'prefix', value: '/api' },
          headers: [
            { name: 'A', value: { kind: 'prefix', value: 'p' } },
            { name: 'B', value: { kind: 'present' } },
          ],
          cookies: [{ name: 'C', value: { kind: 'regex', pattern: 'v[0-9]+' } }],
          query: [{ name: 'q', value: { kind: 'exact', value: '' } }],
        },
        { path: { kind: 'regex', pattern: '/.*' }, headers: [], cookies: [], query: [] },
      ],
      backend: 'b',
    },
    { name: 'all', match: [], backend: 'a' },
  ])
})

const endpointFix = 'write a name, an IPv4 address, or an IPv6 address in brackets, then a port: orders.example:80, 127.0.0.1:9001, [::1]:9001'
const nameFix = 'write 1 to 253 letters, digits, hyphens, underscores and dots, beginning with a letter or digit'
const endpointAt = (text: string): string => split(`{weight: 1, endpoints: [${text}]}`)

const structure: readonly (readonly [rule: string, file: string, fault: string])[] = [
  ['the file is a map', '- a', '1:1 : expected a map, found a list; write a map with listeners, routes, splits'],
  ['not a word', 'hello', '1:1 : expected a map, found "hello"; write a map with listeners, routes, splits'],
  ['required fields', file({}).replace('routes: ', 'routers: '), '3:1 routers: unknown field `routers`; did you mean `routes`?'],
  ['a missing field', file({ routes: '[{path: /}]' }), '3:10 routes[0].split: missing; add split: The split that governs these requests.'],
  [
    'unknown far field',
    file({ more: 'colour: red' }),
    '5:1 colour: unknown field `colour`; use listeners, admin, trustedProxies, timeouts, limits, resilience, dns, allowedTargets, accessLog, metrics, routes, keyFile, splits',
  ],
  [
    'prototype keys',
    file({ more: '__proto__: {}' }),
    '5:1 __proto__: unknown field `__proto__`; use listeners, admin, trustedProxies, timeouts, limits, resilience, dns, allowedTargets, accessLog, metrics, routes, keyFile, splits',
  ],
  [
    'no network among good ones',
    file({ more: 'allowedTargets: [10.0.0.0/8, internal]' }),
    '5:30 allowedTargets[1]: "internal" is not a network; write an IPv4 or IPv6 network like 10.0.0.0/8 or fd00::/8',
  ],
  ['constructor', file({ admin: '{constructor: 1}' }), '2:9 admin.constructor: unknown field `constructor`; use address, tokenFile'],
  [
    'merge keys',
    file({ admin: '{<<: {address: "127.0.0.1:1"}}' }),
    '2:9 admin["<<"]: merge keys are no part of YAML 1.2; write the fields out, or use an alias for a whole value',
  ],
  ['an empty value', file({ admin: '' }), '2:1 admin: expected a map, found nothing; write a map with any of address, tokenFile'],
  ['no listener', file({ listeners: '[]' }), '1:1 listeners: is an empty list; add an entry'],
  ['no backend', file({ splits: '{s: {backends: {}}}' }), '4:14 splits.s.backends: is an empty map; add an entry'],
  [
    'a weight as text',
    split('{weight: "5", endpoints: []}'),
    '4:37 splits.s.backends.a.weight: expected an integer, found "5"; write an integer from 0 to 1000000',
  ],
  [
    'a fraction',
    split('{weight: 0.5, endpoints: []}'),
    '4:37 splits.s.backends.a.weight: expected an integer, found 0.5, a number; write an integer from 0 to 1000000',
  ],
  [
    'a great weight',
    split('{weight: 1000001, endpoints: []}'),
    '4:37 splits.s.backends.a.weight: 1000001 is above the maximum 1000000; write an integer from 0 to 1000000',
  ],
  [
    'beyond 2^53 as written',
    split('{weight: 9007199254740993, endpoints: []}'),
    '4:37 splits.s.backends.a.weight: 9007199254740993 is above the maximum 1000000; write an integer from 0 to 1000000',
  ],
  [
    'a negative weight',
    split('{weight: -1, endpoints: []}'),
    '4:37 splits.s.backends.a.weight: -1 is below the minimum 0; write an integer from 0 to 1000000',
  ],
  [
    'infinity',
    split('{weight: .inf, endpoints: []}'),
    '4:37 splits.s.backends.a.weight: expected an integer, found .inf, a number; write an integer from 0 to 1000000',
  ],
  ['a lone endpoint', split('{weight: 1, endpoints: "a:1"}'), '4:51 splits.s.backends.a.endpoints: expected a list, found "a:1"; write ["a:1"]'],
  [
    'a boolean as text',
    match('{headers: [{name: X, exact: true}]}'),
    '4:124 splits.s.routes[0].match[0].headers[0].exact: expected text to compare with, found true, a boolean; put it into quotes: "true"',
  ],
  [
    'no comparison',
    match('{headers: [{name: X}]}'),
    '4:107 splits.s.routes[0].match[0].headers[0]: has none of exact, prefix, regex, present; add one of them',
  ],
  [
    'two comparisons',
    match('{headers: [{name: X, exact: a, prefix: b}]}'),
    '4:107 splits.s.routes[0].match[0].headers[0]: has exact and prefix; keep one of exact, prefix, regex, present',
  ],
  [
    'present: false',
    match('{headers: [{name: X, present: false}]}'),
    '4:126 splits.s.routes[0].match[0].headers[0].present: expected true, found false, a boolean; write true, or leave it out',
  ],
  ['an empty match', match('{}'), '4:96 splits.s.routes[0].match[0]: is an empty map; add any of method, path, headers, cookies, query'],
  [
    'an empty prefix',
    match('{query: [{name: q, prefix: ""}]}'),
    '4:123 splits.s.routes[0].match[0].query[0].prefix: "" is not the beginning of a text; write 1 to 4096 characters without control characters',
  ],
  [
    'a path type',
    file({ routes: '[{path: /, split: s, pathType: exact}]' }),
    '3:40 routes[0].pathType: expected Prefix or Exact, found "exact"; write Exact',
  ],
  ['a host', file({ routes: '[{host: Shop.Example, path: /, split: s}]' }), '3:17 routes[0].host: "Shop.Example" is not a host; write shop.example'],
  [
    'a host that YAML takes for a number',
    file({ routes: '[{host: 10.0, path: /, split: s}]' }),
    '3:17 routes[0].host: expected a host like shop.example, found 10.0, a number; put it into quotes: "10.0"',
  ],
  ['a path', file({ routes: '[{path: cart, split: s}]' }), '3:17 routes[0].path: "cart" is not a path; write "/cart"'],
  ['a name', file({ splits: '{s: {backends: {-a: {weight: 1, endpoints: []}}}}' }), `4:25 splits.s.backends.-a: "-a" is not a name; ${nameFix}`],
  [
    'prototype names',
    file({ splits: '{s: {backends: {__proto__: {weight: 1, endpoints: []}}}}' }),
    `4:25 splits.s.backends.__proto__: "__proto__" is not a name; ${nameFix}`,
  ],
  [
    'a duration',
    file({ more: 'timeouts: {connect: 5 s}' }),
    '5:21 timeouts.connect: "5 s" is not a duration; write an integer with ms, s, m or h, from 1ms to 1h',
  ],
  [
    'a bare number as duration',
    file({ more: 'timeouts: {connect: 5}' }),
    '5:21 timeouts.connect: expected a duration like 10s, found 5, a number; write an integer with ms, s, m or h, from 1ms to 1h',
  ],
  [
    'a size',
    file({ more: 'limits: {headBytes: 16K}' }),
    '5:21 limits.headBytes: "16K" is not a size; write an integer with B, KiB, MiB or GiB, from 1KiB to 1MiB',
  ],
  [
    'a size as number',
    file({ more: 'limits: {headBytes: 1}' }),
    '5:21 limits.headBytes: 1 is below the minimum 1024; write an integer from 1024 to 1048576',
  ],
  ['a share', file({ more: 'accessLog: {path: stdout, sample: 1.5}' }), '5:35 accessLog.sample: 1.5 is not from 0 to 1; write a number from 0 to 1'],
  [
    'a log without a place',
    file({ more: 'accessLog: {sample: 1}' }),
    '5:1 accessLog.path: missing; add path: stdout, or a file that lines are added to; relative to this file.',
  ],
  [
    'a word where a truth is meant',
    file({ more: 'accessLog: {path: stdout, query: yes}' }),
    '5:34 accessLog.query: expected true or false, found "yes"; write true or false, without quotes',
  ],
  [
    'a metric of nobody',
    file({ more: 'metrics: {aliases: [envoy]}' }),
    '5:21 metrics.aliases[0]: expected http or nginx or istio, found "envoy"; write http or nginx or istio',
  ],
  ['a count', file({ more: 'limits: {headers: 0}' }), '5:19 limits.headers: 0 is below the minimum 1; write an integer from 1 to 1000'],
  [
    'a port alone',
    file({ listeners: '[{address: 8080}]' }),
    '1:23 listeners[0].address: expected an address like 127.0.0.1:8080, found 8080, a number; write 127.0.0.1:8080',
  ],
  [
    'a port after a colon',
    file({ listeners: '[{address: ":8080"}]' }),
    '1:23 listeners[0].address: ":8080" is not an address to listen on; write 127.0.0.1:8080',
  ],
  [
    'IPv6 without brackets',
    file({ listeners: '[{address: "::1:8080"}]' }),
    '1:23 listeners[0].address: "::1:8080" is not an address to listen on; put the IPv6 address into brackets: "[::1]:8080"',
  ],
  [
    'a URL as endpoint',
    endpointAt('"http://a.example:80/"'),
    '4:52 splits.s.backends.a.endpoints[0]: "http://a.example:80/" is not the address of an endpoint; write a.example:80',
  ],
  [
    'an endpoint without port',
    endpointAt('a.example'),
    `4:52 splits.s.backends.a.endpoints[0]: "a.example" is not the address of an endpoint; ${endpointFix}`,
  ],
  [
    'an unquoted IPv6 endpoint as a list',
    file({ listeners: '[{address: [::1]}]' }),
    '1:14 listeners[0].address: expected an address like 127.0.0.1:8080, found a list; put an address with brackets into quotes, as in "[::1]:8080"',
  ],
  [
    'a network',
    file({ more: 'trustedProxies: [lan]' }),
    '5:18 trustedProxies[0]: "lan" is not a network; write an IPv4 or IPv6 network like 10.0.0.0/8 or fd00::/8',
  ],
  [
    'a method',
    match('{method: get}'),
    '4:105 splits.s.routes[0].match[0].method: expected GET or HEAD or POST or PUT or PATCH or DELETE or OPTIONS or QUERY, found "get"; write GET',
  ],
]

const listenFix = 'write the address of the service'
const meaning: typeof structure = [
  [
    'IPv4 out of range',
    endpointAt('"300.1.1.1:80"'),
    '4:52 splits.s.backends.a.endpoints[0]: "300.1.1.1:80" has a malformed IPv4 address; write four numbers from 0 to 255',
  ],
  [
    'malformed IPv6',
    endpointAt('"[1::2::3]:80"'),
    '4:52 splits.s.backends.a.endpoints[0]: "[1::2::3]:80" has a malformed IPv6 address; write one like [2001:db8::1]',
  ],
  [
    'a great port',
    endpointAt('"a:65536"'),
    '4:52 splits.s.backends.a.endpoints[0]: "a:65536" has a port outside 1 to 65535; write a port from 1 to 65535',
  ],
  [
    'port 0 of an endpoint',
    endpointAt('"a:0"'),
    '4:52 splits.s.backends.a.endpoints[0]: "a:0" has a port outside 1 to 65535; write a port from 1 to 65535',
  ],
  [
    'connecting to everything',
    endpointAt('"[::]:80"'),
    '4:52 splits.s.backends.a.endpoints[0]: "[::]:80" is no address to connect to; write [::1]:80 for this machine',
  ],
  [
    'an endpoint twice',
    endpointAt('"[::1]:80", "[0:0::1]:80"'),
    '4:64 splits.s.backends.a.endpoints[1]: "[0:0::1]:80" is endpoints[0] too; keep one of them',
  ],
  [
    'a long prefix',
    file({ more: 'trustedProxies: ["::1/129"]' }),
    '5:18 trustedProxies[0]: "::1/129" has a prefix longer than 128 bits; write a prefix from 0 to 128',
  ],
  [
    'bits beyond the prefix',
    file({ more: 'trustedProxies: [10.0.0.1/8]' }),
    '5:18 trustedProxies[0]: "10.0.0.1/8" has bits set beyond its prefix; write 10.0.0.0/8',
  ],
  [
    'bits beyond an IPv6 prefix',
    file({ more: 'trustedProxies: ["2001:db8:ffff::1/33"]' }),
    '5:18 trustedProxies[0]: "2001:db8:ffff::1/33" has bits set beyond its prefix; write 2001:db8:8000::/33',
  ],
  [
    'a short duration',
    file({ more: 'timeouts: {connect: 0ms}' }),
    '5:21 timeouts.connect: 0ms is below the minimum; write an integer with ms, s, m or h, from 1ms to 1h',
  ],
  [
    'a long duration',
    file({ more: 'timeouts: {drain: 48h}' }),
    '5:19 timeouts.drain: 48h is above the maximum; write an integer with ms, s, m or h, from 0ms to 24h',
  ],
  [
    'less memory than the edge itself needs',
    file({ more: 'limits: {memoryBytes: 1MiB}' }),
    '5:23 limits.memoryBytes: 1048576 bytes are less than the edge needs by itself; write 128MiB or more, or 0 for what the container or the machine has',
  ],
  [
    'a great size',
    file({ more: 'limits: {headBytes: 2MiB}' }),
    '5:21 limits.headBytes: 2MiB is above the maximum; write an integer with B, KiB, MiB or GiB, from 1KiB to 1MiB',
  ],
  [
    'two equal listeners',
    file({ listeners: '[{address: "127.0.0.1:1"}, {address: "127.0.0.1:1"}]' }),
    '1:49 listeners[1].address: "127.0.0.1:1" is listeners[0] too; keep one of them',
  ],
  [
    'two equal IPv6 listeners',
    file({ listeners: '[{address: "[::1]:1"}, {address: "[0:0::1]:1"}]' }),
    '1:45 listeners[1].address: "[0:0::1]:1" is listeners[0] too; keep one of them',
  ],
  [
    'a listener on the admin address',
    file({ admin: '{address: 127.0.0.1:8080}' }),
    '1:23 listeners[0].address: "127.0.0.1:8080" collides with the admin address 127.0.0.1:8080; write another port here or in admin.address',
  ],
  [
    'a listener on the default admin address',
    file({ listeners: '[{address: 0.0.0.0:9901}]' }),
    '1:23 listeners[0].address: "0.0.0.0:9901" collides with the admin address 127.0.0.1:9901; write another port here or in admin.address',
  ],
  [
    'admin off loopback without a token',
    file({ admin: '{address: 0.0.0.0:9901}' }),
    '2:18 admin.address: "0.0.0.0:9901" can be reached from other machines, and admin.tokenFile is missing; write 127.0.0.1:9901, or add admin.tokenFile',
  ],
  [
    'admin off loopback, IPv6',
    file({ admin: '{address: "[::]:9901"}' }),
    '2:18 admin.address: "[::]:9901" can be reached from other machines, and admin.tokenFile is missing; write 127.0.0.1:9901, or add admin.tokenFile',
  ],
  [
    'a loop',
    endpointAt('"127.0.0.1:8080"'),
    `4:52 splits.s.backends.a.endpoints[0]: "127.0.0.1:8080" is the edge itself (listeners[0]): a loop; ${listenFix}`,
  ],
  [
    'a loop by name',
    endpointAt('"localhost:8080"'),
    `4:52 splits.s.backends.a.endpoints[0]: "localhost:8080" is the edge itself (listeners[0]): a loop; ${listenFix}`,
  ],
  [
    'a loop by mapped IPv6',
    endpointAt('"[::ffff:127.0.0.1]:8080"'),
    `4:52 splits.s.backends.a.endpoints[0]: "[::ffff:127.0.0.1]:8080" is the edge itself (listeners[0]): a loop; ${listenFix}`,
  ],
  [
    'a loop through all addresses',
    endpointAt('"[::1]:8080"').replace('{address: 127.0.0.1:8080}', '{address: "[::]:8080"}'),
    `4:52 splits.s.backends.a.endpoints[0]: "[::1]:8080" is the edge itself (listeners[0]): a loop; ${listenFix}`,
  ],
  [
    'the admin interface as endpoint',
    endpointAt('"127.0.0.1:9901"'),
    `4:52 splits.s.backends.a.endpoints[0]: "127.0.0.1:9901" is the admin interface of the edge, never to be reached from outside; ${listenFix}`,
  ],
  [
    'an IPv6 host in long form',
    file({ routes: '[{host: "[0:0:0:0:0:0:0:1]", path: /, split: s}]' }),
    '3:17 routes[0].host: "[0:0:0:0:0:0:0:1]" is not how clients write this address; write "[::1]"',
  ],
  [
    'a backend named none',
    file({ splits: '{s: {backends: {none: {weight: 1, endpoints: []}}}}' }),
    '4:25 splits.s.backends.none: none is no name for a backend: a fallback could not tell; rename it',
  ],
  [
    'the sum',
    split('{weight: 1, endpoints: []}', ', totalWeight: 100'),
    '4:70 splits.s.totalWeight: the weights add up to 1, not to totalWeight 100; write totalWeight: 1, leave totalWeight out, or change the weights (a 1) so that they add up to 100',
  ],
  [
    'only zeros',
    split('{weight: 0, endpoints: []}'),
    '4:14 splits.s.backends: every weight is 0, so that no backend would get traffic; give at least one backend a weight above 0',
  ],
  ['an unknown split', file({ routes: '[{path: /, split: t2}]' }), '3:27 routes[0].split: there is no split "t2"; write s'],
  [
    'the same route twice',
    file({ routes: '[{path: /, split: s}, {path: /, split: s}]' }),
    '3:31 routes[1]: the same path as routes[0]; leave one of them out, or give them different hosts, paths or path types',
  ],
  [
    'a regular expression',
    match('{path: {regex: "(a"}}'),
    '4:111 splits.s.routes[0].match[0].path.regex: "(a" is not a regular expression: missing closing ): `(a`; write it in RE2 syntax, without look-around and back-references',
  ],
]

const syntax: typeof structure = [
  ['nothing', '', '1:1 : the file is empty; write at least listeners, routes and splits'],
  ['comments only', '# a\n', '1:1 : the file is empty; write at least listeners, routes and splits'],
  ['a tab', 'admin:\n\taddress: x', '2:1 : Tabs are not allowed as indentation; indent with blanks'],
  ['an open quote', 'admin: "x', '1:10 : Missing closing "quote; add the missing colon, comma, quote, bracket or brace'],
  ['two documents', `${file({})}---\na: 1\n`, '5:1 : more than one YAML document; keep one document: remove `---` and what follows'],
  [
    'an unquoted IPv6 address',
    'listeners: [{address: [::1]:8080}]',
    '1:28 : Missing , between flow map items; put addresses with brackets into quotes, as in "[::1]:8080"',
  ],
  ['a tag', file({ admin: '!foo {}' }), '2:8 : Unresolved tag: !foo; remove the tag'],
  ['a key twice', file({ admin: '{tokenFile: a, tokenFile: b}' }), '2:23 admin.tokenFile: `tokenFile` is given twice; keep one of them'],
  [
    'a name twice',
    file({ splits: '{s: {backends: {a: {weight: 1, endpoints: []}, a: {weight: 1, endpoints: []}}}}' }),
    '4:56 splits.s.backends.a: `a` is given twice; keep one of them',
  ],
  ['an alias of nothing', file({ admin: '*a' }), '2:8 admin: *a stands for nothing; write &a before the value that is meant, further up'],
  ['a list as key', file({ admin: '{[a]: 1}' }), '2:9 : With stringKeys, all keys must be strings; use plain text as the key'],
]

t.test('lines are counted also where the parser skips what it cannot read', async (t) => {
  const places = faultsOf('a: {p:+"}]\n  q}\nts\n  b: c\nd: e\n').map((fault) => fault.split(' ')[0])
  t.strictSame(places, ['1:10', '2:3', '3:1', '4:4', '5:1'])
})

for (const [rule, text, fault] of [...structure, ...meaning, ...syntax]) t.strictSame(faultsOf(text), [fault], rule)

t.test('kinds of faults are told apart', async (t) => {
  for (const [kind, table] of Object.entries({ structure, meaning }))
    for (const [rule, text] of table) {
      const read = readEdge(bytes(text), '/')
      t.equal(read.kind === 'faults' && read.faults[0]?.kind, kind, rule)
    }
})

t.test('bytes that are no text', async (t) => {
  t.strictSame(faultsOf(Uint8Array.of(97, 58, 32, 49, 10, 98, 58, 255)), ['2:3 : not UTF-8; save the file in UTF-8'])
  t.strictSame(faultsOf(new Uint8Array(10 * 1024 * 1024 + 1).fill(35)), [
    '1:1 : longer than 10485760 bytes; leave out what is not needed, or run several edges',
  ])
  t.strictSame(faultsOf(`\ufeff${file({})}`), [], 'a byte order mark is no harm')
  t.strictSame(faultsOf('\ufeffadmin: "x'), faultsOf('admin: "x'), 'nor does it shift a column')
  t.strictSame(faultsOf(file({}).replaceAll('\n', '\r\n')), [], 'nor are the line ends of Windows')
})

t.test('YAML is 1.2 whatever its directive says', async (t) => {
  const text = `%YAML 1.1\n---\n${file({ splits: '{no: {backends: {yes: {weight: 1, endpoints: []}}}}', routes: '[{path: /, split: no}]' })}`
  t.strictSame(configOf(text).routing.splits[0]?.name, 'no')
})

t.test('aliases stand for values', async (t) => {
  const text = file({ splits: '{s: {backends: {a: {weight: 1, endpoints: &e ["a:1"]}, b: {weight: 1, endpoints: *e}}}}' })
  t.strictSame(configOf(text).routing.splits[0]?.backends[1]?.endpoints, [{ host: 'a', port: 1 }])
})

t.test('aliases that multiply are refused before they cost', async (t) => {
  const tenfold = (name: string, of: string): string =>
    `${name}: &${name} {${Array.from({ length: 60 }, (_, index) => `k${index}: ${of}`).join(', ')}}`
  const endpoints = Array.from({ length: 60 }, (_, index) => `"a:${index + 1}"`).join(', ')
  const text = file({ splits: `\n  ${tenfold('x', `{backends: {a: {weight: 1, endpoints: [${endpoints}]}}}`)}` })
  const bomb = file({
    splits: `\n  s: {backends: &b {a: &a {weight: 1, endpoints: &e [${endpoints}]}, ${Array.from({ length: 200 }, (_, index) => `b${index}: *a`).join(', ')}}}\n${Array.from({ length: 200 }, (_, index) => `  s${index}: {backends: *b}\n`).join('')}`,
  })
  const startedAt = performance.now()
  t.ok(faultsOf(text).length > 0)
  t.ok(
    faultsOf(bomb).some((fault) => fault.endsWith('aliases stand for more than 100000 values; write out, or leave out, some of them')),
    'tells the bound',
  )
  t.ok(performance.now() - startedAt < 10_000, 'in bounded time')
  const loop = faultsOf('splits: &a {s: {backends: *a}}')
  t.ok(loop.length > 0, 'a loop of aliases ends')
})

t.test('deep nesting is refused', async (t) => {
  for (const text of ['['.repeat(20_000), '{a: '.repeat(5_000), '- '.repeat(20_000)]) t.match(faultsOf(text)[0], /^1:\d+ : nested too deeply/)
})

t.test('every mistake is told at once, in the order of the file, and none that only follows from another', async (t) => {
  const text = `listeners: [{address: 127.0.0.1:8080}]
routes:
- {host: Shop.Example, path: /, split: shpo}
splits:
  shop:
    totalwieght: 100
    backends:
      stable: {weight: 95, endpoints: 127.0.0.1:9001}
      canary: {weight: 1000001, endpoints: ["127.0.0.1:9901"]}
    routes:
    - {name: qa, match: [], backend: canry}
`
  t.strictSame(
    faultsOf(text).map((fault) => fault.split(': ')[0]),
    [
      '3:10 routes[0].host',
      '3:40 routes[0].split',
      '6:5 splits.shop.totalwieght',
      '8:39 splits.shop.backends.stable.endpoints',
      '9:24 splits.shop.backends.canary.weight',
      '9:45 splits.shop.backends.canary.endpoints[0]',
      '11:38 splits.shop.routes[0].backend',
    ],
  )
})

t.test('a thousand mistakes are enough', async (t) => {
  const faults = faultsOf(file({ routes: `[${'1, '.repeat(5_000)}]` }))
  t.equal(faults.length, 1_001)
  t.match(faults.at(-1), /more mistakes follow; mend those above first/)
})

t.test('a problem is one line', async (t) => {
  const place = { where: 'edge.yaml', line: 12, column: 19, field: 'splits.shop.backends.canary.weight' }
  const told = { message: '1000001 is above the maximum 1000000', fix: 'write an integer from 0 to 1000000' }
  t.equal(
    formatProblem({ ...place, ...told }),
    'edge.yaml:12:19: splits.shop.backends.canary.weight: 1000001 is above the maximum 1000000; write an integer from 0 to 1000000',
  )
  t.equal(
    formatProblem({ where: 'edge.yaml', field: '', message: 'there is\nno such file', fix: 'create it' }),
    'edge.yaml: there is no such file; create it',
  )
})

t.test('a split has its own timeouts, limits and resilience where it says so', async (t) => {
  const config = configOf(`
listeners: [{address: "127.0.0.1:0", proxyProtocol: ["10.0.0.0/8"]}]
timeouts: {connect: 2s}
resilience: {ejectAfter: 3}
dns: {servers: ["10.0.0.10:53"], maxStale: 1m}
allowedTargets: [169.254.0.0/16]
routes: [{path: /, split: own}]
splits:
  own:
    backends: {a: {weight: 1, endpoints: []}}
    timeouts: {connect: 1s, total: 5s}
    limits: {bodyBytes: 1MiB, queue: 0}
    resilience: {ejectFor: 1m, retryBudget: 0.5}
    proxyProtocol: v2
    mirrors: [{name: m, backend: a, percentage: 12.5, match: [{method: GET}]}]
  plain:
    backends: {a: {weight: 1, endpoints: []}}
`)
  const common = policyOf(config)
  t.match(common, { connectMs: 2_000, ejectAfter: 3, proxyProtocol: 'none' })
  t.strictSame(policyOf(config, 'plain'), common)
  t.strictSame(policyOf(config, 'own'), {
    ...common,
    ...{ connectMs: 1_000, totalMs: 5_000, bodyBytes: 1_048_576, queue: 0, ejectMs: 60_000, retryBudget: 0.5, proxyProtocol: 'v2' },
  })
  t.strictSame(config.dns, { servers: ['10.0.0.10:53'], maxStaleMs: 60_000 })
  t.strictSame(config.allowedTargets, ['169.254.0.0/16'])
  t.strictSame(config.listeners[0]?.proxyProtocolFrom, ['10.0.0.0/8'])
  t.strictSame(config.routing.splits[0]?.mirrors, [
    { name: 'm', backend: 'a', percentage: 12.5, match: [{ method: 'GET', headers: [], cookies: [], query: [] }] },
  ])
})
