// What is told of a pass, in which order, and what is not told twice.
import t from 'tap'
import type { RolloutCondition, RolloutStatus } from '../../../src/api/rollout.ts'
import type { Action } from '../../../src/core/rollout/decision.ts'
import { eventsOf } from '../../../src/core/rollout/events.ts'
import { failureText } from '../../../src/core/rollout/failureText.ts'

const target = { name: 'r-v2', uid: 'u' }
const create: Action = {
  kind: 'createReplicaSet',
  replicaSet: { metadata: { name: 'r-v2', annotations: { 'rollout.argoproj.io/revision': '2' } }, spec: { selector: {} } },
}
const revise: Action = { kind: 'annotateRollout', annotations: { 'rollout.argoproj.io/revision': '2' } }
const grow: Action = { kind: 'scaleReplicaSet', target, from: 0, to: 2, annotations: {} }
const shrink: Action = { kind: 'scaleReplicaSet', target, from: 2, to: 0, annotations: {} }
const select: Action = { kind: 'selectPods', target: { name: 'active', uid: 's' }, from: 'v1', to: 'v2' }

const condition = (type: RolloutCondition['type'], status: RolloutCondition['status'], reason = ''): RolloutCondition => ({
  type,
  status,
  reason,
  message: 'why',
})
const settled: RolloutStatus = {
  observedGeneration: '1',
  currentPodHash: 'v1',
  stableRS: 'v1',
  currentStepIndex: 2,
  conditions: [condition('Completed', 'True')],
}
const stepping: RolloutStatus = {
  ...settled,
  currentPodHash: 'v2',
  currentStepIndex: 0,
  phase: 'Progressing',
  conditions: [condition('Completed', 'False')],
}
const weighed = (weight: number): RolloutStatus => ({ ...stepping, canary: { weights: { canary: { weight }, stable: { weight: 100 - weight } } } })
const having = (...conditions: RolloutCondition[]): RolloutStatus => ({ ...stepping, conditions: [...stepping.conditions!, ...conditions] })

type Case = {
  readonly name: string
  readonly executed?: readonly Action[]
  readonly before?: RolloutStatus
  readonly after: RolloutStatus
  readonly told: string
}

const cases: readonly Case[] = [
  {
    name: 'the first pass',
    executed: [revise, create],
    after: { observedGeneration: '1', currentPodHash: 'v2', conditions: [condition('Completed', 'False')] },
    told: 'RolloutAddedToInformer RolloutUpdated NewReplicaSetCreated RolloutNotCompleted',
  },
  {
    name: 'the first version is stable at once',
    executed: [grow],
    before: { observedGeneration: '1', currentPodHash: 'v2', currentStepIndex: 0, conditions: [condition('Completed', 'False')] },
    after: { observedGeneration: '1', currentPodHash: 'v2', stableRS: 'v2', currentStepIndex: 2, conditions: [condition('Completed', 'True')] },
    told: 'ScalingReplicaSet RolloutCompleted',
  },
  {
    name: 'a new version',
    executed: [revise, create],
    before: settled,
    after: stepping,
    told: 'RolloutUpdated NewReplicaSetCreated RolloutNotCompleted',
  },
  { name: 'at rest', before: stepping, after: stepping, told: '' },
  { name: 'weight', before: weighed(0), after: weighed(20), told: 'TrafficWeightUpdated' },
  {
    name: 'a step',
    executed: [grow],
    before: weighed(20),
    after: { ...weighed(20), currentStepIndex: 1 },
    told: 'ScalingReplicaSet RolloutStepCompleted',
  },
  {
    name: 'a step that pauses the next',
    before: stepping,
    after: { ...having(condition('Paused', 'True')), currentStepIndex: 1, pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '' }] },
    told: 'RolloutStepCompleted RolloutPaused',
  },
  {
    name: 'resumed',
    before: having(condition('Paused', 'True')),
    after: having(condition('Paused', 'False')),
    told: 'RolloutResumed',
  },
  {
    name: 'aborted',
    executed: [shrink],
    before: { ...having(condition('Paused', 'True')), currentStepIndex: 1 },
    after: {
      ...having(condition('Paused', 'False'), condition('Progressing', 'False', 'RolloutAborted')),
      abort: true,
      phase: 'Degraded',
      message: 'RolloutAborted: why',
    },
    told: 'RolloutAborted! ScalingReplicaSet',
  },
  {
    name: 'aborted since long',
    before: { ...having(condition('Progressing', 'False', 'RolloutAborted')), phase: 'Degraded', message: 'RolloutAborted: why' },
    after: { ...having(condition('Progressing', 'False', 'RolloutAborted')), phase: 'Degraded', message: 'RolloutAborted: why, still' },
    told: '',
  },
  {
    name: 'too late',
    before: stepping,
    after: { ...having(condition('Progressing', 'False', 'ProgressDeadlineExceeded')), phase: 'Degraded', message: 'ProgressDeadlineExceeded: why' },
    told: 'ProgressDeadlineExceeded!',
  },
  {
    name: 'promoted in full',
    before: { ...stepping, promoteFull: true },
    after: { ...settled, currentPodHash: 'v2', stableRS: 'v2' },
    told: 'RolloutCompleted',
  },
  {
    name: 'the stable version again',
    executed: [revise],
    before: { ...stepping, currentStepIndex: 1 },
    after: settled,
    told: 'RolloutUpdated SkipSteps',
  },
  { name: 'Services', executed: [select, { ...select, to: null }], before: stepping, after: stepping, told: 'SwitchService SwitchService' },
  { name: 'a concern', before: stepping, after: { ...stepping, message: 'NoReadyEdge: no edge is ready' }, told: 'NoReadyEdge!' },
  {
    name: 'the same concern, counted otherwise',
    before: { ...stepping, message: 'CrashLoopBackOff: 2 of 5' },
    after: { ...stepping, message: 'CrashLoopBackOff: 3 of 5' },
    told: '',
  },
  {
    name: 'another concern',
    before: { ...stepping, message: 'CrashLoopBackOff: 2 of 5' },
    after: { ...stepping, message: 'NoRoute: nowhere' },
    told: 'NoRoute!',
  },
  { name: 'no concern', before: stepping, after: { ...stepping, message: 'waiting for pods: 1 of 2' }, told: '' },
  {
    name: 'a spec that is not valid',
    before: settled,
    after: {
      ...settled,
      phase: 'Degraded',
      message: 'InvalidSpec: spec.selector',
      conditions: [...settled.conditions!, condition('InvalidSpec', 'True')],
    },
    told: 'InvalidSpec!',
  },
]

t.test('reasons in order', (t) => {
  for (const { name, executed = [], before, after, told } of cases) {
    const events = eventsOf(executed, before, after)
    t.equal(events.map(({ type, reason }) => `${reason}${type === 'Warning' ? '!' : ''}`).join(' '), told, name)
    for (const { message } of events) t.ok(message.length > 0, message)
  }
  t.end()
})

t.test('what failed', (t) => {
  const failure = { action: 'createReplicaSet', object: 'r-v2', reason: 'Forbidden', message: 'exceeded quota' }
  t.equal(failureText(failure), 'ReplicaSetCreateError: createReplicaSet r-v2 failed: exceeded quota')
  t.match(failureText({ ...failure, action: 'updateSplit' }), /^TrafficRoutingError: /)
  t.match(failureText({ ...failure, action: 'scaleReplicaSet' }), /^ReplicaSetUpdateError: /)
  t.match(failureText({ ...failure, action: 'selectPods' }), /^ReconciliationError: /)
  t.equal(failureText({ ...failure, reason: 'Conflict' }), undefined)
  t.equal(failureText(undefined), undefined)
  t.end()
})
