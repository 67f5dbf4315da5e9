// What is kept in order beside rollouts, and who may do it.
import t from 'tap'
import type { Ingress } from '../../src/api/ingress.ts'
import type { Lease } from '../../src/api/node.ts'
import { componentLabel, managedByAnnotation, podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import type { Service } from '../../src/api/services.ts'
import type { Decide } from '../../src/controller/rollout/pass.ts'
import { at, service, shop } from './manifests.ts'
import { openStage, rolloutsName } from './stage.ts'

const idle: Decide = ({ status }) => ({ actions: [], status: status ?? {} })

const taken = (name: string): Service => {
  const plain = service(name, { selector: { app: 'shop', [podTemplateHashLabel]: 'abc' } })
  return { ...plain, metadata: { ...plain.metadata, annotations: { [managedByAnnotation]: 'shop' } } }
}

t.test('services are given back when nobody needs them any more', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const find = (name: string): Service => cluster.find<Service>('services', { ...at, name })!
  const isFree = (name: string): boolean =>
    find(name).spec.selector?.[podTemplateHashLabel] === undefined && find(name).metadata.annotations?.[managedByAnnotation] === undefined
  for (const name of ['stable', 'canary', 'old']) cluster.create('services', taken(name))
  const strategy = (canaryService: string) => ({ canary: { stableService: 'stable', canaryService } })
  const created = cluster.create(rolloutsName, shop('shop:1', { strategy: strategy('canary') }))
  await stage.control({ decide: idle })
  await stage.until('the one that it does not name', () => isFree('old'))
  t.strictSame(find('old').spec.selector, { app: 'shop' }, 'the selector of its users stays')
  t.notOk(isFree('stable'))
  cluster.update(rolloutsName, { ...created, spec: { ...created.spec, strategy: strategy('other') } })
  await stage.until('the one that it named before', () => isFree('canary'))
  t.notOk(isFree('stable'))
  cluster.delete(rolloutsName, at)
  await stage.until('all of a rollout that is gone', () => isFree('stable'))
})

t.test("services of another controller's rollout are left alone", async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  cluster.create('services', taken('stable'))
  cluster.create('services', { ...taken('old'), metadata: { ...taken('old').metadata, annotations: { [managedByAnnotation]: 'gone' } } })
  const { metadata, ...rest } = shop('shop:1', { strategy: { canary: { stableService: 'stable', canaryService: 'canary' } } })
  cluster.create(rolloutsName, { ...rest, metadata: { ...metadata, labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'other' } } })
  await stage.control({ decide: idle })
  await stage.until(
    'another is given back',
    () => cluster.find<Service>('services', { ...at, name: 'old' })?.spec.selector?.[podTemplateHashLabel] === undefined,
  )
  t.equal(cluster.find<Service>('services', { ...at, name: 'stable' })?.spec.selector?.[podTemplateHashLabel], 'abc')
})

t.test('ingresses say where the edges are', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const edge = service('edge', { type: 'LoadBalancer' })
  const ingress = (name: string, ingressClassName: string): Ingress => ({
    metadata: { ...at, name },
    spec: { ingressClassName, defaultBackend: { service: { name: 'shop', port: { number: 80 } } } },
  })
  cluster.create('services', { ...edge, metadata: { ...edge.metadata, labels: { [componentLabel]: 'edge' } } })
  cluster.create('ingresses.networking.k8s.io', ingress('ours', 'spillway'))
  cluster.create('ingresses.networking.k8s.io', ingress('theirs', 'nginx'))
  const addresses = (name: string): unknown => cluster.find<Ingress>('ingresses.networking.k8s.io', { ...at, name })?.status?.loadBalancer?.ingress
  await stage.control({ decide: idle })
  const put = (hosts: readonly object[]): void => {
    const found = cluster.find<Service>('services', { ...at, name: 'edge' })!
    cluster.update('services', { ...found, status: { loadBalancer: { ingress: hosts } } }, 'status')
  }
  put([{ ip: '192.0.2.2', ipMode: 'VIP' }, { hostname: 'lb.example' }])
  await stage.until('two addresses', () => JSON.stringify(addresses('ours')) === '[{"hostname":"lb.example"},{"ip":"192.0.2.2"}]')
  put([{ ip: '192.0.2.3' }])
  await stage.until('the new one', () => JSON.stringify(addresses('ours')) === '[{"ip":"192.0.2.3"}]')
  t.equal(addresses('theirs'), undefined)
})

t.test("nothing is done beside Argo Rollouts' own controller", async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const lease: Lease = {
    metadata: { namespace: 'default', name: 'argo-rollouts-controller-lock' },
    spec: { holderIdentity: 'argo_1', leaseDurationSeconds: 1, renewTime: new Date().toISOString().replace('Z', '000Z') },
  }
  cluster.create('leases.coordination.k8s.io', lease)
  const renewal = setInterval(() => {
    const found = cluster.find<Lease>('leases.coordination.k8s.io', lease.metadata)!
    cluster.update('leases.coordination.k8s.io', { ...found, spec: { ...found.spec, renewTime: new Date().toISOString().replace('Z', '000Z') } })
  }, 50)
  t.teardown(() => clearInterval(renewal))
  let looks = 0
  const counting: Decide = (rollout, observed, now) => {
    looks++
    return idle(rollout, observed, now)
  }
  cluster.create(rolloutsName, shop('shop:1'))
  const controller = await stage.control({ decide: counting, upstream: { everyMs: 30 } })
  await stage.until('it says so', () => controller.lines.some((line) => line.includes('"holder":"argo_1"')))
  t.equal(looks, 0)
  clearInterval(renewal)
  await stage.until('it works once the other is gone', () => looks > 0)
  const again = cluster.find<Lease>('leases.coordination.k8s.io', lease.metadata)!
  let version = again
  const back = setInterval(() => {
    version = cluster.update('leases.coordination.k8s.io', {
      ...version,
      spec: { ...version.spec, renewTime: new Date().toISOString().replace('Z', '000Z') },
    })
  }, 50)
  t.teardown(() => clearInterval(back))
  await t.rejects(controller.ended, { name: 'UpstreamAtWork' })
})

t.test('of two, one works, and the other goes on when it ends', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const looks: string[] = []
  const start = (identity: string) =>
    stage.control({
      identity,
      election: { times: { leaseMs: 1_000, renewDeadlineMs: 800, retryMs: 50 } },
      decide: (rollout, observed, now) => {
        looks.push(identity)
        return idle(rollout, observed, now)
      },
    })
  const created = cluster.create(rolloutsName, shop('shop:1'))
  const first = await start('first')
  await stage.until('the first looks', () => looks.length > 0)
  const second = await start('second')
  cluster.update(rolloutsName, { ...created, spec: shop('shop:2').spec })
  await stage.until('it looks again', () => looks.length > 1)
  t.notOk(looks.includes('second'))
  await first.stop()
  await stage.until('the second looks', () => looks.includes('second'), 3_000)
  t.equal(looks.slice(looks.indexOf('second')).includes('first'), false)
  await second.stop()
  t.equal(cluster.find<Lease>('leases.coordination.k8s.io', { namespace: 'default', name: 'spillway-controller' })?.spec?.holderIdentity ?? '', '')
})
