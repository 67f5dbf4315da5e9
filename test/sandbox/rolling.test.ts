// A Deployment of the demo app rolls while it is asked at its Service's endpoints, as a proxy would that watches them.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { EndpointSlice } from '../../src/api/services.ts'
import type { Deployment } from '../../src/api/workloads.ts'
import type { Cluster } from '../../src/sandbox/cluster.ts'
import { startSandbox } from '../../src/sandbox/startSandbox.ts'

const replicas = 4
/** Per second; whole figures by hand. */
const rate = 200
const settleMs = 40_000
t.setTimeout(180_000)

const app = join(import.meta.dirname, '..', '..', 'src', 'demo', 'app.ts')
const labels = { app: 'web' }

function deployment(version: string): Deployment {
  const probe = { httpGet: { path: '/api', port: 8080 }, periodSeconds: 1 }
  const container = { name: 'web', image: `spillway/demo:${version}`, ports: [{ containerPort: 8080 }], readinessProbe: probe }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
  } as unknown as Deployment
}

const slices = 'endpointslices.discovery.k8s.io'

/** Addresses that new requests may go to. */
function readyIn(cluster: Cluster): readonly string[] {
  const own = cluster
    .list<EndpointSlice>(slices, { namespace: 'default' })
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
  return own.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready === true).flatMap(({ addresses }) => addresses),
  )
}

type Tally = { sent: number; failed: string[]; readonly versions: Record<string, number> }

/** Asks one endpoint after the other, at a steady rate, until the signal. */
async function load(cluster: Cluster, tally: Tally, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const under = new Set<Promise<void>>()
  for (let next = performance.now(); !signal.aborted; next += 1_000 / rate) {
    await delay(Math.max(0, next - performance.now()))
    const ready = readyIn(cluster)
    const host = ready[tally.sent % Math.max(1, ready.length)]
    tally.sent++
    if (host === undefined) {
      tally.failed.push('no endpoint is ready')
      continue
    }
    const asked = ask(agent, host).then(
      (version) => {
        tally.versions[version] = (tally.versions[version] ?? 0) + 1
      },
      (error: unknown) => void tally.failed.push(`${host}: ${error instanceof Error ? error.message : String(error)}`),
    )
    const done: Promise<void> = asked.finally(() => under.delete(done))
    under.add(done)
  }
  await Promise.all(under)
  agent.destroy()
}

/** The version that answers. A kept connection that ended just before it was used again is tried once more, as every client of HTTP does (RFC 9112 §9.3.1). */
function ask(agent: Agent, host: string, again = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ agent, host, port: 8080, path: '/api', timeout: 10_000 }, (reply) => {
      reply.resume()
      const version = String(reply.headers['x-version'])
      reply.once('end', () => (reply.statusCode === 200 ? resolve(version) : reject(new Error(`status ${reply.statusCode}`))))
      reply.once('error', reject)
    })
    sent.once('error', (error) => (again && sent.reusedSocket ? ask(agent, host, false).then(resolve, reject) : reject(error)))
    sent.once('timeout', () => sent.destroy(new Error('no answer within 10 s')))
    sent.end()
  })
}

/** Until it is so after some write to Deployments or slices. */
async function until(cluster: Cluster, what: string, isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = cluster.follow(['deployments.apps', slices], () => isSo() && resolve())
  if (isSo()) resolve()
  const late = AbortSignal.timeout(settleMs)
  late.addEventListener('abort', () => resolve(), { once: true })
  await promise
  end()
  if (!isSo()) throw new Error(`not within ${settleMs} ms: ${what}`)
}

t.test(
  '0 requests fail while a Deployment rolls, back and forth',
  { skip: process.platform !== 'linux' && 'pods have no addresses of their own' },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rolling-'))
    const errors: string[] = []
    const sandbox = await startSandbox({
      port: 0,
      kubeconfig: join(folder, 'kubeconfig'),
      pods: {
        images: [{ pattern: 'spillway/demo:*', argv: [process.execPath, app], variables: { VERSION: '$(IMAGE_TAG)' } }],
        workingDirectory: folder,
        variables: { PATH: process.env['PATH'] ?? '' },
      },
      onError: (what, error) => errors.push(`${what}: ${String(error)}`),
    })
    t.teardown(async () => {
      await sandbox.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const { cluster } = sandbox.server
    cluster.create('deployments.apps', deployment('v1'))
    cluster.create('services', {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    } as object as Deployment)
    await until(cluster, 'all of v1 are ready', () => readyIn(cluster).length === replicas)

    const tally: Tally = { sent: 0, failed: [], versions: {} }
    const stop = new AbortController()
    const running = load(cluster, tally, stop.signal)
    for (const version of ['v2', 'v3', 'v1']) {
      const found = cluster.find<Deployment>('deployments.apps', { namespace: 'default', name: 'web' })
      const { generation = 0 } = cluster.update('deployments.apps', { ...deployment(version), metadata: found!.metadata }).metadata
      await until(cluster, `${version} is rolled out`, () => {
        const { status } = cluster.find<Deployment>('deployments.apps', { namespace: 'default', name: 'web' }) ?? {}
        const whole = [status?.updatedReplicas, status?.availableReplicas, status?.replicas].every((count) => count === replicas)
        return (status?.observedGeneration ?? 0) >= generation && whole
      })
    }
    stop.abort()
    await running
    t.strictSame(tally.failed, [], `of ${tally.sent} requests`)
    t.strictSame(Object.keys(tally.versions).sort(), ['v1', 'v2', 'v3'], JSON.stringify(tally.versions))
    t.strictSame(errors, [])
    t.comment(`${tally.sent} requests through three rollouts: ${JSON.stringify(tally.versions)}`)
  },
)
