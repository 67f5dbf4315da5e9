// The same faults for our reflector and for the informer of @kubernetes/client-node: which of them misses the end of an object's life?
import { setTimeout as delay } from 'node:timers/promises'
import { KubeConfig, type KubernetesListObject, type KubernetesObject, makeInformer } from '@kubernetes/client-node'
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { openClient } from '../../src/kube/client.ts'
import { openReflector } from '../../src/kube/reflector.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { randomFrom } from '../edge/http/harness.ts'
import { startApiServer, things } from './apiServer.ts'

type Uids = { readonly added: Set<string>; readonly deleted: Set<string> }
const none = (): Uids => ({ added: new Set(), deleted: new Set() })
/** Those whose beginning was told, that are gone, and whose end was not. */
const missed = ({ added, deleted }: Uids, present: ReadonlySet<string>): number =>
  [...added].filter((uid) => !present.has(uid) && !deleted.has(uid)).length
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

t.test('C4 objects that go and come again while watches are cut: each end is told', async (t) => {
  t.comment(`seed ${seed}`)
  const random = randomFrom(seed)
  const server = await startApiServer()
  const stop = new AbortController()

  const transport = openTransport(server.connection)
  const ours = none()
  const client = openClient(transport, { perSecond: 10_000, burst: 10_000 })
  const reflector = openReflector<KubeObject>({ resource: things }, { client, times: { watchS: 5, backoff: { firstMs: 5, longestMs: 20 } } })
  reflector.store.subscribe(({ kind, object }) => {
    if (kind === 'added') ours.added.add(object.metadata.uid!)
    else if (kind === 'deleted') ours.deleted.add(object.metadata.uid!)
  })
  const run = reflector.run(stop.signal)

  const theirs = none()
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: server.connection.server, skipTLSVerify: true }, { name: 'u' })
  const path = '/apis/test.example/v1/things'
  const informer = makeInformer<KubernetesObject>(config, path, async () => {
    const answer = await fetch(server.connection.server + path)
    return (await answer.json()) as KubernetesListObject<KubernetesObject>
  })
  informer.on('add', ({ metadata }) => void theirs.added.add(metadata!.uid!))
  informer.on('delete', ({ metadata }) => void theirs.deleted.add(metadata!.uid!))
  informer.on('error', () => void setTimeout(() => !stop.signal.aborted && void informer.start(), 10))
  await informer.start()
  await reflector.synced(AbortSignal.timeout(10_000))

  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 10; i++) server.put(`thing-${i}`, { round })
    await delay(30)
    server.cut('reset')
    for (let i = random(3); i < 10; i += 1 + random(3)) server.remove(`thing-${i}`)
    for (let i = 0; i < 10; i++) server.put(`thing-${i}`, { round })
    if (random(2) === 0) server.compact()
  }
  const present = new Set(server.objects().map(({ metadata }) => metadata.uid!))
  const end = performance.now() + 10_000
  while (performance.now() < end && ![...present].every((uid) => ours.added.has(uid))) await delay(20)

  // As long again for the other, which begins anew a second after a cut.
  await delay(1_500)

  t.equal(missed(ours, present), 0, 'ours')
  t.equal([...present].filter((uid) => !ours.added.has(uid)).length, 0)
  t.comment(`ends untold by client-node's informer: ${missed(theirs, present)} of ${theirs.added.size} objects`)
  stop.abort()
  await informer.stop()
  await run
  await transport.close()
  await server.close()
})
