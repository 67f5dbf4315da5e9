// Promise L1: through lost answers, refusals and a controller at work, a wish takes effect once.
import t from 'tap'
import { customResourceDefinitions } from '../../../src/api/customResources.ts'
import type { KubeObject } from '../../../src/api/meta.ts'
import type { Rollout, RolloutStatus } from '../../../src/api/rollout.ts'
import { carryOut } from '../../../src/cli/cluster/carryOut.ts'
import { rollouts } from '../../../src/cli/cluster/resources.ts'
import { promotion } from '../../../src/cli/patches/promote.ts'
import { abort } from '../../../src/cli/patches/wishes.ts'
import type { FaultEffect } from '../../../src/sandbox/apiserver/faults/fault.ts'
import { startScene } from '../../kube/onSandbox/scene.ts'

/** 1,000 by hand. */
const promotions = Number(process.env['PROMOTIONS'] ?? 50)
const name = 'rollouts.argoproj.io'
const ref = { namespace: 'default', name: 'shop' }
t.setTimeout(60_000 + promotions * 500)

const onWrites: readonly FaultEffect[] = [
  { kind: 'refuse', code: 409 },
  { kind: 'refuse', code: 500 },
  { kind: 'drop', when: 'before' },
  { kind: 'drop', when: 'after' },
]

t.test('no promotion is lost, and none counts twice', async (t) => {
  const { server, client, below } = await startScene(t)
  const { cluster } = server
  for (const definition of customResourceDefinitions) cluster.create('customresourcedefinitions.apiextensions.k8s.io', definition)
  while (!cluster.kinds().some(({ resource }) => resource === name)) await new Promise((resolve) => setImmediate(resolve))
  const steps = Array.from({ length: promotions * 2 + 2 }, () => ({ pause: {} }))
  const spec = { replicas: 1, selector: { matchLabels: { app: 'shop' } }, template: {}, strategy: { canary: { steps } } }
  const find = (): Rollout => cluster.find<Rollout>(name, ref)!
  let pauses = 0
  const write = (status: RolloutStatus): void => {
    const rollout = find()
    cluster.update(name, { ...rollout, status: { ...rollout.status, ...status } } as Rollout, 'status')
  }
  /** Every other step is an analysis, at which it does not pause. */
  const arrive = (currentStepIndex: number): void => {
    const isPause = currentStepIndex % 2 === 0
    const startTime = new Date(1_700_000_000_000 + ++pauses * 1_000).toISOString().replace('.000', '')
    write({ currentStepIndex, controllerPause: isPause, pauseConditions: isPause ? [{ reason: 'CanaryPauseStep', startTime }] : null })
  }
  /** What a controller does about it. Never between two lines of its own. */
  const pass = (): void => {
    const { status = {} } = find()
    const { controllerPause, currentStepIndex = 0 } = status
    const hasPauses = (status.pauseConditions ?? []).length > 0
    if (controllerPause === true && !hasPauses) arrive((currentStepIndex ?? 0) + 1)
    // The client skipped an analysis: the pause behind it begins.
    else if (!hasPauses && (currentStepIndex ?? 0) % 2 === 0) arrive(currentStepIndex ?? 0)
    else if (below(3) === 0) write({ readyReplicas: below(1_000) })
  }
  cluster.create(name, { metadata: ref, spec } as KubeObject)
  write({ currentPodHash: 'new', stableRS: 'old' })
  arrive(0)
  for (const effect of onWrites)
    server.faults.add({
      match: { verbs: ['patch'], resource: 'rollouts.argoproj.io/status' },
      occurrence: { kind: 'probability', probability: 0.12 },
      effect,
    })
  const working = setInterval(pass, 5)
  t.teardown(() => clearInterval(working))

  const own = await client()
  let given = 0
  for (let i = 0; i < promotions; i++) {
    const before = find().status?.currentStepIndex ?? 0
    const isDone = await carryOut<Rollout>(own, { resource: rollouts, ref, wish: promotion('step'), dryRun: 'none' }).then(
      () => true,
      () => false,
    )
    if (!isDone) given++
    // What was written is acted upon.
    await new Promise((resolve) => setTimeout(resolve, 12))
    pass()
    const steps = (find().status?.currentStepIndex ?? 0) - before
    if (isDone ? steps !== 1 : steps > 1) t.fail(`promotion ${i} was ${isDone ? 'done' : 'given up'} and moved ${steps} steps`)
  }
  t.ok(given < promotions / 10, `${given} of ${promotions} were given up`)
  t.ok(
    server.faults.reports().every(({ hit }) => hit > 0),
    'faults of each kind were met',
  )
  await carryOut<Rollout>(own, { resource: rollouts, ref, wish: abort, dryRun: 'none' })
  t.equal(find().status?.abort, true)
})
