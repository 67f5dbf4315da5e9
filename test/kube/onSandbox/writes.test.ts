// Promises C6 and C7: what is written through refusals, broken connections and rivals is there in the end, once.
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import type { KubeClient } from '../../../src/kube/client.ts'
import { isKubeError } from '../../../src/kube/errors.ts'
import { configMaps } from '../../../src/kube/resource.ts'
import type { FaultEffect } from '../../../src/sandbox/apiserver/faults/fault.ts'
import { startScene } from './scene.ts'

type Data = KubeObject & { readonly data?: Readonly<Record<string, string>> }

/** 10,000 by hand. */
const edits = Number(process.env['EDITS'] ?? 240)
const ref = { namespace: 'default', name: 'shared' }
t.setTimeout(120_000 + edits * 100)

const onWrites: readonly FaultEffect[] = [
  { kind: 'refuse', code: 409 },
  { kind: 'refuse', code: 429, retryAfterSeconds: 0 },
  { kind: 'refuse', code: 500 },
  { kind: 'drop', when: 'before' },
  { kind: 'drop', when: 'after' },
  { kind: 'delay', ms: 5 },
]

t.test('C6 of those who edit one object nobody loses an edit, though half of all writes fail', async (t) => {
  const { server, client } = await startScene(t)
  server.cluster.create('configmaps', { metadata: ref })
  for (const effect of onWrites)
    server.faults.add({ match: { verbs: ['update'], resource: 'configmaps' }, occurrence: { kind: 'probability', probability: 0.12 }, effect })
  let writes = 0

  /** Reads before each try: a write without an answer may have taken effect. */
  async function edit(by: KubeClient, key: string): Promise<void> {
    for (;;) {
      try {
        const before = await by.get<Data>(configMaps, ref)
        if (before.data?.[key] !== undefined) return
        writes++
        await by.update<Data>(configMaps, { ...before, data: { ...before.data, [key]: 'x' } }, { once: true })
        return
      } catch (error) {
        if (!isKubeError(error, 'conflict', 'tooManyRequests', 'unavailable', 'noAnswer')) throw error
      }
    }
  }

  const names = ['first', 'second', 'third', 'fourth']
  await Promise.all(
    names.map(async (name) => {
      const own = await client()
      for (let i = 0; i < edits / names.length; i++) await edit(own, `${name}-${i}`)
    }),
  )
  const { data = {} } = server.cluster.find<Data>('configmaps', ref) ?? { metadata: ref }
  t.equal(Object.keys(data).length, edits, 'every edit is there')
  t.comment(`${writes} writes for ${edits} edits`)
})

/** The kind of a KubeError; what else goes wrong is thrown on. */
async function failure(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'none'
  } catch (error) {
    if (!isKubeError(error)) throw error
    return error.kind
  }
}

t.test('C7 who is refused with Retry-After comes back then; a write that was done is not done again', async (t) => {
  const { server, client } = await startScene(t)
  const own = await client()
  const create = { verbs: ['create'], resource: 'configmaps' }
  server.faults.add({ match: create, occurrence: { kind: 'first', count: 1 }, effect: { kind: 'refuse', code: 429, retryAfterSeconds: 1 } })
  const startedMs = performance.now()
  await own.create(configMaps, { metadata: { namespace: 'default', name: 'patient' } })
  const tookMs = performance.now() - startedMs
  t.ok(tookMs >= 1_000, `${Math.round(tookMs)} ms`)
  server.faults.clear()

  server.faults.add({ match: create, occurrence: { kind: 'first', count: 1 }, effect: { kind: 'drop', when: 'after' } })
  t.equal(await failure(own.create(configMaps, { metadata: { namespace: 'default', name: 'done', generateName: '' } })), 'noAnswer')
  t.equal(server.cluster.list('configmaps', { namespace: 'default' }).filter(({ metadata }) => metadata.name === 'done').length, 1, 'it took effect')
  server.faults.clear()

  server.faults.add({ match: create, occurrence: { kind: 'first', count: 1 }, effect: { kind: 'drop', when: 'before' } })
  t.equal(await failure(own.create(configMaps, { metadata: { namespace: 'default', name: 'lost' } })), 'noAnswer')
  t.equal(server.cluster.find('configmaps', { namespace: 'default', name: 'lost' }), undefined)
  t.equal(server.faults.reports()[0]?.matched, 1, 'and was not sent again by itself')
  server.faults.clear()

  server.faults.add({ match: { verbs: ['get'] }, occurrence: { kind: 'first', count: 2 }, effect: { kind: 'drop', when: 'before' } })
  t.equal((await own.get(configMaps, { namespace: 'default', name: 'done' })).metadata.name, 'done', 'a read is')
})
