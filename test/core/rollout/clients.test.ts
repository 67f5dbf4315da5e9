// What stock tools make of a status: the phase as the plugin and Argo CD read it, and which actions they offer.
import t from 'tap'
import type { Rollout, RolloutSpec } from '../../../src/api/rollout.ts'
import { edit, follow, pass, patch, settle, templateOf, type World, worldOf } from './world.ts'

/** As the plugin and Argo CD read it: a generation that was not observed and a pause that was just ended come before what the status says. */
function phaseRead({ metadata, status = {} }: Rollout): string {
  const observed = Number(status.observedGeneration)
  if (!Number.isNaN(observed) && observed < (metadata.generation ?? 0)) return 'Progressing'
  if (status.controllerPause === true && (status.pauseConditions ?? []).length === 0) return 'Progressing'
  return status.phase ?? 'Progressing'
}

/** As Argo CD discovers them; arithmetic on an index that is not there is an error. */
function actionsOffered({ spec, status = {} }: Rollout): string {
  const isPromoted = status.currentPodHash === status.stableRS
  const steps = spec.strategy?.canary?.steps
  const offers: Record<string, boolean> = {
    resume: (status.pauseConditions ?? []).length > 0 || spec.paused === true,
    abort: !isPromoted && status.abort !== true,
    retry: !isPromoted && status.abort === true,
    pause: !isPromoted && status.abort !== true && spec.paused !== true,
    'promote-full': !isPromoted,
    'skip-current-step': steps !== undefined && status.currentStepIndex! + 0 !== steps.length,
  }
  return Object.keys(offers)
    .filter((name) => offers[name])
    .join(' ')
}

const wait = (world: World, type: string): string | undefined =>
  world.rollout.status?.conditions?.find((condition) => condition.type === type)?.status

type Scene = {
  readonly name: string
  readonly play: (world: World) => void
  readonly phase: string
  readonly actions: string
  readonly conditions?: string
}

const conditionTypes = ['Progressing', 'Available', 'Completed', 'Healthy', 'Paused', 'InvalidSpec']
const conditions = (world: World): string =>
  conditionTypes
    .filter((type) => wait(world, type) !== undefined)
    .map((type) => `${type}=${wait(world, type)}`)
    .join(' ')

function release(world: World, image = 'v2'): void {
  edit(world, { template: templateOf(image) })
  follow(world)
  settle(world)
}

const canaryScenes: readonly Scene[] = [
  {
    name: 'healthy',
    play: () => undefined,
    phase: 'Healthy ',
    actions: '',
    conditions: 'Progressing=True Available=True Completed=True Healthy=True',
  },
  {
    name: 'edited, and not seen yet',
    play: (world) => edit(world, { template: templateOf('v2') }),
    phase: 'Progressing ',
    actions: '',
  },
  {
    name: 'at a pause',
    play: (world) => release(world),
    phase: 'Paused CanaryPauseStep',
    actions: 'resume abort pause promote-full skip-current-step',
    conditions: 'Progressing=Unknown Available=True Completed=False Healthy=False Paused=True',
  },
  {
    name: 'promoted, and not seen yet',
    play(world) {
      release(world)
      patch(world, { pauseConditions: null })
    },
    phase: 'Progressing ',
    actions: 'abort pause promote-full skip-current-step',
  },
  {
    name: 'paused by a user',
    play(world) {
      edit(world, { paused: true })
      release(world)
    },
    phase: 'Paused ',
    actions: 'resume abort promote-full skip-current-step',
  },
  {
    name: 'aborted',
    play(world) {
      release(world)
      patch(world, { abort: true })
      settle(world)
    },
    phase: 'Degraded RolloutAborted:',
    actions: 'retry promote-full skip-current-step',
    conditions: 'Progressing=False Available=True Completed=False Healthy=False Paused=False',
  },
  {
    name: 'all done',
    play(world) {
      release(world)
      patch(world, { pauseConditions: null })
      settle(world)
    },
    phase: 'Healthy ',
    actions: '',
    conditions: 'Progressing=True Available=True Completed=True Healthy=True Paused=False',
  },
]

const blueGreenScenes: readonly Scene[] = [
  {
    name: 'healthy',
    play: () => undefined,
    phase: 'Healthy ',
    actions: '',
    conditions: 'Progressing=True Available=True Completed=True Healthy=True',
  },
  { name: 'waiting for leave', play: (world) => release(world), phase: 'Paused BlueGreenPause', actions: 'resume abort pause promote-full' },
  {
    name: 'aborted, never paused',
    play(world) {
      world.broken.add('v2')
      release(world)
      patch(world, { abort: true })
      settle(world)
    },
    phase: 'Degraded RolloutAborted:',
    actions: 'retry promote-full',
    conditions: 'Progressing=False Available=True Completed=False Healthy=False',
  },
]

const specs: readonly (readonly [string, RolloutSpec, readonly Scene[]])[] = [
  ['canary', { replicas: 4, strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } }, canaryScenes],
  [
    'blue-green',
    { replicas: 2, strategy: { blueGreen: { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false } } },
    blueGreenScenes,
  ],
]

for (const [strategy, spec, scenes] of specs)
  t.test(strategy, (t) => {
    for (const { name, play, phase, actions, conditions: expected } of scenes) {
      const world = worldOf(spec, ['active', 'preview'])
      settle(world)
      play(world)
      const { rollout } = world
      t.match(
        `${phaseRead(rollout)} ${phaseRead(rollout) === rollout.status?.phase ? (rollout.status.message ?? '') : ''}`,
        new RegExp(`^${phase}`),
        name,
      )
      t.equal(actionsOffered(rollout), actions, `${name}: what is offered`)
      if (expected !== undefined) t.equal(conditions(world), expected, `${name}: conditions`)
    }
    t.end()
  })

t.test('what the scale subresource and printers read is always there, and of its type', (t) => {
  for (const [, spec] of specs) {
    const world = worldOf(spec, ['active', 'preview'])
    for (const image of ['v1', 'v2'])
      for (let count = 0; count < 12; count++) {
        edit(world, { template: templateOf(image) })
        const { status } = pass(world)
        follow(world)
        t.type(status.observedGeneration, 'string')
        for (const field of ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'HPAReplicas'] as const)
          t.type(status[field], 'number', field)
        t.match(status.selector, /^\w+=\w+(,[\w-]+=\w+)*$/)
        t.ok(['Healthy', 'Degraded', 'Progressing', 'Paused'].includes(status.phase ?? ''))
        if (spec.strategy?.canary) t.type(status.currentStepIndex, 'number')
        for (const condition of status.conditions ?? []) t.match(condition.lastTransitionTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      }
  }
  t.end()
})
