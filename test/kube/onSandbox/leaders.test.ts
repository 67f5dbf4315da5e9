// Promise C10: whatever happens to their requests, who has lost the lease writes nothing after who has won it.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import type { KubeClient } from '../../../src/kube/client.ts'
import { type Leadership, NotLeading, runElected } from '../../../src/kube/election.ts'
import { isKubeError } from '../../../src/kube/errors.ts'
import { configMaps } from '../../../src/kube/resource.ts'
import type { FaultEffect } from '../../../src/sandbox/apiserver/faults/fault.ts'
import { startScene } from './scene.ts'

type Led = KubeObject & { readonly data?: { readonly writer?: string } }

/** Terms of office; 1,000 by hand. */
const trials = Number(process.env['TRIALS'] ?? 10)
const leaseMs = 250
const target = { namespace: 'default', name: 'led' }
t.setTimeout(60_000 + trials * 4_000)

const effects: readonly FaultEffect[] = [
  { kind: 'delay', ms: 120 },
  { kind: 'delay', ms: 400 },
  { kind: 'drop', when: 'before' },
  { kind: 'drop', when: 'after' },
  { kind: 'refuse', code: 409 },
  { kind: 'refuse', code: 500 },
]

/** Writes as fast as it may, with the time between decision and write in which it would be bad to be late. */
async function lead(client: KubeClient, identity: string, leadership: Leadership, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { metadata } = await client.get(configMaps, target, { once: true, signal: leadership.guard() })
      await delay(3)
      const body = { metadata: { resourceVersion: metadata.resourceVersion }, data: { writer: identity } }
      await client.patch(configMaps, target, { kind: 'merge', body }, { once: true, signal: leadership.guard() })
    } catch (error) {
      if (!isKubeError(error) && !(error instanceof Error && ['NotLeading', 'TimeoutError', 'AbortError'].includes(error.name))) throw error
      await delay(3)
    }
  }
}

t.test('C10 two who want to lead, through faults on every request', async (t) => {
  const { server, client, below } = await startScene(t)
  server.cluster.create('configmaps', { metadata: target })
  const writers: string[] = []
  const stop = new AbortController()
  const done = Promise.withResolvers<void>()
  t.teardown(
    server.cluster.follow(['configmaps'], ({ type, object }) => {
      const writer = (object as Led).data?.writer
      if (type !== 'MODIFIED' || writer === undefined || writers.at(-1) === writer) return
      writers.push(writer)
      if (writers.length >= trials) done.resolve()
    }),
  )
  for (const effect of effects)
    for (const resource of ['leases.coordination.k8s.io', 'configmaps'])
      server.faults.add({ match: { resource }, occurrence: { kind: 'probability', probability: 0.08 }, effect })

  /** One term after the other, each under a name of its own. */
  async function run(name: string): Promise<void> {
    const own = await client()
    for (let term = 0; !stop.signal.aborted; term++) {
      const identity = `${name}-${term}`
      const times = { leaseMs, renewDeadlineMs: leaseMs * 0.66, retryMs: leaseMs * 0.13 }
      // Some give it back of their own will, the others lose it.
      const enough = below(3) === 0 ? AbortSignal.any([stop.signal, AbortSignal.timeout(300 + below(500))]) : stop.signal
      try {
        const options = { client: own, lease: { namespace: 'default', name: 'leader' }, identity, times }
        await runElected(options, enough, (leadership, signal) => lead(own, identity, leadership, signal))
      } catch (error) {
        if (!(error instanceof NotLeading) && !enough.aborted) throw error
      }
    }
  }

  const runs = Promise.all([run('first'), run('second')])
  await Promise.race([done.promise, runs])
  stop.abort()
  await runs
  t.equal(new Set(writers).size, writers.length, 'no name comes again once another has come')
  t.ok(writers.length >= trials, `${writers.length} terms`)
})
