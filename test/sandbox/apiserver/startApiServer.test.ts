import t from 'tap'
import { startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from './client.ts'

const server = await startApiServer()
t.teardown(() => server.stop())
const api = clientOf(server)
const configMaps = '/api/v1/namespaces/default/configmaps'

t.test('an object is created, read, replaced, patched and deleted', async (t) => {
  const made = await api.post(configMaps, { metadata: { name: 'a', labels: { app: 'shop' } }, data: { k: 'v' } })
  t.equal(made.code, 201)
  const { uid, resourceVersion, creationTimestamp } = made.body.metadata
  t.match(made.body, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'default' }, data: { k: 'v' } })
  t.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  t.match(creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  t.same((await api.get(`${configMaps}/a`)).body, made.body)

  const same = await api.put(`${configMaps}/a`, made.body)
  t.equal(same.body.metadata.resourceVersion, resourceVersion, 'an update that changes nothing writes nothing')
  const replaced = await api.put(`${configMaps}/a`, { metadata: { name: 'a' }, data: { k: 'w' } })
  t.match(replaced.body, { metadata: { uid, creationTimestamp }, data: { k: 'w' } })
  t.equal(replaced.body.metadata.labels, undefined)
  t.not(replaced.body.metadata.resourceVersion, resourceVersion)
  const late = await api.put(`${configMaps}/a`, made.body)
  t.equal(late.code, 409)
  const because = 'the object has been modified; please apply your changes to the latest version and try again'
  t.equal(late.body.message, `Operation cannot be fulfilled on configmaps "a": ${because}`)

  const patched = await api.merge(`${configMaps}/a`, { data: { k: null, n: 'm' } })
  t.same(patched.body.data, { n: 'm' })
  const gone = await api.delete(`${configMaps}/a`)
  t.same(gone.body, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid } })
  t.equal((await api.get(`${configMaps}/a`)).code, 404)
})

t.test('a list comes in pages that agree with each other', async (t) => {
  await api.post('/api/v1/namespaces', { metadata: { name: 'paged' } })
  const path = '/api/v1/namespaces/paged/configmaps'
  for (const name of ['e', 'a', 'd', 'b', 'c']) await api.post(path, { metadata: { name } })
  const first = await api.get(`${path}?limit=2`)
  t.same(
    first.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['a', 'b'],
  )
  t.equal(first.body.metadata.remainingItemCount, 3)
  await api.delete(`${path}/c`)
  await api.post(path, { metadata: { name: 'cc' } })
  const next = await api.get(`${path}?limit=2&continue=${first.body.metadata.continue}`)
  t.same(
    next.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['c', 'd'],
  )
  t.equal(next.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
  server.compact()
  const expired = await api.get(`${path}?limit=2&continue=${next.body.metadata.continue}`)
  t.equal(expired.code, 410)
  t.equal(expired.body.reason, 'Expired')
  const resumed = await api.get(`${path}?limit=2&continue=${expired.body.metadata.continue}`)
  t.same(
    resumed.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['e'],
  )
})

t.test('a watch tells what happens after the version it begins with, and of what leaves a selection', async (t) => {
  await api.post('/api/v1/namespaces', { metadata: { name: 'watched' } })
  const path = '/api/v1/namespaces/watched/configmaps'
  const { resourceVersion } = (await api.get(path)).body.metadata
  await api.post(path, { metadata: { name: 'a', labels: { in: 'yes' } } })
  const watch = await api.watch(`${path}?watch=true&resourceVersion=${resourceVersion}&labelSelector=in%3Dyes`)
  t.match(await watch.next(), { type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'a' } } })
  await api.merge(`${path}/a`, { data: { k: 'v' } })
  t.match(await watch.next(), { type: 'MODIFIED', object: { data: { k: 'v' } } })
  const left = await api.merge(`${path}/a`, { metadata: { labels: { in: 'no' } }, data: { k: 'w' } })
  const last = await watch.next()
  t.match(last, { type: 'DELETED', object: { data: { k: 'v' }, metadata: { labels: { in: 'yes' } } } })
  t.equal(last.object.metadata.resourceVersion, left.body.metadata.resourceVersion)
  await api.merge(`${path}/a`, { metadata: { labels: { in: 'yes' } } })
  t.match(await watch.next(), { type: 'ADDED' })
  await api.delete(`${path}/a`)
  t.match(await watch.next(), { type: 'DELETED', object: { data: { k: 'w' } } })
  watch.close()

  server.compact()
  const late = await api.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`)
  const error = await late.next()
  t.match(error, { type: 'ERROR', object: { code: 410, reason: 'Expired', message: /^too old resource version: \d+ \(\d+\)$/ } })
  t.equal(await late.next(), undefined)
})

t.test('a watch begins with the state where that is asked for, and says where it ends', async (t) => {
  const path = '/api/v1/namespaces?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1'
  const watch = await api.watch(path)
  const seen = []
  for (let event = await watch.next(); event !== undefined; event = await watch.next()) seen.push(event)
  t.same(
    seen.map(({ type }) => type),
    [...seen.slice(0, -1).map(() => 'ADDED'), 'BOOKMARK'],
  )
  t.match(seen.at(-1).object, { kind: 'Namespace', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } })
})
