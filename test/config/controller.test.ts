import t from 'tap'
import { parseController } from '../../src/config/controller.ts'
import type { Environment, Flags } from '../../src/config/reader.ts'

const defaults = {
  kubeconfig: undefined,
  context: undefined,
  namespace: undefined,
  isNamespaced: false,
  instanceId: '',
  isEdgeDefault: false,
  edgeUrls: [],
  edgeNamespaces: [],
  edgeTokenFile: undefined,
  isElected: true,
  workers: 10,
  requestsPerSecond: 40,
  requestBurst: 80,
  metricsPort: 8090,
  healthPort: 8080,
  json: false,
  logLevel: 'info',
}

t.test('controller settings', (t) => {
  const rows: readonly (readonly [name: string, flags: Flags, env: Environment, differing: object])[] = [
    ['nothing is needed', {}, {}, {}],
    ['one namespace', { namespaced: true, namespace: 'shop' }, {}, { isNamespaced: true, namespace: 'shop' }],
    [
      'the environment says it too',
      {},
      { SPILLWAY_NAMESPACED: 'true', SPILLWAY_DEFAULT_ROUTER: 'edge' },
      { isNamespaced: true, isEdgeDefault: true },
    ],
    ['edges by URL', { edge: ['http://127.0.0.1:9901/', 'https://edge:9901'] }, {}, { edgeUrls: ['http://127.0.0.1:9901', 'https://edge:9901'] }],
    ['lists in the environment', {}, { SPILLWAY_EDGE_NAMESPACE: 'a,b' }, { edgeNamespaces: ['a', 'b'] }],
    ['a bare flag is true', { leaderElect: true }, {}, {}],
    ['as upstream writes it', { leaderElect: 'false' }, {}, { isElected: false }],
    ['any free ports', { metricsPort: '0', healthPort: '0' }, {}, { metricsPort: 0, healthPort: 0 }],
    ['slower', { qps: '5', burst: '10', workers: '2' }, {}, { requestsPerSecond: 5, requestBurst: 10, workers: 2 }],
  ]
  for (const [name, flags, env, differing] of rows) {
    t.strictSame(parseController(env, flags), { kind: 'settings', settings: { ...defaults, ...differing } }, name)
  }
  t.end()
})

t.test('every mistake is told at once', (t) => {
  const flags = {
    namespace: 'Shop',
    edge: ['127.0.0.1:9901'],
    defaultRouter: 'istio',
    leaderElect: 'maybe',
    qps: '0',
    metricsPort: '9000',
    healthPort: '9000',
  }
  const parsed = parseController({}, flags)
  t.equal(parsed.kind, 'mistakes')
  const text = parsed.kind === 'mistakes' ? parsed.mistakes.join('\n') : ''
  for (const flag of ['--namespace', '--edge is', '--default-router', '--leader-elect', '--qps', '--metrics-port and --health-port'])
    t.match(text, flag)
  t.end()
})
