// Promise C6: of many who edit one object, nobody's edit is lost, and everybody comes to an end.
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { configMaps } from '../../src/kube/resource.ts'
import { lacksCluster, startCluster } from './cluster.ts'

type Counter = KubeObject & { readonly data?: Readonly<Record<string, string>> }

const edits = Number(process.env['EDITS'] ?? 1_000)
const ref = { namespace: 'default', name: 'counter' }
t.setTimeout(240_000)

t.test('two writers on a real API server', { skip: lacksCluster() }, async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.close())
  await cluster.client.create<Counter>(configMaps, { metadata: ref, data: { all: '0' } })
  let conflicts = 0

  /** Adds one to what is there: an edit that was lost would be missing from the sum. */
  async function edit(client: KubeClient, name: string): Promise<void> {
    for (;;) {
      const before = await client.get<Counter>(configMaps, ref)
      const count = (key: string): string => String(Number(before.data?.[key] ?? 0) + 1)
      try {
        await client.update<Counter>(configMaps, { ...before, data: { ...before.data, all: count('all'), [name]: count(name) } })
        return
      } catch (error) {
        if (!isKubeError(error, 'conflict')) throw error
        conflicts++
      }
    }
  }

  async function write(name: string): Promise<void> {
    const client = await cluster.clientAs(10_000)
    for (let i = 0; i < edits / 2; i++) await edit(client, name)
  }
  await Promise.all([write('first'), write('second')])
  const half = String(edits / 2)
  t.strictSame((await cluster.client.get<Counter>(configMaps, ref)).data, { all: String(edits), first: half, second: half })
  t.ok(conflicts > 0 && conflicts <= 2 * edits, `${conflicts} conflicts in ${edits} edits`)
  t.comment(`${conflicts} conflicts in ${edits} edits`)
})
