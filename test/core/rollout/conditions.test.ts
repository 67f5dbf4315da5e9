// What holds of a Rollout and since when, and the one word for it.
import t from 'tap'
import type { Rollout, RolloutCondition, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import { type ConditionFacts, conditionsOf, invalidSpecConditions } from '../../../src/core/rollout/conditions.ts'
import { deadlineOf, isDeadlineSuspended } from '../../../src/core/rollout/deadline.ts'
import { phaseOf } from '../../../src/core/rollout/phase.ts'

const t0 = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number): string => new Date(t0 + 1000 * seconds).toISOString().replace('.000Z', 'Z')

const canary: RolloutSpec = { replicas: 5, strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } }
const blueGreen: RolloutSpec = { replicas: 5, strategy: { blueGreen: { activeService: 'a', previewService: 'p' } } }

/** All done, of the version `v2`. */
const done: RolloutStatus = {
  replicas: 5,
  updatedReplicas: 5,
  readyReplicas: 5,
  availableReplicas: 5,
  currentPodHash: 'v2',
  stableRS: 'v2',
  currentStepIndex: 2,
  currentStepHash: 's',
  blueGreen: { activeSelector: 'v2', previewSelector: 'v2' },
}
const under: RolloutStatus = {
  ...done,
  updatedReplicas: 1,
  stableRS: 'v1',
  currentStepIndex: 0,
  blueGreen: { activeSelector: 'v1', previewSelector: 'v2' },
}

type Scene = {
  readonly spec?: RolloutSpec
  readonly before?: RolloutStatus
  readonly after: RolloutStatus
  readonly seconds?: number
} & Partial<ConditionFacts>

function conditions({ spec = canary, before, after, seconds = 0, ...more }: Scene): readonly RolloutCondition[] {
  const rollout: Rollout = { metadata: { name: 'r', generation: 1 }, spec, ...(before && { status: before }) }
  return conditionsOf({
    rollout,
    after,
    deadline: { kind: 'none' },
    newReplicaSet: undefined,
    creationFailure: undefined,
    replicaFailure: undefined,
    abortedBecause: undefined,
    now: t0 + 1000 * seconds,
    ...more,
  })
}

const short = (all: readonly RolloutCondition[]): string => all.map(({ type, status, reason }) => `${type}=${status}/${reason}`).join(' ')
const progressing = (scene: Scene): string => {
  const { status, reason } = conditions(scene).find(({ type }) => type === 'Progressing')!
  return `${status}/${reason}`
}
/** As the status stands after `scene`. */
const written = (scene: Scene): RolloutStatus => ({ ...scene.after, conditions: conditions(scene) })

t.test('which there are', (t) => {
  t.equal(
    short(conditions({ after: under, newReplicaSet: 'created' })),
    'Progressing=True/NewReplicaSetCreated Available=True/AvailableReason Completed=False/RolloutCompleted',
    'three from the first pass on',
  )
  const healthy = written({ spec: blueGreen, after: done })
  t.equal(
    short(conditions({ spec: blueGreen, before: healthy, after: { ...under, abort: true } })),
    'Progressing=False/RolloutAborted Available=True/AvailableReason Completed=False/RolloutCompleted Healthy=False/RolloutHealthy',
    'healthy once, never paused: four',
  )
  const paused = written({ before: healthy, after: { ...under, pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(0) }] } })
  t.equal(short(paused.conditions!.slice(-2)), 'Healthy=False/RolloutHealthy Paused=True/RolloutPaused')
  t.equal(short(conditions({ before: paused, after: under }).slice(-1)), 'Paused=False/RolloutPaused', 'and back')
  const invalid = invalidSpecConditions([], 'spec.selector: Required value', t0)
  t.equal(short(invalid), 'InvalidSpec=True/InvalidSpec', 'never valid: this alone')
  t.equal(short(invalidSpecConditions(healthy.conditions!, 'x', t0)).split(' ').length, 5, 'beside the others')
  t.notMatch(short(conditions({ before: { ...done, conditions: invalid }, after: done })), 'InvalidSpec', 'gone when it is mended')
  const failing = written({ after: under, replicaFailure: { reason: 'FailedCreate', message: 'quota' } })
  t.match(short(failing.conditions!), 'ReplicaFailure=True/FailedCreate')
  t.notMatch(short(conditions({ before: failing, after: under })), 'ReplicaFailure')
  t.end()
})

t.test('progressing', (t) => {
  const with_ = (reason: string, status: RolloutStatus = under): RolloutStatus => ({
    ...status,
    conditions: [{ type: 'Progressing', status: 'True', reason, lastUpdateTime: at(0), lastTransitionTime: at(0) }],
  })
  const pause = { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(0) }] } as const
  const cases: readonly (readonly [string, Scene, string])[] = [
    ['made', { after: under, newReplicaSet: 'created' }, 'True/NewReplicaSetCreated'],
    ['taken up again', { after: under, newReplicaSet: 'found' }, 'True/FoundNewReplicaSet'],
    ['refused', { after: under, creationFailure: 'quota' }, 'False/ReplicaSetCreateError'],
    ['healthy', { after: done }, 'True/NewReplicaSetAvailable'],
    ['ill again', { before: with_('NewReplicaSetAvailable', done), after: { ...done, availableReplicas: 4 } }, 'True/ReplicaSetNotAvailable'],
    ['scaled up', { spec: { ...canary, replicas: 9 }, before: with_('NewReplicaSetAvailable', done), after: done }, 'True/ReplicaSetNotAvailable'],
    ['a new version', { before: with_('NewReplicaSetAvailable', done), after: { ...under, currentPodHash: 'v3' } }, 'True/ReplicaSetUpdated'],
    ['as before', { before: with_('NewReplicaSetCreated'), after: under }, 'True/NewReplicaSetCreated'],
    ['a pod more', { before: with_('NewReplicaSetCreated'), after: { ...under, updatedReplicas: 2 } }, 'True/ReplicaSetUpdated'],
    [
      'a pod less',
      { before: with_('NewReplicaSetCreated'), after: { ...under, readyReplicas: 4, availableReplicas: 4 } },
      'True/NewReplicaSetCreated',
    ],
    ['a step', { before: with_('NewReplicaSetCreated'), after: { ...under, currentStepIndex: 1 } }, 'True/ReplicaSetUpdated'],
    [
      'traffic',
      {
        before: with_('NewReplicaSetCreated'),
        after: { ...under, canary: { weights: { canary: { weight: 5 }, stable: { weight: 95 } } } },
      },
      'True/ReplicaSetUpdated',
    ],
    [
      'a Service',
      { spec: blueGreen, before: with_('NewReplicaSetCreated'), after: { ...under, blueGreen: { activeSelector: 'v1' } } },
      'True/ReplicaSetUpdated',
    ],
    ['too late', { before: with_('ReplicaSetUpdated'), after: under, deadline: { kind: 'exceeded' } }, 'False/ProgressDeadlineExceeded'],
    [
      'late, but moving',
      { before: with_('ProgressDeadlineExceeded'), after: { ...under, availableReplicas: 6 }, deadline: { kind: 'exceeded' } },
      'True/ReplicaSetUpdated',
    ],
    ['late, and there', { before: with_('ProgressDeadlineExceeded'), after: done, deadline: { kind: 'exceeded' } }, 'True/NewReplicaSetAvailable'],
    ['paused', { before: with_('ReplicaSetUpdated'), after: { ...under, ...pause } }, 'Unknown/RolloutPaused'],
    ['paused by a user', { spec: { ...canary, paused: true }, before: with_('ReplicaSetUpdated'), after: under }, 'Unknown/RolloutPaused'],
    ['resumed', { before: with_('RolloutPaused'), after: { ...under, currentStepIndex: 1 } }, 'Unknown/RolloutResumed'],
    ['aborted', { before: with_('RolloutPaused'), after: { ...under, abort: true } }, 'False/RolloutAborted'],
    ['aborted while paused', { spec: { ...canary, paused: true }, after: { ...under, abort: true } }, 'False/RolloutAborted'],
    ['tried again', { before: with_('RolloutAborted'), after: under }, 'Unknown/RolloutRetry'],
    ['another version after an abort', { before: with_('RolloutAborted'), after: { ...under, currentPodHash: 'v3' } }, 'True/ReplicaSetUpdated'],
    ['back to stable after an abort', { before: with_('RolloutAborted'), after: done }, 'True/NewReplicaSetAvailable'],
  ]
  for (const [name, scene, expected] of cases) t.equal(progressing(scene), expected, name)
  const [aborted] = conditions({
    before: { ...under, conditions: conditions({ after: { ...under, abort: true }, abortedBecause: 'too late' }) },
    after: { ...under, abort: true },
  })
  t.equal(aborted?.message, 'too late', 'why it was aborted stays')
  t.end()
})

t.test('available, completed, healthy', (t) => {
  const has = (scene: Scene, type: string): string => conditions(scene).find((condition) => condition.type === type)?.status ?? '-'
  t.equal(has({ after: { ...done, availableReplicas: 4 } }, 'Available'), 'False')
  t.equal(has({ after: { ...done, availableReplicas: 7 } }, 'Available'), 'True')
  t.equal(has({ spec: blueGreen, after: { ...done, blueGreen: {} } }, 'Available'), 'False', 'no Service selects it')
  t.equal(has({ after: done }, 'Completed'), 'True')
  t.equal(has({ after: { ...done, stableRS: '', currentPodHash: '' } }, 'Completed'), 'False')
  for (const [name, spec, after, healthy] of [
    ['canary', canary, done, true],
    ['old pods', canary, { ...done, replicas: 6 }, false],
    ['steps left', canary, { ...done, currentStepIndex: 1 }, false],
    ['no steps', { replicas: 5, strategy: { canary: {} } }, { ...done, currentStepIndex: null }, true],
    ['blue-green', blueGreen, { ...done, replicas: 10 }, true],
    ['another preview', blueGreen, { ...done, blueGreen: { activeSelector: 'v2', previewSelector: 'v1' } }, false],
    ['without preview', { replicas: 5, strategy: { blueGreen: { activeService: 'a' } } }, { ...done, blueGreen: { activeSelector: 'v2' } }, true],
    ['paused', { ...canary, paused: true }, done, false],
    ['nothing wanted', { ...canary, replicas: 0 }, { ...done, replicas: 0, updatedReplicas: 0, availableReplicas: 0 }, true],
  ] as const)
    t.equal(has({ spec, after }, 'Healthy'), healthy ? 'True' : '-', name)
  t.end()
})

t.test('times', (t) => {
  const times = (all: readonly RolloutCondition[], type = 'Progressing'): readonly (string | null | undefined)[] => {
    const found = all.find((condition) => condition.type === type)!
    return [found.lastTransitionTime, found.lastUpdateTime]
  }
  const first = written({ after: under, newReplicaSet: 'created' })
  t.same(times(conditions({ before: first, after: under, seconds: 9 })), [at(0), at(0)], 'nothing happened')
  const moved = written({ before: first, after: { ...under, availableReplicas: 6 }, seconds: 9 })
  t.same(times(moved.conditions!), [at(0), at(9)], 'progress is an update, and no transition')
  const again = written({ before: moved, after: { ...under, availableReplicas: 7 }, seconds: 12 })
  t.same(times(again.conditions!), [at(0), at(12)], 'for the same reason too')
  t.same(times(conditions({ before: again, after: { ...under, availableReplicas: 7, abort: true }, seconds: 20 })), [at(20), at(20)])
  t.same(times(conditions({ before: again, after: done, seconds: 20 }), 'Completed'), [at(20), at(20)])
  t.same(times(conditions({ before: again, after: under, seconds: 20 }), 'Completed'), [at(0), at(0)])
  t.same(conditions({ before: again, after: again, seconds: 99 }), again.conditions, 'at rest not a letter moves')
  t.end()
})

t.test('the deadline', (t) => {
  const facts = (reason: string, isSuspended = false) => ({
    progressing: { type: 'Progressing', status: 'True', reason, lastUpdateTime: at(0) } as RolloutCondition,
    progressDeadlineMs: 600_000,
    isSuspended,
    now: t0 + 600_000,
  })
  t.same(deadlineOf(facts('ReplicaSetUpdated')), { kind: 'runs', until: t0 + 600_000 })
  t.same(deadlineOf({ ...facts('ReplicaSetUpdated'), now: t0 + 600_001 }), { kind: 'exceeded' })
  t.same(deadlineOf({ ...facts('ReplicaSetUpdated', true), now: t0 + 600_001 }), { kind: 'none' })
  t.same(deadlineOf({ ...facts('ProgressDeadlineExceeded'), now: t0 }), { kind: 'exceeded' })
  for (const reason of ['RolloutPaused', 'RolloutAborted', 'NewReplicaSetAvailable'])
    t.same(deadlineOf({ ...facts(reason), now: t0 + 1e9 }), { kind: 'none' }, reason)
  t.same(deadlineOf({ ...facts(''), progressing: undefined }), { kind: 'none' })
  const waiting = { isPaused: false, step: undefined, isDelayRunning: false }
  t.notOk(isDeadlineSuspended(waiting))
  t.notOk(isDeadlineSuspended({ ...waiting, step: { setWeight: 5 } }))
  for (const step of [{ pause: {} }, { analysis: {} }, { experiment: {} }]) t.ok(isDeadlineSuspended({ ...waiting, step }))
  t.ok(isDeadlineSuspended({ ...waiting, isPaused: true }))
  t.ok(isDeadlineSuspended({ ...waiting, isDelayRunning: true }))
  t.end()
})

t.test('phase and message', (t) => {
  const told = (reason: string, status: RolloutCondition['status'] = 'True'): RolloutStatus => ({
    ...under,
    conditions: [{ type: 'Progressing', status, reason, message: 'text' }],
  })
  const invalid: RolloutStatus = { ...done, conditions: invalidSpecConditions([], 'spec.selector: Required value', t0) }
  type Case = {
    readonly is: string
    readonly after: RolloutStatus
    readonly spec?: RolloutSpec
    readonly isRouted?: boolean
    readonly waitsFor?: string
  }
  const cases: readonly Case[] = [
    { is: 'Degraded: InvalidSpec: spec.selector: Required value', after: invalid, spec: { ...canary, paused: true } },
    { is: 'Degraded: RolloutAborted: text', after: told('RolloutAborted', 'False'), spec: { ...canary, paused: true }, waitsFor: 'x' },
    { is: 'Degraded: ProgressDeadlineExceeded: text', after: told('ProgressDeadlineExceeded', 'False') },
    { is: 'Degraded: ProgressDeadlineExceeded: text, x', after: told('ProgressDeadlineExceeded', 'False'), waitsFor: 'x' },
    { is: 'Paused: paused by a user', after: done, spec: { ...canary, paused: true } },
    {
      is: 'Paused: InconclusiveAnalysisRun',
      after: { ...under, pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: at(0) }] },
      waitsFor: 'x',
    },
    { is: `Progressing: waiting for pods from before ${at(9)} to be restarted`, after: done, spec: { ...canary, restartAt: at(9) } },
    { is: 'Healthy: ', after: { ...done, restartedAt: at(9) }, spec: { ...canary, restartAt: at(9) } },
    { is: 'Progressing: 1 of 5 pods are of the wanted version', after: under },
    { is: 'Progressing: NoRoute: nowhere', after: under, waitsFor: 'NoRoute: nowhere' },
    { is: 'Progressing: 3 of 5 pods are available', after: { ...done, availableReplicas: 3 } },
    { is: 'Progressing: waiting for the active Service to select v2', spec: blueGreen, after: { ...done, blueGreen: { activeSelector: 'v1' } } },
    { is: 'Progressing: waiting for v2 to become stable', spec: blueGreen, after: { ...done, stableRS: 'v1' } },
    { is: 'Healthy: ', spec: blueGreen, after: { ...done, replicas: 10 } },
    { is: 'Progressing: waiting for 2 old pods to go', after: { ...done, replicas: 7 } },
    { is: 'Healthy: ', after: { ...done, replicas: 7 }, isRouted: true },
    { is: 'Progressing: waiting for the steps to complete', after: { ...done, stableRS: 'v1' } },
    { is: 'Healthy: ', after: done, waitsFor: 'x' },
  ]
  for (const { is, after, spec = canary, isRouted = false, waitsFor } of cases) {
    const { phase, message } = phaseOf({ rollout: { metadata: { name: 'r' }, spec }, after, isRouted, waitsFor })
    t.equal(`${phase}: ${message}`, is)
  }
  t.end()
})
