import { configMap, configMaps, pod, pods } from '../objects.ts'
import { get, patch, post, rule, topic } from '../script.ts'

const create = (name: string, labels: Readonly<Record<string, string>> = {}): ReturnType<typeof post> =>
  post(configMaps, configMap(name, { v: name }, { labels }), { only: [] })
const selected = (selector: string): ReturnType<typeof get> =>
  get(`${configMaps}?labelSelector=${encodeURIComponent(selector)}`, {
    only: ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name', 'items.3.metadata.name', 'message', 'reason'],
  })
const byField = (selector: string, path = pods): ReturnType<typeof get> =>
  get(`${path}?fieldSelector=${encodeURIComponent(selector)}`, {
    only: ['items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name', 'message', 'reason', 'code'],
  })
const names = {
  only: ['metadata', 'items.0.metadata.name', 'items.1.metadata.name', 'items.2.metadata.name', 'items.3.metadata.name', 'items.4.metadata.name'],
}
const partial = { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json' } }

export const lists = topic('lists', [
  rule('nothing is an empty list', get(configMaps), get(pods)),
  rule(
    'objects come in the order of their names',
    create('b', { tier: 'web', colour: 'red' }),
    create('a', { tier: 'web', colour: 'blue' }),
    create('d', { tier: 'db' }),
    create('c', {}),
    create('e', { tier: '' }),
    get(configMaps),
  ),
  rule(
    'selectors by equality',
    selected('tier=web'),
    selected('tier==web'),
    selected('tier!=web'),
    selected('tier=web,colour=red'),
    selected('tier='),
  ),
  rule(
    'selectors by sets',
    selected('tier in (web,db)'),
    selected('tier notin (web)'),
    selected('tier'),
    selected('!tier'),
    selected('tier,colour notin (red)'),
    selected(' tier in ( web , db ) '),
  ),
  rule(
    'selectors that are none',
    selected('tier in ()'),
    selected('tier in web'),
    selected('=web'),
    selected('a=b=c'),
    selected('tier>web'),
    selected('-a=1'),
    selected('a=b c'),
    selected(','),
    selected('tier in (web'),
    selected('a=-'),
  ),
  rule(
    'order of numbers in selectors',
    patch('merge', `${configMaps}/a`, { metadata: { labels: { n: '5' } } }, { only: [] }),
    selected('n>4'),
    selected('n<4'),
    selected('n>5'),
  ),
  rule(
    'fields that ConfigMaps can be asked by',
    byField('metadata.name=a', configMaps),
    byField('metadata.name!=a', configMaps),
    byField('metadata.namespace={ns}', configMaps),
    byField('data.v=a', configMaps),
    byField('metadata.name', configMaps),
    byField('metadata.name in (a)', configMaps),
  ),
  rule(
    'fields that Pods can be asked by',
    post(pods, pod('p1', { nodeName: 'n1', restartPolicy: 'Never' }), { only: [] }),
    post(pods, pod('p2'), { only: [] }),
    byField('spec.nodeName=n1'),
    byField('spec.nodeName='),
    byField('status.phase=Pending'),
    byField('status.phase!=Pending'),
    byField('spec.restartPolicy=Never'),
    byField('spec.serviceAccountName=default'),
    byField('status.podIP='),
    byField('spec.schedulerName=default-scheduler,metadata.name=p2'),
    byField('spec.hostNetwork=false'),
    byField('spec.containers=1'),
  ),
  rule(
    'pages',
    get(`${configMaps}?limit=2`, { ...names, save: { continue: 'metadata.continue', version: 'metadata.resourceVersion' } }),
    create('bb'),
    get(`${configMaps}?limit=2&continue={continue}`, { ...names, save: { continue: 'metadata.continue' } }),
    get(`${configMaps}?limit=2&continue={continue}`, names),
    get(`${configMaps}?limit=6`, names),
    get(`${configMaps}?limit=1&labelSelector=tier`, { ...names, save: { continue: 'metadata.continue' } }),
    get(`${configMaps}?limit=1&labelSelector=tier&continue={continue}`, names),
    get(`${configMaps}?limit=500`, names),
  ),
  rule(
    'what is no page',
    get(`${configMaps}?continue=garbage`),
    get(`${configMaps}?limit=2&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0`),
    get(`${configMaps}?limit=-1`, { only: ['metadata.continue', 'message'] }),
    get(`${configMaps}?limit=x`),
    get(`${configMaps}?limit=2&continue={continue}&resourceVersion=5`),
  ),
  rule(
    'versions of lists',
    get(`${configMaps}?resourceVersion=0`, { only: ['kind'] }),
    get(`${configMaps}?resourceVersion={version}`, { only: ['kind'] }),
    get(`${configMaps}?resourceVersion={version}&resourceVersionMatch=NotOlderThan`, { only: ['kind'] }),
    get(`${configMaps}?resourceVersion={version}&resourceVersionMatch=Exact`, names),
    get(`${configMaps}?resourceVersion=abc`),
    get(`${configMaps}?resourceVersion=-1`),
    get(`${configMaps}?resourceVersionMatch=Exact`),
    get(`${configMaps}?resourceVersion=0&resourceVersionMatch=Exact`),
    get(`${configMaps}?resourceVersion={version}&resourceVersionMatch=Newest`),
    get(`${configMaps}?resourceVersion=0&limit=2`, { only: ['kind'] }),
    get(`${configMaps}/a?resourceVersion=0`, { only: ['kind'] }),
    get(`${configMaps}/a?resourceVersion=abc`),
  ),
  rule('a version that is not there yet', get(`${configMaps}?resourceVersion=99999999999`, { only: ['status', 'reason', 'details', 'code'] })),
  rule(
    'metadata alone',
    get(`${configMaps}?limit=1`, { ...partial, only: ['kind', 'apiVersion', 'items'] }),
    get(`${configMaps}/a`, { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } }),
    get(`${configMaps}/a`, { headers: { accept: 'application/json;as=Nothing;g=meta.k8s.io;v=v1' } }),
  ),
  rule(
    'across namespaces',
    get('/api/v1/configmaps?labelSelector=colour=red&fieldSelector=metadata.namespace={ns}'),
    get('/api/v1/pods?fieldSelector=metadata.namespace={ns}', { only: ['items.0.metadata.name', 'items.1.metadata.name'] }),
  ),
  rule(
    'forms that a server does not give',
    get(configMaps, { headers: { accept: 'text/plain' } }),
    get(configMaps, { headers: { accept: 'application/xml,*/*;q=0.1' }, only: ['kind'] }),
    get(configMaps, { headers: { accept: '*/*' }, only: ['kind'] }),
    get(configMaps, { headers: { accept: '' }, only: ['kind'] }),
  ),
  rule(
    'parameters that are no parameters',
    get(`${configMaps}?nothing=1`, { only: ['kind'] }),
    get(`${configMaps}?pretty=true&limit=1`, { only: ['kind'] }),
    get(`${configMaps}?watch=maybe&timeoutSeconds=1&labelSelector=none`),
    get(`${configMaps}?timeoutSeconds=x`),
  ),
])
