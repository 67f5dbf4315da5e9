import t from 'tap'
import type { Ingress } from '../../../../src/api/ingress.ts'
import type { Route, Split } from '../../../../src/core/routing/types.ts'
import type { Table } from '../../../../src/edge/source/kube/table.ts'
import { ingress, type Objects, path, service, slice, tableOf, trafficSplit, weights } from './objects.ts'

const routesOf = ({ routing }: Table): readonly string[] =>
  routing.routes.map(({ host = '*', path, pathType, split }: Route) => `${host}${path}${pathType === 'Exact' ? ' exactly' : ''} → ${split}`)

const splitsOf = ({ routing }: Table): readonly string[] =>
  routing.splits.map(({ name, backends }: Split) => {
    const parts = backends.map(
      ({ name, weight, endpoints }) => `${name}=${weight}[${endpoints.map(({ host, port }) => `${host}:${port}`).join(' ')}]`,
    )
    return `${name}: ${parts.join(' ')}`
  })

const refusalsOf = ({ refusals }: Table): readonly string[] =>
  refusals.map(({ kind, name, field, message }) => `${kind} ${name} ${field}: ${message}`)

const web = { services: [service('web')], slices: [slice('web', ['10.0.0.1', '10.0.0.2'])] }
const rule = (paths: NonNullable<NonNullable<Ingress['spec']>['rules']>[number]['http'], host = 'shop.example') => ({
  rules: [{ host, http: paths! }],
})

t.test('hosts and paths of Ingresses', (t) => {
  const rows: readonly (readonly [name: string, spec: NonNullable<Ingress['spec']>, routes: readonly string[]])[] = [
    ['a prefix', rule({ paths: [path('/a', 'web')] }), ['shop.example/a → shop.web.80']],
    ['an exact path', rule({ paths: [path('/a', 'web', 80, 'Exact')] }), ['shop.example/a exactly → shop.web.80']],
    ['what implementations choose is a prefix', rule({ paths: [path('/a', 'web', 80, 'ImplementationSpecific')] }), ['shop.example/a → shop.web.80']],
    ['no path is all paths', rule({ paths: [path('', 'web', 80, 'ImplementationSpecific')] }), ['shop.example/ → shop.web.80']],
    ['no host is any', rule({ paths: [path('/', 'web')] }, ''), ['*/ → shop.web.80']],
    ['a wildcard', rule({ paths: [path('/', 'web')] }, '*.example'), ['*.example/ → shop.web.80']],
    ['a port by its name', rule({ paths: [path('/', 'web', 'http')] }), ['shop.example/ → shop.web.80']],
    ['a default backend', { defaultBackend: { service: { name: 'web', port: { number: 80 } } } }, ['*/ → shop.web.80']],
    [
      'a host without paths has the default backend',
      { rules: [{ host: 'shop.example' }], defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
      ['shop.example/ → shop.web.80', '*/ → shop.web.80'],
    ],
  ]
  for (const [name, spec, routes] of rows) {
    const table = tableOf({ ...web, ingresses: [ingress('web', spec)] })
    t.same(routesOf(table), routes, name)
    t.same(splitsOf(table), ['shop.web.80: web=1[10.0.0.1:8080 10.0.0.2:8080]'], name)
    t.same(refusalsOf(table), [], name)
  }
  t.end()
})

t.test('hosts that are for https alone', (t) => {
  const tls = [{ hosts: ['shop.example', '*.wild.example'], secretName: 's' }]
  const rules = ['shop.example', 'a.wild.example', 'plain.example'].map((host) => ({ host, http: { paths: [path('/', 'web')] } }))
  const own = 'spillway.dev/redirect-https'
  const rows: readonly (readonly [name: string, redirectHttps: boolean, annotations: Readonly<Record<string, string>>, hosts: readonly string[]])[] =
    [
      ['none by default', false, {}, []],
      ['by the flag: those with a certificate', true, {}, ['shop.example', 'a.wild.example']],
      ['by the annotation: all', false, { [own]: 'true' }, ['shop.example', 'a.wild.example', 'plain.example']],
      ['nor by the flag where the annotation says not', true, { [own]: 'false' }, []],
      [
        'by that of another controller',
        false,
        { 'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true' },
        ['shop.example', 'a.wild.example', 'plain.example'],
      ],
    ]
  for (const [name, redirectHttps, annotations, hosts] of rows) {
    const { routing } = tableOf({ ...web, ingresses: [ingress('web', { rules, tls }, annotations)] }, { redirectHttps })
    t.same(
      routing.routes.filter(({ httpsOnly }) => httpsOnly).map(({ host }) => host),
      hosts,
      name,
    )
  }
  t.end()
})

t.test('whose an Ingress is', (t) => {
  const spec = rule({ paths: [path('/', 'web')] })
  const of = (named: Partial<NonNullable<Ingress['spec']>>, annotations: Readonly<Record<string, string>> = {}): Ingress => {
    const { ingressClassName: _, ...rest } = ingress('web', spec).spec!
    return { ...ingress('web', spec, annotations), spec: { ...rest, ...named } }
  }
  const klass = (controller: string, annotations = {}) => ({ metadata: { name: 'spillway', annotations }, spec: { controller } })
  const ours = klass('spillway.dev/edge')
  const standard = klass('spillway.dev/edge', { 'ingressclass.kubernetes.io/is-default-class': 'true' })
  const rows: readonly (readonly [name: string, ingress: Ingress, objects: Objects, is: boolean])[] = [
    ['by its class', of({ ingressClassName: 'spillway' }), { ingressClasses: [ours] }, true],
    ['by the name alone, where the class is not there', of({ ingressClassName: 'spillway' }), {}, true],
    ['a class of that name that is another controller’s', of({ ingressClassName: 'spillway' }), { ingressClasses: [klass('k8s.io/nginx')] }, false],
    ['another class', of({ ingressClassName: 'nginx' }), { ingressClasses: [ours] }, false],
    ['by the old annotation', of({}, { 'kubernetes.io/ingress.class': 'spillway' }), { ingressClasses: [ours] }, true],
    ['by another’s annotation', of({}, { 'kubernetes.io/ingress.class': 'nginx' }), { ingressClasses: [standard] }, false],
    ['without a class, where ours is the default', of({}), { ingressClasses: [standard] }, true],
    ['without a class, where it is not', of({}), { ingressClasses: [ours] }, false],
  ]
  for (const [name, each, objects, is] of rows) t.equal(tableOf({ ...web, ...objects, ingresses: [each] }).routing.routes.length, is ? 1 : 0, name)
  t.end()
})

t.test('what is wrong with a part takes that part out, is told, and the rest serves', (t) => {
  const good = path('/good', 'web')
  const rows: readonly (readonly [name: string, objects: Objects, routes: readonly string[], refused: RegExp])[] = [
    [
      'a path that looks like a pattern',
      { ingresses: [ingress('web', rule({ paths: [path('/a(/|$)(.*)', 'web', 80, 'ImplementationSpecific'), good] }))] },
      ['shop.example/good → shop.web.80'],
      /Ingress web spec.rules\[0\].http.paths\[0\].path: .*looks like a regular expression/,
    ],
    [
      'a backend that is no Service',
      {
        ingresses: [
          ingress('web', rule({ paths: [{ path: '/a', pathType: 'Prefix', backend: { resource: { kind: 'Bucket', name: 'b' } } }, good] })),
        ],
      },
      ['shop.example/good → shop.web.80'],
      /paths\[0\].backend: "Bucket" is no backend/,
    ],
    [
      'a Service that is not there: 503, and no other route',
      { ingresses: [ingress('web', rule({ paths: [path('/a', 'gone'), good] }))] },
      ['shop.example/a → shop.gone.80', 'shop.example/good → shop.web.80'],
      /Ingress web spec.rules\[0\].http.paths\[0\]: there is no Service gone/,
    ],
    [
      'a port that is not there',
      { ingresses: [ingress('web', rule({ paths: [path('/a', 'web', 'admin'), good] }))] },
      ['shop.example/a → shop.web.admin', 'shop.example/good → shop.web.80'],
      /Service web has no TCP port admin/,
    ],
    [
      'an ExternalName',
      {
        services: [...web.services, service('other', { type: 'ExternalName', externalName: 'internal.example' })],
        ingresses: [ingress('web', rule({ paths: [path('/a', 'other'), good] }))],
      },
      ['shop.example/a → shop.other.80', 'shop.example/good → shop.web.80'],
      /Service other is an ExternalName, which is not proxied/,
    ],
    [
      'a host and path that an older Ingress has',
      { ingresses: [ingress('old', rule({ paths: [good] })), ingress('young', rule({ paths: [path('/good/', 'gone')] }))] },
      ['shop.example/good → shop.web.80'],
      /Ingress young spec.rules\[0\].http.paths\[0\]: Ingress shop\/old, which is older, has shop.example\/good\/ already/,
    ],
  ]
  for (const [name, objects, routes, refused] of rows) {
    const table = tableOf({ ...web, ...objects })
    t.same(routesOf(table), routes, name)
    t.match(refusalsOf(table).join('\n'), refused, name)
    t.equal(table.refusals.length, 1, name)
  }
  t.end()
})

t.test('a rule has a host and path before a default backend, whichever is older', (t) => {
  const standIn = ingress('old', { defaultBackend: { service: { name: 'web', port: { number: 80 } } } })
  const table = tableOf({
    ...web,
    services: [...web.services, service('all')],
    ingresses: [standIn, ingress('young', rule({ paths: [path('/', 'all')] }, ''))],
  })
  t.same(routesOf(table), ['*/ → shop.all.80'])
  t.same(refusalsOf(table), [])
  t.end()
})

t.test('endpoints of a Service', (t) => {
  const named = (name: string, port: number) => ({ ports: [{ name, port, protocol: 'TCP' as const }] })
  const rows: readonly (readonly [name: string, objects: Objects, endpoints: string])[] = [
    ['those that are ready', { slices: [slice('web', ['10.0.0.1', { address: '10.0.0.2', ready: false }])] }, '10.0.0.1:8080'],
    [
      'none that ends while another is ready',
      { slices: [slice('web', ['10.0.0.1', { address: '10.0.0.2', ready: false, serving: true, terminating: true }])] },
      '10.0.0.1:8080',
    ],
    [
      'those that end and still serve where nothing is ready',
      {
        slices: [
          slice('web', [
            { address: '10.0.0.1', ready: false },
            { address: '10.0.0.2', ready: false, serving: true, terminating: true },
          ]),
        ],
      },
      '10.0.0.2:8080',
    ],
    [
      'all where not-ready ones are published',
      { services: [service('web', { publishNotReadyAddresses: true })], slices: [slice('web', [{ address: '10.0.0.1', ready: false }])] },
      '10.0.0.1:8080',
    ],
    [
      'slices with other ports',
      { slices: [slice('web', ['10.0.0.1']), slice('web', ['10.0.0.2'], named('http', 9090))] },
      '10.0.0.1:8080 10.0.0.2:9090',
    ],
    ['another port alone', { slices: [slice('web', ['10.0.0.1'], named('metrics', 9090))] }, ''],
    ['one in two slices', { slices: [slice('web', ['10.0.0.1']), slice('web', ['10.0.0.1'])] }, '10.0.0.1:8080'],
    [
      'the first family of two',
      {
        services: [service('web', { ipFamilies: ['IPv6', 'IPv4'] })],
        slices: [slice('web', ['10.0.0.1']), slice('web', ['fd00::1'], { addressType: 'IPv6' })],
      },
      'fd00::1:8080',
    ],
    [
      'an unnamed port',
      { services: [service('web', { ports: [{ port: 80 }] })], slices: [slice('web', ['10.0.0.1'], named('', 9090))] },
      '10.0.0.1:9090',
    ],
  ]
  for (const [name, objects, endpoints] of rows) {
    const table = tableOf({ ...web, ...objects, ingresses: [ingress('web', rule({ paths: [path('/', 'web')] }))] })
    t.same(splitsOf(table), [`shop.web.80: web=1[${endpoints}]`], name)
  }
  t.end()
})

const release = {
  services: [service('web'), service('web-canary'), service('web-aaa', { clusterIP: 'None' }), service('web-bbb', { clusterIP: 'None' })],
  slices: [
    // The entry Service selects both versions: what stands behind it counts for nothing.
    slice('web', ['10.0.0.1', '10.0.1.1']),
    slice('web-aaa', ['10.0.0.1']),
    slice('web-bbb', ['10.0.1.1'], { ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] }),
  ],
  ingresses: [ingress('web', rule({ paths: [path('/', 'web', 'http'), path('/canary', 'web-canary')] }))],
}

t.test('a TrafficSplit governs all that leads to its Services', (t) => {
  const split = trafficSplit([
    { name: 'web', role: 'stable', weights: weights(95, 5) },
    { name: 'web-canary', role: 'canary', weights: [{ podTemplateHash: 'bbb', weight: 100 }], fallback: 'none' },
  ])
  const table = tableOf({ ...release, trafficSplits: [split] })
  t.same(splitsOf(table), [
    'shop.web.80: aaa=95[10.0.0.1:8080] bbb=5[10.0.1.1:9090]',
    'shop.web-canary.80: aaa=0[10.0.0.1:8080] bbb=100[10.0.1.1:9090]',
  ])
  const [entry, canary] = table.routing.splits
  t.same(entry!.fallback, { kind: 'backend', backend: 'aaa' })
  t.same(canary!.fallback, { kind: 'none' })
  t.same(entry!.origin, { namespace: 'shop', trafficSplit: 'web', service: 'web' })
  t.same(
    entry!.backends.map(({ origin }) => origin),
    [
      { service: 'web', role: 'stable', revision: 'aaa' },
      { service: 'web-canary', role: 'canary', revision: 'bbb' },
    ],
  )
  t.same(table.trafficSplits, [
    {
      namespace: 'shop',
      name: 'web',
      uid: 'uid-web',
      generation: 1,
      backends: [
        { name: 'aaa', weight: 95 },
        { name: 'bbb', weight: 5 },
      ],
      services: [
        { name: 'web', splits: ['shop.web.80'] },
        { name: 'web-canary', splits: ['shop.web-canary.80'] },
      ],
    },
  ])
  t.same(splitsOf(tableOf(release)), ['shop.web.80: web=1[10.0.0.1:8080 10.0.1.1:8080]', 'shop.web-canary.80: web-canary=1[]'], 'without it: plainly')
  t.end()
})

t.test('a port of an entry Service in the Services of the versions', (t) => {
  const split = trafficSplit([{ name: 'web', weights: weights(100, 0) }])
  const rows: readonly (readonly [name: string, entry: object, backend: object, sliced: string, found: boolean])[] = [
    ['by its name', { name: 'http', port: 80 }, { name: 'http', port: 8000 }, 'http', true],
    ['by its number where another entry Service calls it otherwise', { name: 'web', port: 80 }, { name: 'http', port: 80 }, 'http', true],
    ['unnamed', { port: 80 }, { port: 80 }, '', true],
    ['unnamed among several that must have names', { port: 80 }, { name: 'port-80', port: 80 }, 'port-80', true],
    ['none', { name: 'web', port: 81 }, { name: 'http', port: 80 }, 'http', false],
  ]
  for (const [name, entry, backend, sliced, found] of rows) {
    const table = tableOf({
      services: [service('web', { ports: [entry as never] }), service('web-aaa', { ports: [backend as never] }), service('web-bbb')],
      slices: [slice('web-aaa', ['10.0.0.1'], { ports: [{ name: sliced, port: 9090, protocol: 'TCP' }] })],
      ingresses: [ingress('web', rule({ paths: [path('/', 'web', (entry as { port: number }).port)] }))],
      trafficSplits: [split],
    })
    t.match(splitsOf(table)[0], found ? 'aaa=100[10.0.0.1:9090]' : 'aaa=100[]', name)
  }
  t.end()
})

t.test('routes, mirrors and stickiness of a TrafficSplit', (t) => {
  const table = tableOf({
    ...release,
    trafficSplits: [
      trafficSplit([
        {
          name: 'web',
          weights: weights(100, 0),
          routes: [
            { name: 'qa', match: [{ headers: [{ name: 'X-QA', exact: 'true' }] }, { method: { regex: 'P.*T' } }], podTemplateHash: 'bbb' },
            { name: 'never', match: [], podTemplateHash: 'bbb' },
          ],
          mirrors: [{ name: 'shadow', match: [{ path: { prefix: '/a.b' } }], podTemplateHash: 'bbb', percentage: 10 }],
          stickiness: { kind: 'cookie', ttl: '1h30m' },
        },
      ]),
    ],
  })
  const [split] = table.routing.splits
  const empty = { headers: [], cookies: [], query: [] }
  t.same(split!.routes, [
    {
      name: 'qa',
      match: [
        { ...empty, headers: [{ name: 'X-QA', value: { kind: 'exact', value: 'true' } }] },
        { ...empty, method: 'POST' },
        { ...empty, method: 'PUT' },
      ],
      backend: 'bbb',
    },
  ])
  t.same(split!.mirrors, [
    { name: 'shadow', match: [{ ...empty, path: { kind: 'regex', pattern: '\\Q/a.b\\E.*' } }], backend: 'bbb', percentage: 10 },
  ])
  t.match(split!.stickiness, { kind: 'cookie', name: 'spillway', ttlMs: 5_400_000, newSessionsOnly: false })
  t.end()
})

t.test('a TrafficSplit that cannot be served', (t) => {
  const good = trafficSplit([{ name: 'web', weights: weights(95, 5) }])
  const next = { ...good.metadata, generation: 2 }
  const bad = (service: object) => ({
    ...good,
    metadata: next,
    spec: { ...good.spec, services: [{ name: 'web', weights: weights(90, 10), ...service }] },
  })
  const rows: readonly (readonly [name: string, service: object, message: RegExp])[] = [
    ['weights that do not add up', { weights: weights(90, 5) }, /spec.services\[0\].totalWeight: the weights add up to 95, not to totalWeight 100/],
    ['an unknown version', { weights: [{ podTemplateHash: 'ccc', weight: 100 }] }, /spec.services\[0\].weights: there is no backend ccc/],
    [
      'a pattern that is none',
      { routes: [{ name: 'qa', match: [{ headers: [{ name: 'x', regex: '(' }] }], podTemplateHash: 'bbb' }] },
      /routes\[0\].match\[0\].headers\[0\].regex/,
    ],
    [
      'a method’s pattern that is none',
      { routes: [{ name: 'qa', match: [{ method: { regex: '(' } }], podTemplateHash: 'bbb' }] },
      /routes\[0\].match\[0\].method/,
    ],
    ['a time that is none', { stickiness: { kind: 'cookie', ttl: 'long' } }, /stickiness.ttl: long is no time/],
    ['no object of that kind at all', { weights: undefined }, /cannot be read/],
  ]
  const first = tableOf({ ...release, trafficSplits: [good] })
  for (const [name, service, message] of rows) {
    const kept = tableOf({ ...release, trafficSplits: [bad(service)] }, {}, first)
    t.match(splitsOf(kept)[0], 'shop.web.80: aaa=95[10.0.0.1:8080] bbb=5', `${name}: the version before serves on`)
    t.match(kept.trafficSplits[0], { generation: 1, refused: { generation: 2 } }, `${name}: and that is reported`)
    t.match(refusalsOf(kept).join('\n'), message, name)
    const alone = tableOf({ ...release, trafficSplits: [bad(service)] })
    t.match(splitsOf(alone)[0], /^shop.web.80: web=1/, `${name}: without one before, its Services are served plainly`)
    t.match(alone.trafficSplits[0], { generation: 0, refused: { generation: 2 } }, `${name}: and no version is reported`)
    const another = { ...bad(service), metadata: { ...next, uid: 'another' } }
    t.match(
      splitsOf(tableOf({ ...release, trafficSplits: [another] }, {}, first))[0],
      /^shop.web.80: web=1/,
      `${name}: one of another object does not count`,
    )
  }
  t.end()
})

t.test('of two TrafficSplits for one Service the older governs it', (t) => {
  const old = trafficSplit([{ name: 'web', weights: weights(95, 5) }])
  const young = trafficSplit([{ name: 'web', weights: weights(0, 100) }], { name: 'other' })
  const table = tableOf({ ...release, trafficSplits: [young, old] })
  t.match(splitsOf(table)[0], 'shop.web.80: aaa=95')
  t.same(refusalsOf(table), ['TrafficSplit other spec.services: web is governed by TrafficSplit web, which is older'])
  t.same(
    table.trafficSplits.map(({ name, services }) => [name, services[0]!.splits]),
    [
      ['web', ['shop.web.80']],
      ['other', []],
    ],
  )
  t.end()
})

t.test('a TrafficSplit that no route leads to is reported as such', (t) => {
  const table = tableOf({ ...release, ingresses: [], trafficSplits: [trafficSplit([{ name: 'web', weights: weights(95, 5) }])] })
  t.same(table.routing, { routes: [], splits: [] })
  t.match(table.trafficSplits[0], { generation: 1, services: [{ name: 'web', splits: [] }] })
  t.end()
})

t.test('Services by their DNS names, where that is wanted', (t) => {
  const table = tableOf(
    { ...release, ingresses: [], trafficSplits: [trafficSplit([{ name: 'web', weights: weights(95, 5) }])] },
    { serviceDomain: 'cluster.local' },
  )
  t.same(routesOf(table), ['web.shop/ → shop.web.80', 'web.shop.svc/ → shop.web.80', 'web.shop.svc.cluster.local/ → shop.web.80'])
  t.end()
})

t.test('what has not changed is the same object in the next table', (t) => {
  const objects: Objects = {
    ...release,
    services: [...release.services, service('other')],
    trafficSplits: [trafficSplit([{ name: 'web', weights: weights(95, 5) }])],
  }
  const first = tableOf(objects)
  t.equal(tableOf(objects, {}, first).routing, first.routing, 'nothing has: the whole')
  t.equal(tableOf(objects, {}, first).trafficSplits, first.trafficSplits)
  const replaced = { ...objects, slices: objects.slices!.map((each) => ({ ...each })) }
  t.equal(tableOf(replaced, {}, first).routing, first.routing, 'other objects that say the same')
  const moved = tableOf({ ...objects, slices: [...objects.slices!, slice('web-canary', ['10.0.2.1'])] }, {}, first)
  t.equal(moved.routing.routes, first.routing.routes, 'endpoints have changed: the routes')
  t.equal(moved.routing.splits[0], first.routing.splits[0], 'and the splits that have others')
  t.not(moved.routing.splits[1], first.routing.splits[1])
  t.end()
})
