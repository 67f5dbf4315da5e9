import t from 'tap'
import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import type { Plan } from '../../../src/cli/patches/plan.ts'
import { type PromoteMode, promotion } from '../../../src/cli/patches/promote.ts'

const steps = [{ setWeight: 5 }, { pause: {} }, { setWeight: 50 }]
const canary: RolloutSpec = { strategy: { canary: { steps } } }
const plain: RolloutSpec = { strategy: { canary: {} } }
const blueGreen: RolloutSpec = { strategy: { blueGreen: { activeService: 'shop' } } }
const under = { currentPodHash: 'new', stableRS: 'old' }
const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }] as const
const inconclusive = { currentStepAnalysisRunStatus: { name: 'a', status: 'Inconclusive' } }

function rollout(spec: RolloutSpec, status: RolloutStatus): Rollout {
  return { metadata: { name: 'shop' }, spec, status }
}

/** `status {…}` and `spec {…}`, as they are sent. */
function sent(plan: Plan): readonly string[] {
  if (plan.kind === 'refused') return [`refused: ${plan.because}`]
  return plan.writes.map(({ subresource = 'main', body }) => `${subresource} ${JSON.stringify(body)}`)
}

t.test('what is sent is what Argo Rollouts’ own tool sends', (t) => {
  const unpause = 'main {"spec":{"paused":false}}'
  const rows: readonly (readonly [what: string, mode: PromoteMode, spec: RolloutSpec, status: RolloutStatus, sent: readonly string[]])[] = [
    [
      'paused by a step',
      'step',
      canary,
      { ...under, currentStepIndex: 1, pauseConditions, controllerPause: true },
      ['status {"status":{"pauseConditions":null}}'],
    ],
    [
      'paused by a step and by hand',
      'step',
      { ...canary, paused: true },
      { ...under, currentStepIndex: 1, pauseConditions },
      ['status {"status":{"pauseConditions":null}}', unpause],
    ],
    ['in an analysis', 'step', canary, { ...under, currentStepIndex: 1 }, ['status {"status":{"pauseConditions":null,"currentStepIndex":2}}']],
    ['before the first step was noted', 'step', canary, under, ['status {"status":{"pauseConditions":null,"currentStepIndex":1}}']],
    ['at the end', 'step', canary, { ...under, currentStepIndex: 3 }, ['status {"status":{"pauseConditions":null,"currentStepIndex":3}}']],
    [
      'an inconclusive analysis',
      'step',
      canary,
      { ...under, currentStepIndex: 1, pauseConditions, controllerPause: true, canary: inconclusive },
      ['status {"status":{"pauseConditions":null,"controllerPause":false,"currentStepIndex":2}}'],
    ],
    ['paused by hand alone', 'step', { ...plain, paused: true }, under, [unpause]],
    ['nothing to wait for', 'step', plain, under, []],
    ['blue-green, paused', 'step', blueGreen, { ...under, pauseConditions }, ['status {"status":{"pauseConditions":null}}']],
    ['blue-green, not paused', 'step', blueGreen, under, []],
    ['to the end', 'full', canary, { ...under, currentStepIndex: 1, pauseConditions }, ['status {"status":{"promoteFull":true}}']],
    ['to the end, paused by hand', 'full', { ...canary, paused: true }, under, ['status {"status":{"promoteFull":true}}', unpause]],
    ['to the end, at the end', 'full', canary, { currentPodHash: 'new', stableRS: 'new' }, []],
    ['one step, as of old', 'skipStep', canary, { ...under, currentStepIndex: 1 }, ['status {"status":{"currentStepIndex":2}}']],
    ['all steps, as of old', 'skipAll', canary, under, ['status {"status":{"currentStepIndex":3}}']],
    ['steps of none', 'skipAll', plain, under, ['refused: it has no steps to skip; promote it without flags, or with --full']],
    [
      'steps of blue-green',
      'skipStep',
      blueGreen,
      under,
      ['refused: a blue-green rollout has no steps to skip; promote it without flags, or with --full'],
    ],
  ]
  for (const [what, mode, spec, status, expected] of rows) {
    const given = rollout(spec, status)
    t.same(sent(promotion(mode)(given, given)), expected, what)
  }
  t.end()
})

t.test('L1: what has come about is not asked for twice', (t) => {
  const first = rollout(canary, { ...under, currentStepIndex: 1, pauseConditions })
  const analysis = rollout(canary, { ...under, currentStepIndex: 1 })
  const again = { reason: 'CanaryPauseStep', startTime: '2026-01-01T00:01:00Z' } as const
  const rows: readonly (readonly [what: string, mode: PromoteMode, first: Rollout, now: Rollout, sent: number])[] = [
    ['still paused there', 'step', first, rollout(canary, { ...under, currentStepIndex: 1, pauseConditions }), 1],
    ['not paused any more', 'step', first, rollout(canary, { ...under, currentStepIndex: 1 }), 0],
    ['paused at a later step', 'step', first, rollout(canary, { ...under, currentStepIndex: 2, pauseConditions: [again] }), 0],
    ['paused there anew', 'step', first, rollout(canary, { ...under, currentStepIndex: 1, pauseConditions: [again] }), 0],
    ['the same step of an analysis', 'step', analysis, rollout(canary, { ...under, currentStepIndex: 1 }), 1],
    ['past the analysis', 'step', analysis, rollout(canary, { ...under, currentStepIndex: 2 }), 0],
    ['on its way to the end', 'full', first, rollout(canary, { ...under, promoteFull: true }), 0],
  ]
  for (const [what, mode, first, now, count] of rows) t.equal(sent(promotion(mode)(now, first)).length, count, what)
  const other = rollout(canary, { currentPodHash: 'newer', stableRS: 'old' })
  t.match(promotion('full')(other, first), { kind: 'refused', because: /another version was set meanwhile/ })
  t.end()
})
