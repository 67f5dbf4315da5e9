// Within the network of a cluster that KUBECONFIG names, whose node has the image: a release as users have it, installation and all.
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Rollout } from '../../src/api/rollout.ts'
import type { Service } from '../../src/api/services.ts'
import { openClient } from '../../src/kube/client.ts'
import { openConnection } from '../../src/kube/connection.ts'
import { deployments, ingresses, serviceAccounts, services } from '../../src/kube/resource.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { startLoad } from '../release/load.ts'
import { canary } from '../release/manifests.ts'
import { deploy, home, installAll, podsOf, release, restart, rolloutOf, shop, spillway, splitOf, until } from './installation.ts'
import { type Account, granted, rightsOf } from './rights.ts'

/** 50,000 by hand. */
const requests = Number(process.env['REQUESTS'] ?? 3_000)
const rate = Number(process.env['RATE'] ?? 100)

t.setTimeout(1_800_000)

const transport = openTransport(await openConnection({ kind: 'default' }, process.env))
t.teardown(() => transport.close())
const client = openClient(transport, { perSecond: 1_000, burst: 1_000 })
const look = (): Promise<Rollout> => rolloutOf(client)
const isHealthy = ({ status }: Rollout): boolean => status?.phase === 'Healthy'
const isAt =
  (weight: number) =>
  ({ status }: Rollout): boolean =>
    status?.phase === 'Paused' && status.canary?.weights?.canary.weight === weight && status.canary.weights.verified === true

await t.test('the installation becomes ready as it is', async (t) => {
  await installAll(client)
  t.equal((await podsOf(client, 'spillway-edge')).length, 2)
})

await t.test('X1 X2 both accounts may do what they need, and nothing else', async (t) => {
  for (const account of Object.keys(granted) as Account[]) {
    const everywhere = await rightsOf(client, account, 'everywhere')
    t.same(everywhere.rights, granted[account].everywhere, `${account}: ${everywhere.asked} questions`)
    const atHome = await rightsOf(client, account, 'at home')
    t.same(atHome.rights, { ...granted[account].everywhere, ...granted[account]['at home'] }, `${account} at home`)
  }
})

await t.test('an edge tells those alone whom it was told to trust', async (t) => {
  const token = async (name: string, audience: string): Promise<string> => {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { namespace: home, name },
      spec: { audiences: [audience] },
    }
    const asked = await client.create<KubeObject & { status?: { token: string } }>(serviceAccounts, request, { subresource: 'token' })
    return asked.status!.token
  }
  const api = 'https://kubernetes.default.svc.cluster.local'
  for (const { status } of await podsOf(client, 'spillway-edge')) {
    const ask = async (bearer?: string): Promise<number> => {
      const headers = { ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) }
      const answer = await fetch(`http://${status?.podIP}:9901/v1/reports`, { headers, signal: AbortSignal.timeout(10_000) })
      await answer.body?.cancel()
      return answer.status
    }
    t.equal(await ask(), 401, 'nobody')
    t.equal(await ask('garbage'), 401)
    t.equal(await ask(await token('spillway-controller', api)), 401, "the controller's, for the API server")
    t.equal(await ask(await token('spillway-edge', 'spillway-edge')), 403, "another account's")
    t.equal(await ask(await token('spillway-controller', 'spillway-edge')), 200, "the controller's")
  }
})

await t.test('a canary, released by steps while edges and controller are restarted', async (t) => {
  await deploy(
    client,
    canary({ image: 'shop', replicas: 3, variables: { VERSION: 'v1' } }, [
      { setWeight: 20 },
      { pause: {} },
      { setWeight: 40 },
      { pause: {} },
      { setWeight: 60 },
      { pause: {} },
    ]),
  )
  await until(look, isHealthy, 'healthy at first')
  const { spec } = await client.get<Service & { spec: { clusterIP?: string } }>(services, { namespace: home, name: 'spillway-edge' })
  const load = startLoad({ urls: [`http://${spec?.clusterIP}/`], rate })
  t.teardown(() => load.end())
  const shares = async (weight: number): Promise<void> => {
    await until(look, isAt(weight), `paused at ${weight}`)
    const { status } = await splitOf(client)
    t.match(status, { edges: 2, acknowledged: 2 }, `both edges have applied ${weight} %`)
    const share = await load.share(3_000)
    t.ok(Math.abs((share['v2'] ?? 0) - weight / 100) < 0.03, `${weight} % are ${JSON.stringify(share)}`)
  }
  t.same(await load.share(1_000), { v1: 1 })
  await release(client, 'v2')
  await shares(20)
  do {
    await restart(client, 'spillway-edge')
    await shares(20)
  } while (load.tally.sent < requests * 0.8)
  await spillway('promote', shop.name)
  await shares(40)
  await restart(client, 'spillway-controller')
  await spillway('promote', shop.name)
  // In the midst of the move to the next step.
  await restart(client, 'spillway-edge')
  await shares(60)
  await spillway('promote', shop.name)
  await until(look, isHealthy, 'healthy')
  t.equal((await load.share(2_000))['v2'], 1)
  while (load.tally.sent < requests) await load.share(1_000)
  const { sent, failed, versions } = await load.end()
  t.same(failed.slice(0, 20), [], `of ${sent} requests none failed (${failed.length})`)
  t.comment(JSON.stringify({ sent, versions }))
})

await t.test("the demo's app runs from the same image, and a plain Service is proxied", async (t) => {
  const labels = { app: 'demo' }
  const container = {
    name: 'app',
    image: 'spillway/spillway:dev',
    command: ['node', 'dist/app.js'],
    env: Object.entries({ HOST: '0.0.0.0', PORT: '8080', VERSION: 'v7' }).map(([name, value]) => ({ name, value })),
    readinessProbe: { httpGet: { path: '/api', port: 8080 }, periodSeconds: 1 },
    securityContext: { runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const at = { namespace: 'default', name: 'demo' }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  await client.create(deployments, { metadata: at, spec: { selector: { matchLabels: labels }, template } } as KubeObject)
  await client.create(services, { metadata: at, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } } as KubeObject)
  const backend = { service: { name: 'demo', port: { number: 80 } } }
  // Of every host.
  const rule = { http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }
  await client.create(ingresses, { metadata: at, spec: { ingressClassName: 'spillway', rules: [rule] } } as KubeObject)
  const { spec } = await client.get<Service & { spec: { clusterIP?: string } }>(services, { namespace: home, name: 'spillway-edge' })
  const ask = async (): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://${spec?.clusterIP}/api`, { signal: AbortSignal.timeout(10_000) })
    return { status: answer.status, text: await answer.text() }
  }
  const { text } = await until(ask, ({ status }) => status === 200, 'answered by the demo')
  t.match(JSON.parse(text), { version: 'v7' })
})

await t.test('X1 nothing was asked for that is not granted', async (t) => {
  const log = process.env['AUDIT_LOG']
  if (log === undefined) return t.comment('the API server keeps no audit log')
  type Entry = { verb: string; user: { username: string }; objectRef?: { resource: string; subresource?: string }; responseStatus?: { code: number } }
  const entries = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
  t.ok(entries.length > 100, `${entries.length} calls`)
  const told = ({ verb, user, objectRef }: Entry): string =>
    `${user.username.split(':').at(-1)}: ${verb} ${[objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/')}`
  t.same([...new Set(entries.filter(({ responseStatus }) => responseStatus?.code === 403).map(told))], [])
  t.comment(`used: ${[...new Set(entries.map(told))].sort().join(', ')}`)
})
