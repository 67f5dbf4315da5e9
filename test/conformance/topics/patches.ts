import { configMap, configMaps, deployment, deployments, pod, pods, service, services } from '../objects.ts'
import { get, patch, post, rule, send, topic } from '../script.ts'

const one = `${configMaps}/one`
const web = `${deployments}/web`
const merge = (body: unknown, path = one): ReturnType<typeof patch> => patch('merge', path, body)
const json = (...body: readonly unknown[]): ReturnType<typeof patch> => patch('json', one, body)
const strategic = (body: unknown, path = web): ReturnType<typeof patch> =>
  patch('strategic', path, body, {
    only:
      path === web
        ? ['message', 'reason', 'metadata.generation', 'spec.replicas', 'spec.strategy', 'spec.template']
        : ['message', 'reason', 'metadata', 'spec', 'data'],
  })
const template = (spec: unknown): unknown => ({ spec: { template: { spec } } })
const typed = (type: string): { readonly headers: Readonly<Record<string, string>> } => ({ headers: { 'content-type': type } })

export const patches = topic('patches', [
  rule(
    'prepared',
    post(configMaps, configMap('one', { a: '1', b: '2' }, { labels: { l: '1' } })),
    post(
      deployments,
      deployment('web', {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'main',
                image: 'shop:1',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '2' },
                ],
                ports: [{ containerPort: 80, name: 'http' }],
              },
              { name: 'side', image: 'log:1' },
            ],
            tolerations: [{ key: 'a', operator: 'Exists' }],
          },
        },
      }),
      { only: [] },
    ),
    post(
      services,
      service('web', {
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81, protocol: 'UDP' },
        ],
        clusterIP: 'None',
      }),
      { only: [] },
    ),
  ),
  rule(
    'merge patches set, add and remove',
    merge({ data: { a: '3' } }),
    merge({ data: { c: '4', b: null } }),
    merge({ data: null }),
    merge({ data: { a: '1', b: '2', nothing: null } }),
    merge({}),
    merge({ metadata: { labels: { l: null, m: '1' }, annotations: { x: 'y' } } }),
  ),
  rule(
    'merge patches that cannot be',
    merge('no object'),
    merge([]),
    merge('[1]'),
    merge('{'),
    merge(null),
    merge('"text"'),
    merge({ data: { a: 1 } }),
    merge({ data: 'text' }),
    merge({ nothing: 1 }),
    merge({ metadata: null }),
    merge({ data: { 'a/b': '1' } }),
    merge(''),
  ),
  rule(
    'a merge patch may ask for a version',
    merge({ metadata: { resourceVersion: '1' }, data: { a: '9' } }),
    get(one, { save: { version: 'metadata.resourceVersion' }, only: [] }),
    merge({ metadata: { resourceVersion: '{version}' }, data: { a: '9' } }),
    merge({ metadata: { resourceVersion: 'abc' } }),
  ),
  rule(
    'JSON patches by operation',
    json({ op: 'add', path: '/data/c', value: '1' }),
    json({ op: 'replace', path: '/data/c', value: '2' }),
    json({ op: 'copy', from: '/data/c', path: '/data/d' }),
    json({ op: 'move', from: '/data/d', path: '/data/e' }),
    json({ op: 'test', path: '/data/e', value: '2' }),
    json({ op: 'remove', path: '/data/e' }),
    json({ op: 'add', path: '/metadata/labels/example.com~1x', value: '1' }),
    json({ op: 'test', path: '/data/c', value: '2' }, { op: 'add', path: '/data/f', value: 'g' }),
  ),
  rule(
    'JSON patches that cannot be',
    json({ op: 'remove', path: '/data/zz' }),
    json({ op: 'replace', path: '/data/zz', value: '1' }),
    json({ op: 'test', path: '/data/c', value: 'no' }),
    json({ op: 'add', path: '/no/such/way', value: '1' }),
    json({ op: 'copy', from: '/data/zz', path: '/data/y' }),
    json({ op: 'nothing', path: '/data/c' }),
    json({ op: 'add', path: 'data/c', value: '1' }),
    json({ op: 'add', path: '/data/n', value: 1 }),
    json({ path: '/data/c' }),
    json(),
    patch('json', one, {}),
    patch('json', one, '[{'),
    json({ op: 'add', path: '/metadata/name', value: 'x' }),
  ),
  rule(
    'JSON patches of lists',
    patch('json', web, [{ op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'last', image: 'x' } }], {
      only: ['spec.template.spec.containers.2.name'],
    }),
    patch('json', web, [{ op: 'remove', path: '/spec/template/spec/containers/2' }], { only: ['spec.template.spec.containers.2'] }),
    patch('json', web, [{ op: 'remove', path: '/spec/template/spec/containers/7' }]),
    patch('json', web, [{ op: 'add', path: '/spec/template/spec/containers/x', value: {} }]),
  ),
  rule(
    'strategic patches merge lists by key',
    strategic(template({ containers: [{ name: 'main', image: 'shop:2' }] })),
    strategic(
      template({
        containers: [
          {
            name: 'main',
            env: [
              { name: 'B', value: '3' },
              { name: 'C', value: '4' },
            ],
          },
        ],
      }),
    ),
    strategic(template({ containers: [{ name: 'new', image: 'x' }] })),
    strategic(template({ containers: [{ name: 'new', $patch: 'delete' }] })),
    strategic(template({ containers: [{ name: 'main', env: [{ name: 'A', $patch: 'delete' }] }] })),
    strategic(template({ containers: [{ name: 'main', ports: [{ containerPort: 81 }] }] })),
  ),
  rule(
    'strategic patches replace where they say so',
    strategic(template({ tolerations: [{ key: 'b', operator: 'Exists' }] })),
    strategic(template({ containers: [{ name: 'main', image: 'shop:3' }, { $patch: 'replace' }] })),
    strategic({ spec: { strategy: { $patch: 'replace', type: 'Recreate' } } }),
    strategic({ spec: { strategy: { $retainKeys: ['type'], type: 'RollingUpdate' } } }),
    strategic({ metadata: { annotations: { a: '1' } } }),
  ),
  rule(
    'strategic patches order and delete',
    strategic(
      template({
        containers: [
          { name: 'a', image: 'a' },
          { name: 'b', image: 'b' },
        ],
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'main' }, { name: 'a' }],
      }),
    ),
    strategic(template({ '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }, { name: 'main' }] })),
    patch('merge', `${configMaps}/one`, { metadata: { finalizers: ['example.com/a', 'example.com/b'] } }, { only: ['metadata.finalizers'] }),
    strategic({ metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } }, one),
    strategic({ metadata: { finalizers: ['example.com/c'] } }, one),
    strategic({ metadata: { finalizers: null } }, one),
  ),
  rule(
    'strategic patches that cannot be',
    strategic(template({ containers: [{ image: 'x' }] })),
    strategic(template({ containers: 'text' })),
    strategic({ spec: { $patch: 'nothing' } }),
    strategic('['),
    strategic({ spec: { selector: { matchLabels: { app: 'other' } } } }),
    strategic({ spec: { replicas: 'many' } }),
    strategic({ spec: { nothing: 1 } }),
  ),
  rule(
    'ports of Services merge by number',
    strategic({ spec: { ports: [{ port: 80, name: 'web' }] } }, `${services}/web`),
    strategic({ spec: { ports: [{ port: 81, $patch: 'delete' }] } }, `${services}/web`),
    strategic({ spec: { selector: { tier: 'x' } } }, `${services}/web`),
  ),
  rule(
    'patches of Pods',
    post(pods, pod('p'), { only: [] }),
    patch(
      'strategic',
      `${pods}/p`,
      { spec: { containers: [{ name: 'main', image: 'shop:2' }] } },
      { only: ['spec.containers', 'metadata.generation'] },
    ),
    patch('merge', `${pods}/p`, { spec: { nodeName: 'n' } }),
    patch('strategic', `${pods}/p`, { spec: { activeDeadlineSeconds: 5 } }, { only: ['spec.activeDeadlineSeconds'] }),
    patch(
      'strategic',
      `${pods}/p`,
      { spec: { containers: [{ name: 'main', command: ['x'] }] } },
      { only: ['reason', 'details.causes.0.field', 'details.causes.0.reason'] },
    ),
  ),
  rule(
    'patches of what is not there',
    merge({ data: {} }, `${configMaps}/missing`),
    patch('strategic', `${configMaps}/missing`, {}),
    patch('json', `${configMaps}/missing`, []),
  ),
  rule(
    'content types',
    send('PATCH', one, { body: {}, ...typed('application/json') }),
    send('PATCH', one, { body: {}, ...typed('text/plain') }),
    send('PATCH', one, { body: {}, ...typed('') }),
    send('PATCH', one, { body: { data: { t: '1' } }, ...typed('application/merge-patch+json; charset=utf-8'), only: ['data.t', 'message'] }),
    send('PATCH', one, { body: '{}', ...typed('application/merge-patch+yaml') }),
  ),
  rule('dry', patch('merge', `${one}?dryRun=All`, { data: { dry: '1' } }), get(one), patch('merge', `${one}?dryRun=Some`, { data: { dry: '1' } })),
  rule(
    'field managers are told',
    patch('merge', `${one}?fieldManager=someone`, { data: { by: 'someone' } }),
    patch('merge', `${one}?fieldManager=${'x'.repeat(129)}`, { data: { by: 'x' } }),
    patch('merge', `${one}?force=true`, { data: { by: 'x' } }),
  ),
])
