import { once } from 'node:events'
import { request } from 'node:https'
import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../client.ts'

const path = '/api/v1/namespaces/default/configmaps'

t.test('a reader who is too slow is cut off, and others are not', async (t) => {
  const server = await startApiServer({ watches: { maxWaiting: 20 } })
  t.teardown(() => server.stop())
  const { url, caPem, adminToken, cluster } = server
  const watching = request(`${url}${path}?watch=true`, { ca: caPem, agent: false, headers: { Authorization: `Bearer ${adminToken}` } })
  watching.end()
  const [slow] = await once(watching, 'response')
  const quick = await clientOf(server).watch(`${path}?watch=true&fieldSelector=metadata.name=last`)
  const big = 'x'.repeat(200_000)
  // What the kernel takes for him is more than a little.
  for (let at = 0; at < 200; at++) {
    cluster.create('configmaps', { metadata: { name: `big-${at}`, namespace: 'default' }, data: { big } } as never)
    await new Promise(setImmediate)
  }
  cluster.create('configmaps', { metadata: { name: 'last', namespace: 'default' } })
  t.match(await quick.next(), { type: 'ADDED', object: { metadata: { name: 'last' } } })
  quick.close()
  let bytes = 0
  const read = async (): Promise<void> => {
    for await (const chunk of slow) bytes += chunk.length
  }
  await t.rejects(read(), { code: 'ECONNRESET' })
  t.ok(bytes < 200 * big.length, `${bytes} bytes came`)
})

t.test('bookmarks say how far a watch has come, also of what it does not tell', async (t) => {
  const server = await startApiServer({ watches: { bookmarkMs: 20 } })
  t.teardown(() => server.stop())
  const api = clientOf(server)
  const { resourceVersion } = (await api.get(path)).body.metadata
  const watch = await api.watch(`${path}?watch=true&resourceVersion=${resourceVersion}&allowWatchBookmarks=true&labelSelector=none`)
  const made = await api.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'other' } })
  for (;;) {
    const { type, object } = await watch.next()
    t.equal(type, 'BOOKMARK')
    if (object.metadata.resourceVersion === made.body.metadata.resourceVersion) break
  }
  watch.close()
})

t.test('a server that stops ends its watches', async (t) => {
  const server = await startApiServer()
  const watch = await clientOf(server).watch(`${path}?watch=true&resourceVersion=0`)
  const begun = performance.now()
  const rest = watch.next()
  await server.stop()
  t.equal(await rest, undefined)
  t.ok(performance.now() - begun < 1_500)
})
