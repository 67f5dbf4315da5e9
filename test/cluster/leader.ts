// Leads, and while it does writes its name into an object as fast as it may. Usage: node leader.ts KUBECONFIG NAME LEASE_MS
import { setTimeout as delay } from 'node:timers/promises'
import { openClient } from '../../src/kube/client.ts'
import { openConnection } from '../../src/kube/connection.ts'
import { runElected } from '../../src/kube/election.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { configMaps } from '../../src/kube/resource.ts'
import { openTransport } from '../../src/kube/transport.ts'

const [path = '', identity = '', lease = ''] = process.argv.slice(2)
const leaseMs = Number(lease)
const transport = openTransport(await openConnection({ kind: 'file', path }, process.env))
const client = openClient(transport, { perSecond: 200, burst: 50 })
const target = { namespace: 'default', name: 'led' }
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

try {
  await runElected(
    {
      client,
      lease: { namespace: 'default', name: 'leader' },
      onFailure: (error) => console.error(error.message),
      identity,
      times: { leaseMs, renewDeadlineMs: leaseMs * 0.66, retryMs: leaseMs * 0.13 },
    },
    stop.signal,
    async (leadership, signal) => {
      process.stdout.write('leads\n')
      while (!signal.aborted) {
        try {
          const { metadata } = await client.get(configMaps, target, { once: true, signal: leadership.guard() })
          // Some time between decision and write, in which a freeze would be bad.
          await delay(5)
          const body = { metadata: { resourceVersion: metadata.resourceVersion }, data: { writer: identity } }
          await client.patch(configMaps, target, { kind: 'merge', body }, { once: true, signal: leadership.guard() })
        } catch (error) {
          if (signal.aborted) return
          if (!isKubeError(error) && !(error instanceof Error && ['NotLeading', 'TimeoutError'].includes(error.name))) throw error
          await delay(5)
        }
      }
    },
  )
} catch (error) {
  if (!(error instanceof Error && ['NotLeading', 'AbortError'].includes(error.name))) throw error
  process.exitCode = error.name === 'NotLeading' ? 3 : 0
} finally {
  await transport.close()
}
