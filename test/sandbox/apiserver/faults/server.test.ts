import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../client.ts'

const server = await startApiServer({ faultSeed: 7 })
t.teardown(() => server.stop())
const api = clientOf(server)
const path = '/api/v1/namespaces/default/configmaps'
const resource = 'configmaps'

t.beforeEach(() => server.faults.clear())

t.test('refusals', async (t) => {
  for (const [code, reason] of [
    [409, 'Conflict'],
    [410, 'Expired'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
  ] as const) {
    server.faults.add({ match: { resource, verbs: ['list'] }, occurrence: { kind: 'first', count: 1 }, effect: { kind: 'refuse', code } })
    const answer = await api.get(path)
    t.equal(answer.code, code)
    t.equal(answer.body.reason, reason)
    if (code === 429) t.equal(answer.headers['retry-after'], '1')
    t.equal((await api.get(path)).code, 200)
  }
})

t.test('a connection that breaks before the write, and one that breaks after it', async (t) => {
  for (const [when, code] of [
    ['before', 404],
    ['after', 200],
  ] as const) {
    server.faults.clear()
    server.faults.add({ match: { resource, verbs: ['create'] }, effect: { kind: 'drop', when } })
    await t.rejects(api.post(path, { metadata: { name: `dropped-${when}` } }))
    t.equal((await api.get(`${path}/dropped-${when}`)).code, code)
  }
})

t.test('a delay, and answers from the past', async (t) => {
  await api.post(path, { metadata: { name: 'past' }, data: { k: '1' } })
  await api.merge(`${path}/past`, { data: { k: '2' } })
  server.faults.add({ match: { name: 'past' }, effect: { kind: 'stale', revisions: 1 } })
  server.faults.add({ match: { name: 'past' }, effect: { kind: 'delay', ms: 30 } })
  const begun = performance.now()
  t.same((await api.get(`${path}/past`)).body.data, { k: '1' })
  t.ok(performance.now() - begun >= 29)
  server.faults.clear()
  server.faults.add({ match: { verbs: ['list'] }, effect: { kind: 'stale', revisions: 2 } })
  const listed = (await api.get(path)).body
  t.notOk(listed.items.some((item: { metadata: { name: string } }) => item.metadata.name === 'past'))
  server.faults.clear()
  t.ok(Number(listed.metadata.resourceVersion) + 2 === Number((await api.get(path)).body.metadata.resourceVersion))
})

t.test('watches that are cut, fall silent, repeat themselves, or are late', async (t) => {
  const begin = async () => api.watch(`${path}?watch=true&resourceVersion=${(await api.get(path)).body.metadata.resourceVersion}&timeoutSeconds=1`)
  const touch = (name: string) => api.post(path, { metadata: { name } })

  server.faults.add({ match: { resource, verbs: ['watch'] }, effect: { kind: 'cutWatch', afterEvents: 1 } })
  const cut = await begin()
  await touch('cut-1')
  t.match(await cut.next(), { type: 'ADDED', object: { metadata: { name: 'cut-1' } } })
  await t.rejects(cut.next(), 'the connection breaks')

  server.faults.clear()
  server.faults.add({ match: { resource, verbs: ['watch'] }, effect: { kind: 'repeatEvents', every: 2 } })
  const repeated = await begin()
  for (const name of ['twice-1', 'twice-2']) await touch(name)
  const names = [await repeated.next(), await repeated.next(), await repeated.next()].map(({ object }) => object.metadata.name)
  t.same(names, ['twice-1', 'twice-2', 'twice-2'])
  repeated.close()

  server.faults.clear()
  server.faults.add({ match: { resource, verbs: ['watch'] }, effect: { kind: 'holdEvents', ms: 200 } })
  const late = await begin()
  const secrets = await api.watch('/api/v1/secrets?watch=true&timeoutSeconds=1')
  await touch('late')
  await api.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'soon' } })
  const order: string[] = []
  await Promise.all([late.next().then(() => order.push('configmap')), secrets.next().then(() => order.push('secret'))])
  t.same(order, ['secret', 'configmap'], 'the later write is told first')
  late.close()
  secrets.close()

  server.faults.clear()
  server.faults.add({ match: { resource, verbs: ['watch'] }, effect: { kind: 'silenceWatch', afterEvents: 0 } })
  const silent = await begin()
  await touch('unheard')
  const heard = silent.next().then(
    () => 'something',
    () => 'something',
  )
  const nothing = new Promise((resolve) => setTimeout(() => resolve('nothing'), 1_300))
  t.equal(await Promise.race([heard, nothing]), 'nothing', 'not even the end after timeoutSeconds')
  silent.close()
})

t.test('the endpoint for tests in other processes', async (t) => {
  const endpoint = '/sandbox/v1/faults'
  const made = await api.post(endpoint, { match: { resource, verbs: ['get'] }, effect: { kind: 'refuse', code: 500 } })
  t.equal(made.code, 201)
  t.equal((await api.get(`${path}/x`)).code, 500)
  t.match((await api.get(endpoint)).body, { seed: 7, faults: [{ id: made.body.id, matched: 1, hit: 1, effect: { code: 500 } }] })
  t.equal((await api.post(endpoint, { effect: {} })).code, 400)
  t.equal((await api.delete(`${endpoint}/nope`)).code, 404)
  t.same((await api.delete(`${endpoint}/${made.body.id}`)).body.faults, [])
  t.equal((await api.get(`${path}/x`)).code, 404)
  t.equal((await clientOf({ ...server, adminToken: 'other' }).get(endpoint)).code, 401)
})
