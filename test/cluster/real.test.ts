// Against a real API server: what the client, the reflector and the election believe of Kubernetes.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { isKubeError, type KubeErrorKind } from '../../src/kube/errors.ts'
import { openReflector } from '../../src/kube/reflector.ts'
import { configMaps, deployments, namespaces, pods } from '../../src/kube/resource.ts'
import { watch } from '../../src/kube/watch.ts'
import { randomFrom } from '../edge/http/harness.ts'
import { lacksCluster, startCluster } from './cluster.ts'

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

const skip = lacksCluster()
t.setTimeout(240_000)

async function kindOf(work: Promise<unknown>): Promise<KubeErrorKind | 'done'> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (isKubeError(error)) return error.kind
    throw error
  }
}

t.test('a real API server', { skip }, async (t) => {
  // Old versions are forgotten within seconds, so that 410 comes as it does after hours.
  const cluster = await startCluster(['--etcd-compaction-interval=1s'])
  t.teardown(() => cluster.close())
  const { client } = cluster
  const at = { namespace: 'default', name: 'one' }
  const one: ConfigMap = { metadata: at, data: { a: '1' } }

  await t.test('objects are created, read, replaced, patched in every way, and deleted', async (t) => {
    const created = await client.create(configMaps, one)
    t.match(created, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { uid: String }, data: { a: '1' } })
    const updated = await client.update(configMaps, { ...created, data: { a: '2' } })
    t.strictSame((await client.get<ConfigMap>(configMaps, at)).data, { a: '2' })
    t.equal(await kindOf(client.update(configMaps, created)), 'conflict', 'by what is not the present version')
    t.strictSame((await client.patch<ConfigMap>(configMaps, at, { kind: 'merge', body: { data: { b: '3', a: null } } })).data, { b: '3' })
    t.strictSame((await client.patch<ConfigMap>(configMaps, at, { kind: 'json', body: [{ op: 'replace', path: '/data/b', value: '4' }] })).data, {
      b: '4',
    })
    t.equal(await kindOf(client.patch(configMaps, at, { kind: 'json', body: [{ op: 'test', path: '/data/b', value: 'x' }] })), 'invalid')
    t.strictSame((await client.patch<ConfigMap>(configMaps, at, { kind: 'strategic', body: { data: { c: '5' } } })).data, { b: '4', c: '5' })
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { b: 'mine' } }
    t.equal(await kindOf(client.patch(configMaps, at, { kind: 'apply', body }, { fieldManager: 'me' })), 'conflict', "over another's field")
    t.match(await client.patch(configMaps, at, { kind: 'apply', body, force: true }, { fieldManager: 'me' }), { data: { b: 'mine', c: '5' } })
    t.match(await client.create(configMaps, { metadata: { ...at, name: 'dry' } }, { dryRun: true }), { metadata: { name: 'dry' } })
    t.equal(await kindOf(client.get(configMaps, { ...at, name: 'dry' })), 'notFound')
    t.equal(await kindOf(client.delete(configMaps, at, { preconditions: { uid: 'another' } })), 'conflict')
    t.equal(await kindOf(client.delete(configMaps, at, { preconditions: { uid: updated.metadata.uid! } })), 'done')
    t.equal(await kindOf(client.get(configMaps, at)), 'notFound')
  })

  await t.test('errors tell what is wrong', async (t) => {
    await client.create(configMaps, one)
    t.equal(await kindOf(client.create(configMaps, one)), 'alreadyExists')
    const invalid = await client.create(deployments, { metadata: { namespace: 'default', name: 'Bad Name' } }).catch((error: unknown) => error)
    t.ok(isKubeError(invalid, 'invalid') && invalid.causes.some(({ field }) => field === 'metadata.name') && invalid.message.includes('Bad Name'))
    t.equal(await kindOf(client.create(configMaps, { metadata: { namespace: 'nowhere', name: 'x' } })), 'notFound')
    t.equal(await kindOf(client.read('/apis/nothing.example/v1')), 'notFound')
    t.equal(await kindOf(client.patch(configMaps, at, { kind: 'merge', body: 'no object' })), 'badRequest')
    t.equal(await kindOf(client.list(pods, { namespace: 'default', continue: 'garbage' })), 'badRequest')
  })

  await t.test('scale and status are subresources', async (t) => {
    const container = { name: 'c', image: 'none' }
    const spec = {
      replicas: 1,
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
    }
    const ref = { namespace: 'default', name: 'web' }
    await client.create(deployments, { metadata: ref, spec } as KubeObject)
    const patched = await client.patch(deployments, ref, { kind: 'merge', body: { spec: { replicas: 3 } } }, { subresource: 'scale' })
    t.match(patched, { kind: 'Scale', spec: { replicas: 3 } })
    t.match(await client.get(deployments, ref, { subresource: 'scale' }), { spec: { replicas: 3 } })
    await client.delete(deployments, ref, { propagationPolicy: 'Foreground' })
  })

  await t.test('lists come by pages, all of one moment', async (t) => {
    await client.create(namespaces, { metadata: { name: 'many' } })
    await Promise.all(Array.from({ length: 120 }, (_, i) => client.create(configMaps, { metadata: { namespace: 'many', name: `m-${i}` } })))
    const first = await client.list(configMaps, { namespace: 'many', limit: 50 })
    await client.create(configMaps, { metadata: { namespace: 'many', name: 'later' } })
    const second = await client.list(configMaps, { namespace: 'many', limit: 500, continue: first.continue! })
    t.equal(first.items.length, 50)
    t.equal(second.resourceVersion, first.resourceVersion)
    t.notOk(second.items.some(({ metadata }) => metadata.name === 'later'))
  })

  await t.test('C5 a version that was compacted away is gone', async (t) => {
    const { resourceVersion } = await client.list(configMaps, { namespace: 'many' })
    const end = performance.now() + 60_000
    let kind: string = 'done'
    while (kind !== 'gone' && performance.now() < end) {
      await client.patch(configMaps, at, { kind: 'merge', body: { data: { tick: String(performance.now()) } } })
      await delay(500)
      kind = await kindOf(client.list(configMaps, { namespace: 'many', resourceVersion, resourceVersionMatch: 'Exact', limit: 10, once: true }))
    }
    t.equal(kind, 'gone')
  })

  await t.test('C5 a reflector outlives its server, killed and begun anew under writes', async (t) => {
    const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`seed ${seed}`)
    const random = randomFrom(seed)
    const reading = new AbortController()
    const writingStop = new AbortController()
    const writer = await cluster.clientAs(1_000)
    const reflector = openReflector<ConfigMap>(
      { resource: configMaps, namespace: 'many', indexes: { colour: ({ data }) => (data?.['colour'] === undefined ? [] : [data['colour']]) } },
      { client, times: { watchS: 10, backoff: { firstMs: 50, longestMs: 500 } } },
    )
    const run = reflector.run(reading.signal)
    await reflector.synced(AbortSignal.timeout(20_000))
    t.ok(reflector.store.size > 120)
    const { resourceVersion: early } = await client.list(configMaps, { namespace: 'many', limit: 1 })
    const writing = (async () => {
      while (!writingStop.signal.aborted) {
        const ref = { namespace: 'many', name: `m-${random(150)}` }
        const colour = `c${random(5)}`
        const work =
          random(4) === 0
            ? writer.delete(configMaps, ref)
            : writer.patch(
                configMaps,
                ref,
                { kind: 'apply', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data: { colour } } },
                { fieldManager: 'test' },
              )
        await work.catch((error: unknown) => {
          if (!isKubeError(error)) throw error
        })
        await delay(5)
      }
    })()
    for (let round = 0; round < 2; round++) {
      await delay(500)
      await cluster.killServer()
      await delay(300)
      await cluster.restartServer()
    }
    await delay(500)
    const text = (objects: Iterable<ConfigMap>): string =>
      JSON.stringify([...objects].map(({ metadata, data }) => [metadata.name, metadata.resourceVersion, data]).sort())
    writingStop.abort()
    await writing
    const there = (await client.list<ConfigMap>(configMaps, { namespace: 'many' })).items
    const end = performance.now() + 20_000
    while (text(reflector.store.values()) !== text(there) && performance.now() < end) await delay(20)
    t.equal(text(reflector.store.values()), text(there))
    t.equal(reflector.store.by('colour', 'c1').length, there.filter(({ data }) => data?.['colour'] === 'c1').length)
    const events = watch(client, configMaps, { namespace: 'many', resourceVersion: early, timeoutS: 5, signal: AbortSignal.timeout(10_000) })
    t.equal(await kindOf(events.next()), 'gone', 'for watches too, of a server that was not there')
    reading.abort()
    await run
  })
})
