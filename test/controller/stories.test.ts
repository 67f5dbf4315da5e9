// Rollouts by pods alone, from the user's hand to what comes of it, on the real decisions.
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Rollout, RolloutStatus } from '../../src/api/rollout.ts'
import { podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import type { Service } from '../../src/api/services.ts'
import type { ReplicaSet } from '../../src/api/workloads.ts'
import type { Decide } from '../../src/controller/rollout/pass.ts'
import { decide } from '../../src/core/rollout/decide.ts'
import { eventsOf } from '../../src/core/rollout/events.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { events, leases, type Resource } from '../../src/kube/resource.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { at, service, shop, templateOf } from './manifests.ts'
import { openStage, replicaSetsName, rolloutsName, type Stage } from './stage.ts'

t.setTimeout(180_000)

const real: Decide = (rollout, observed, now) => decide(rollout, observed, now, compileRegex)
const withinMs = 20_000

const find = ({ cluster }: Stage): Rollout => cluster.find<Rollout>(rolloutsName, at)!

/** Pods that are wanted, by image. */
function sizes({ cluster }: Stage): Readonly<Record<string, number>> {
  const sets = cluster
    .list<ReplicaSet>(replicaSetsName)
    .map(({ spec }) => [spec.template?.spec.containers[0]?.image ?? '', spec.replicas ?? 0] as const)
  return Object.fromEntries(sets.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function edit(stage: Stage, spec: Partial<Rollout['spec']>): void {
  const before = find(stage)
  stage.cluster.update(rolloutsName, { ...before, spec: { ...before.spec, ...spec } })
}

function wish(stage: Stage, status: object): void {
  const before = find(stage)
  stage.cluster.update(rolloutsName, { ...before, status: { ...before.status, ...status } as RolloutStatus }, 'status')
}

function settled(stage: Stage, phase: string): Promise<void> {
  const is = ({ metadata, status }: Rollout): boolean => status?.observedGeneration === String(metadata.generation) && status.phase === phase
  return stage.until(
    phase,
    () => is(find(stage)) && (find(stage).status?.replicas ?? 0) === Object.values(sizes(stage)).reduce((a, b) => a + b, 0),
    withinMs,
  )
}

t.test('deployed, updated, promoted; aborted, and undone', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  const controller = await stage.control({ decide: real, eventsOf })
  cluster.create(rolloutsName, shop('shop:1'))
  await settled(stage, 'Healthy')
  t.strictSame(sizes(stage), { 'shop:1': 4 })
  edit(stage, { template: templateOf('shop:2') })
  await settled(stage, 'Paused')
  t.strictSame(sizes(stage), { 'shop:1': 3, 'shop:2': 1 })
  t.equal(find(stage).status?.message, 'CanaryPauseStep')
  wish(stage, { pauseConditions: null })
  await settled(stage, 'Healthy')
  t.strictSame(sizes(stage), { 'shop:1': 0, 'shop:2': 4 })
  edit(stage, { template: templateOf('shop:3') })
  await settled(stage, 'Paused')
  wish(stage, { abort: true })
  await settled(stage, 'Degraded')
  t.strictSame(sizes(stage), { 'shop:1': 0, 'shop:2': 4, 'shop:3': 0 })
  edit(stage, { template: templateOf('shop:2') })
  await settled(stage, 'Healthy')
  t.strictSame(sizes(stage), { 'shop:1': 0, 'shop:2': 4, 'shop:3': 0 })
  const told = (): readonly string[] => cluster.list<KubeObject & { readonly reason: string }>('events').map(({ reason }) => reason)
  const reasons = [
    'RolloutUpdated',
    'NewReplicaSetCreated',
    'ScalingReplicaSet',
    'RolloutPaused',
    'RolloutStepCompleted',
    'RolloutCompleted',
    'RolloutAborted',
  ]
  await stage.until('all events', () => reasons.every((reason) => told().includes(reason)))
  t.notMatch(controller.lines.join('\n'), /failed|could not/, 'nothing went wrong')
})

t.test('a spec that cannot be is told of, and recovers when it is mended', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  await stage.control({ decide: real, eventsOf })
  cluster.create(rolloutsName, shop('shop:1', { strategy: { canary: { steps: [{ setWeight: 101 }] } } }))
  await settled(stage, 'Degraded')
  t.match(find(stage).status?.message, /InvalidSpec.*setWeight/s)
  t.strictSame(sizes(stage), {}, 'no pods yet')
  edit(stage, { strategy: { canary: { steps: [{ setWeight: 100 }] } } })
  await settled(stage, 'Healthy')
  t.strictSame(sizes(stage), { 'shop:1': 4 })
})

t.test('a service that is missing is waited for', async (t) => {
  const stage = await openStage(t)
  const { cluster } = stage
  await stage.control({ decide: real, eventsOf })
  cluster.create(rolloutsName, shop('shop:1', { strategy: { canary: { stableService: 'stable', canaryService: 'canary' } } }))
  await settled(stage, 'Degraded')
  t.match(find(stage).status?.message, /stable/)
  for (const name of ['stable', 'canary']) cluster.create('services', service(name))
  await settled(stage, 'Healthy')
  const selected = (name: string): string | undefined => cluster.find<Service>('services', { ...at, name })?.spec.selector?.[podTemplateHashLabel]
  await stage.until('both select its pods', () => selected('stable') === find(stage).status?.stableRS && selected('canary') === selected('stable'))
  cluster.delete(rolloutsName, at)
  await stage.until('both are free again', () => selected('stable') === undefined && selected('canary') === undefined)
})

class Killed extends Error {}

/** A client that dies at a write: before it is sent, or before its answer is seen. Tells how many writes there were. */
function mortal(client: KubeClient, death: { readonly write: number; readonly when: 'before' | 'after' } | undefined, onDeath: () => void) {
  let writes = 0
  let isDead = false

  async function through<T>(resource: Resource, write: () => Promise<T>): Promise<T> {
    if (resource === events || resource === leases) return write()
    if (isDead) throw new Killed()
    const dies = ++writes === death?.write
    if (dies) isDead = true
    if (dies) onDeath()
    if (dies && death?.when === 'before') throw new Killed()
    const written = await write()
    if (dies) throw new Killed()
    return written
  }

  const dying: KubeClient = {
    ...client,
    create: (resource, object, options) => through(resource, () => client.create(resource, object, options && withoutSignal(options))),
    patch: (resource, ref, change, options) => through(resource, () => client.patch(resource, ref, change, options && withoutSignal(options))),
    delete: (resource, ref, options) => through(resource, () => client.delete(resource, ref, options && withoutSignal(options))),
  }
  return { client: dying, writes: () => writes }
}

/** What was sent is on its way, whatever becomes of who sent it. */
function withoutSignal<T extends { readonly signal?: AbortSignal }>({ signal: _, ...options }: T): Omit<T, 'signal'> {
  return options
}

/** Deploys, updates and promotes; what is there in the end, but for names and times. */
async function release(stage: Stage): Promise<unknown> {
  edit(stage, { template: templateOf('shop:2') })
  await settled(stage, 'Paused')
  wish(stage, { pauseConditions: null })
  await settled(stage, 'Healthy')
  const { conditions, ...status } = find(stage).status ?? {}
  return { sizes: sizes(stage), status, conditions: conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`).sort() }
}

t.test('C1 killed at any write, it goes on where it was', async (t) => {
  async function run(death: Parameters<typeof mortal>[1]): Promise<{ readonly end: unknown; readonly writes: number }> {
    const stage = await openStage(t)
    stage.cluster.create(rolloutsName, shop('shop:1'))
    const first = await stage.control({ decide: real })
    await settled(stage, 'Healthy')
    await first.stop()
    const stopping = Promise.withResolvers<void>()
    const { client, writes } = mortal(await stage.client(), death, () => stopping.resolve())
    const controller = await stage.control({ decide: real, client })
    void stopping.promise.then(() => controller.stop()).then(() => stage.control({ decide: real }))
    const end = await release(stage)
    await controller.stop()
    return { end, writes: writes() }
  }
  const whole = await run(undefined)
  t.ok(whole.writes > 5, `${whole.writes} writes`)
  const { below } = await openStage(t)
  const all = Array.from({ length: whole.writes * 2 }, (_, i) => ({
    write: (i >> 1) + 1,
    when: i % 2 === 0 ? ('before' as const) : ('after' as const),
  }))
  const few = process.env['CRASHES'] === 'all' ? all : Array.from({ length: 5 }, () => all.splice(below(all.length), 1)[0]!)
  for (const death of few) t.strictSame((await run(death)).end, whole.end, `${death.when} write ${death.write}`)
})
