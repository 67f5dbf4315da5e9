import { configMap, configMaps, pod, pods } from '../objects.ts'
import { events, get, patch, post, remove, rule, topic, watch } from '../script.ts'

const create = (name: string, labels: Readonly<Record<string, string>> = {}): ReturnType<typeof post> =>
  post(configMaps, configMap(name, {}, { labels }), { only: [], save: { version: 'metadata.resourceVersion' } })
const change = (name: string, body: unknown): ReturnType<typeof patch> => patch('merge', `${configMaps}/${name}`, body, { only: [] })
const drop = (name: string): ReturnType<typeof remove> => remove(`${configMaps}/${name}`, undefined, { only: [] })
const now = get(`${configMaps}?limit=1`, { only: [], save: { now: 'metadata.resourceVersion' } })
const all = `${configMaps}?watch=1`
const streaming = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json' }
const partial = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json' }

export const watches = topic('watches', [
  rule(
    'writes come in their order',
    now,
    watch('w', `${all}&resourceVersion={now}`),
    create('a'),
    change('a', { data: { x: '1' } }),
    create('b'),
    change('b', { data: { x: '1' } }),
    drop('a'),
    create('a'),
    events('w', 6),
  ),
  rule(
    'a write that changes nothing is no event',
    now,
    watch('w', `${all}&resourceVersion={now}`),
    change('a', {}),
    change('a', { metadata: { labels: {} } }),
    change('b', { data: { x: '2' } }),
    events('w', 1),
  ),
  rule('without a version all that is there comes first', watch('w', all), events('w', 2), create('c'), events('w', 1)),
  rule('version 0 likewise', watch('w', `${all}&resourceVersion=0`), events('w', 3), drop('c'), events('w', 1)),
  rule('from an earlier version what came since', watch('w', `${all}&resourceVersion={now}`), events('w', 3)),
  rule(
    'objects come into a label selector and leave it',
    now,
    watch('w', `${all}&resourceVersion={now}&labelSelector=in=yes`),
    create('s'),
    change('s', { metadata: { labels: { in: 'yes' } } }),
    change('s', { data: { x: '1' } }),
    change('s', { metadata: { labels: { in: 'no' } } }),
    change('s', { data: { x: '2' } }),
    change('s', { metadata: { labels: { in: 'yes' } } }),
    drop('s'),
    events('w', 5),
  ),
  rule(
    'objects come into a field selector and leave it',
    watch('w', `${pods}?watch=1&fieldSelector=status.phase=Running`),
    post(pods, pod('p'), { only: [] }),
    patch('merge', `${pods}/p/status`, { status: { phase: 'Running' } }, { only: [] }),
    patch('merge', `${pods}/p/status`, { status: { phase: 'Succeeded' } }, { only: [] }),
    events('w', 2),
  ),
  rule(
    'one object is watched by its name',
    watch('w', `${all}&fieldSelector=metadata.name=b`),
    create('d'),
    change('b', { data: { x: '3' } }),
    events('w', 2),
  ),
  rule(
    'the path that watches were asked by first',
    watch('w', '/api/v1/watch/namespaces/{ns}/configmaps?fieldSelector=metadata.name=b'),
    events('w', 1),
    watch('w', '/api/v1/watch/namespaces/{ns}/configmaps/b'),
    events('w', 1),
  ),
  rule('a list that comes as events ends with a bookmark', watch('w', `${all}&${streaming}`), events('w', 4), create('e'), events('w', 1)),
  rule('a list that comes as events, of nothing', watch('w', `${all}&${streaming}&labelSelector=none`), events('w', 1)),
  rule('a list that comes as events, since a version', create('f'), watch('w', `${all}&${streaming}&resourceVersion={version}`), events('w', 6)),
  rule(
    'a list that comes as events wants its parameters',
    get(`${all}&sendInitialEvents=true`),
    get(`${all}&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1`),
    get(`${configMaps}?sendInitialEvents=true`),
    get(`${all}&resourceVersionMatch=NotOlderThan`),
    get(`${all}&sendInitialEvents=maybe`),
  ),
  rule('a watch ends after the time that it was given', watch('w', `${all}&timeoutSeconds=1&fieldSelector=metadata.name=b`), events('w', 'all')),
  rule(
    'bookmarks come before the end',
    watch('w', `${all}&timeoutSeconds=4&allowWatchBookmarks=true&fieldSelector=metadata.name=b`),
    events('w', 'all'),
  ),
  rule('a version that was forgotten is gone', watch('w', `${all}&resourceVersion=1`), events('w', 'all')),
  rule('versions that are none', get(`${all}&resourceVersion=abc&timeoutSeconds=1`), get(`${all}&resourceVersion=-5&timeoutSeconds=1`)),
  rule('rows of a table', watch('w', `${all}&fieldSelector=metadata.name=b`, table), change('b', { data: { y: '1' } }), drop('b'), events('w', 3)),
  rule('metadata alone', watch('w', `${all}&fieldSelector=metadata.name=d`, partial), events('w', 1)),
  rule(
    'a watch as YAML, or of nothing',
    watch('w', `${all}&timeoutSeconds=1`, { accept: 'application/yaml' }),
    get('/api/v1/namespaces/{ns}/nothings?watch=1'),
  ),
  rule(
    'objects that wait for their finalizers',
    watch('w', `${all}&fieldSelector=metadata.name=held`),
    post(configMaps, configMap('held', {}, { finalizers: ['example.com/x'] }), { only: [] }),
    drop('held'),
    change('held', { metadata: { finalizers: null } }),
    events('w', 3),
  ),
  rule(
    'a watch from a version to come waits',
    create('g'),
    watch('w', `${all}&resourceVersion={version}&labelSelector=late=1`),
    create('h', { late: '1' }),
    events('w', 1),
  ),
])
