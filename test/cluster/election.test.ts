// Promise C10: of two that want to lead, one does; a leader that was frozen does no harm when it wakes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { configMaps, leases } from '../../src/kube/resource.ts'
import { watch } from '../../src/kube/watch.ts'
import { type Cluster, lacksCluster, startCluster } from './cluster.ts'

type Led = KubeObject & { readonly data?: { readonly writer?: string } }

const leaseMs = 1_500
const trials = Number(process.env['TRIALS'] ?? 3)
const target = { namespace: 'default', name: 'led' }

t.setTimeout(120_000 + trials * 15_000)

async function startLeader(cluster: Cluster, name: string): Promise<{ readonly child: ChildProcess; readonly leads: Promise<unknown> }> {
  const script = new URL('./leader.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, cluster.kubeconfig, name, String(leaseMs)], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, leads: once(child.stdout!, 'data') }
}

t.test('leaders on a real API server', { skip: lacksCluster() }, async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.close())
  await cluster.client.create(configMaps, { metadata: target })

  for (let trial = 0; trial < trials; trial++)
    await t.test(`C10 trial ${trial}: a leader that is frozen beyond its lease writes nothing when it wakes`, async (t) => {
      const first = await startLeader(cluster, `first-${trial}`)
      await first.leads
      const second = await startLeader(cluster, `second-${trial}`)
      t.teardown(() => {
        for (const { child } of [first, second]) child.kill('SIGKILL')
      })
      await delay(Math.random() * 300)
      const stop = new AbortController()
      const writers: string[] = []
      const { resourceVersion = '' } = (await cluster.client.get(configMaps, target)).metadata
      const watching = (async () => {
        const events = watch<Led>(cluster.client, configMaps, { namespace: 'default', resourceVersion, timeoutS: 60, signal: stop.signal })
        for await (const event of events)
          if (event.kind === 'modified' && event.object.data?.writer !== undefined) writers.push(event.object.data.writer)
      })().catch((error: unknown) => {
        if (!stop.signal.aborted) throw error
      })
      first.child.kill('SIGSTOP')
      const frozenMs = performance.now()
      await second.leads
      const handOverMs = performance.now() - frozenMs
      await delay(300)
      const exit = once(first.child, 'exit')
      first.child.kill('SIGCONT')
      const [code] = await exit
      t.equal(code, 3, 'it ends, because it has lost the lease')
      await delay(200)
      const change = writers.indexOf(`second-${trial}`)
      t.ok(change >= 0, 'the second writes')
      t.notOk(writers.slice(change).includes(`first-${trial}`), 'the first does not any more')
      t.ok(handOverMs < leaseMs + 5_000, `handed over in ${Math.round(handOverMs)} ms`)
      stop.abort()
      await watching
      const done = once(second.child, 'exit')
      second.child.kill('SIGTERM')
      await done
      t.equal(
        (await cluster.client.get<KubeObject & { spec: { holderIdentity: string } }>(leases, { namespace: 'default', name: 'leader' })).spec
          .holderIdentity,
        '',
      )
    })
})
