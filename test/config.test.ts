import t from 'tap'
import { parseEdge } from '../src/config/edge.ts'
import type { Environment, Flags } from '../src/config/reader.ts'
import { parseBench, parseDemo } from '../src/config.ts'

const cores = 6

t.test('edge settings', (t) => {
  const file = { kind: 'file', config: 'e.yaml', check: false }
  const defaults = { source: file, workers: 1, json: false, logLevel: 'info' }
  const cluster = {
    kind: 'cluster',
    kubeconfig: undefined,
    context: undefined,
    namespaces: [],
    ingressClass: 'spillway',
    httpAddress: { host: '0.0.0.0', port: 8080 },
    httpsAddress: { host: '0.0.0.0', port: 8443 },
    adminAddress: { host: '0.0.0.0', port: 9901 },
    adminTokenFile: undefined,
    trustController: [],
    snapshot: undefined,
    serviceDomain: undefined,
    redirectHttps: false,
    keyFile: undefined,
    trustedProxies: [],
    drainDelayMs: 5_000,
    drainMs: 30_000,
  }
  const rows: readonly (readonly [name: string, flags: Flags, env: Environment, settings: object])[] = [
    ['a file is enough', { config: 'e.yaml' }, {}, defaults],
    ['the environment may name it', {}, { SPILLWAY_CONFIG: 'e.yaml' }, defaults],
    [
      'a flag wins over the environment',
      { config: 'e.yaml', workers: '3' },
      { SPILLWAY_CONFIG: 'x', SPILLWAY_WORKERS: '4' },
      { ...defaults, workers: 3 },
    ],
    ['auto is one worker per core', { config: 'e.yaml', workers: 'auto' }, {}, { ...defaults, workers: cores }],
    [
      'every flag',
      { config: 'e.yaml', check: true, json: true, logLevel: 'warn' },
      {},
      { ...defaults, source: { ...file, check: true }, json: true, logLevel: 'warn' },
    ],
    ['without a file it is a cluster', {}, {}, { ...defaults, source: cluster }],
    [
      'addresses are those of HOST where they name none',
      { httpAddress: ':80', adminAddress: '[::1]:9902' },
      { HOST: '127.1.0.1' },
      {
        ...defaults,
        source: {
          ...cluster,
          httpAddress: { host: '127.1.0.1', port: 80 },
          httpsAddress: { host: '127.1.0.1', port: 8443 },
          adminAddress: { host: '::1', port: 9902 },
        },
      },
    ],
    [
      'lists by repetition, or with commas',
      { namespace: ['shop', 'bank'] },
      { SPILLWAY_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8', SPILLWAY_NAMESPACE: 'other' },
      { ...defaults, source: { ...cluster, namespaces: ['shop', 'bank'], trustedProxies: ['10.0.0.0/8', 'fd00::/8'] } },
    ],
  ]
  for (const [name, flags, env, settings] of rows) {
    const parsed = parseEdge(env, flags, cores)
    t.same(parsed, { kind: 'settings', settings }, name)
    if (parsed.kind === 'settings') t.ok(Object.isFrozen(parsed.settings), `${name}: frozen`)
  }
  t.end()
})

t.test('mistakes come all at once, each with its remedy', (t) => {
  t.same(parseEdge({ SPILLWAY_WORKERS: '-1' }, { logLevel: 'loud' }, cores), {
    kind: 'mistakes',
    mistakes: ['SPILLWAY_WORKERS is "-1"; it must be a number from 1 to 64, or auto', '--log-level is "loud"; it must be one of error, warn, info'],
  })
  t.same(parseEdge({}, { config: 'e.yaml', ingressClass: 'spillway', redirectHttps: true }, cores), {
    kind: 'mistakes',
    mistakes: [
      '--ingress-class is for Kubernetes; leave --config out, or write it into the file',
      '--redirect-https is for Kubernetes; leave --config out, or write it into the file',
    ],
  })
  t.same(parseEdge({}, { check: true, httpAddress: '8080', namespace: ['A'], drain: '1d' }, cores), {
    kind: 'mistakes',
    mistakes: [
      '--check is for a file; name it by --config',
      '--namespace is "A"; it must be a namespace',
      '--http-address is "8080"; it must be an address like :8080, 127.0.0.1:8080 or [::]:8080',
      '--drain is "1d"; it must be a time up to 24h, such as 30s',
    ],
  })
  t.same(parseDemo({}), { plain: false, isBad: false })
  t.same(parseDemo({ plain: true, bad: true }), { plain: true, isBad: true })
  t.end()
})

t.test('numbers are plain digits within their range', (t) => {
  for (const workers of ['', ' 1', '1e1', '0x1', '65', '1.0', '+1', '١']) {
    t.equal(parseEdge({}, { config: 'e.yaml', workers }, cores).kind, 'mistakes', JSON.stringify(workers))
  }
  t.end()
})

t.test('bench settings', (t) => {
  const defaults = {
    split: 'shop',
    url: 'http://127.0.0.1:8080',
    admin: 'http://127.0.0.1:9901',
    adminTokenFile: undefined,
    path: '/',
    headers: [],
    byHeader: undefined,
    rate: 100,
    poisson: false,
    durationMs: 10_000,
    warmupMs: 1_000,
    timeoutMs: 10_000,
    concurrency: 256,
    json: false,
  }
  const rows: readonly (readonly [flags: Flags, settings: object])[] = [
    [{}, {}],
    [
      { rate: '5', duration: '1.5m', warmup: '0s', timeout: '250ms' },
      { rate: 5, durationMs: 90_000, warmupMs: 0, timeoutMs: 250 },
    ],
    [
      { url: 'http://[::1]:80/', admin: 'https://edge.example' },
      { url: 'http://[::1]:80', admin: 'https://edge.example' },
    ],
    [{ url: 'http://edge.example', allowRemote: true }, { url: 'http://edge.example' }],
    [
      { header: ['Host: shop', 'canary=X-V: a=b: c ', 'v1.2-x=', 'Empty:'] },
      {
        headers: [
          { version: undefined, name: 'Host', value: 'shop' },
          { version: 'canary', name: 'X-V', value: 'a=b: c' },
          { version: 'v1.2-x', name: undefined, value: '' },
          { version: undefined, name: 'Empty', value: '' },
        ],
      },
    ],
  ]
  for (const [flags, settings] of rows)
    t.same(parseBench({}, { split: 'shop', ...flags }), { kind: 'settings', settings: { ...defaults, ...settings } }, JSON.stringify(flags))
  for (const flags of [
    { url: 'http://10.0.0.1' },
    { url: 'http://127.0.0.1.example' },
    { url: 'http://localhost.example' },
    { url: 'http://127.0.0.1:8080/cart' },
    { url: '127.0.0.1:8080' },
    { path: '/a b' },
    { header: ['X-A: b\r\nX-C: d'] },
    { header: ['no colon'] },
    { header: ['=X-A: b'] },
    { byHeader: 'X Version' },
    { duration: '25h' },
    { duration: '10' },
    { rate: '0' },
    { concurrency: '10001' },
  ])
    t.match(parseBench({}, { split: 'shop', ...flags }), { kind: 'mistakes', mistakes: { length: 1 } }, JSON.stringify(flags))
  t.end()
})
