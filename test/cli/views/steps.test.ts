import t from 'tap'
import type { CanaryStep, Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import { actualWeight, nextText, setWeight, stepPosition, stepText } from '../../../src/cli/views/steps.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const startTime = '2026-03-01T11:59:30Z'

function canary(steps: readonly CanaryStep[], status: RolloutStatus, spec: RolloutSpec = {}, strategy: object = {}): Rollout {
  return { metadata: { name: 'shop' }, spec: { strategy: { canary: { steps, ...strategy } }, ...spec }, status }
}

const steps: readonly CanaryStep[] = [{ pause: {} }, { setWeight: 20 }, { pause: { duration: '1m' } }, { setWeight: 60 }, { pause: { duration: 5 } }]

t.test('weights: as the steps want them, and as they are', (t) => {
  const routed = { trafficRouting: { maxTrafficWeight: 1_000 } }
  const weights = { canary: { weights: { canary: { weight: 150 }, stable: { weight: 850 } } } }
  const rows: readonly (readonly [rollout: Rollout, set: number, actual: number])[] = [
    [canary(steps, { currentStepIndex: 0, availableReplicas: 4 }), 0, 50],
    [canary(steps, { currentStepIndex: 1, availableReplicas: 4 }), 20, 50],
    [canary(steps, { currentStepIndex: 2, availableReplicas: 3 }), 20, 66],
    [canary(steps, { currentStepIndex: 4, availableReplicas: 0 }), 60, 0],
    [canary(steps, { currentStepIndex: 5, availableReplicas: 4 }), 100, 100],
    [canary([], {}), 100, 100],
    [canary(steps, { currentStepIndex: 4, abort: true, availableReplicas: 4 }), 0, 50],
    [canary(steps, { currentStepIndex: 2, availableReplicas: 4, ...weights }, {}, routed), 20, 150],
    [canary(steps, { currentStepIndex: 2, availableReplicas: 4 }, {}, routed), 20, 20],
    [canary(steps, { currentStepIndex: 5 }, {}, routed), 1_000, 1_000],
    [canary(steps, { currentStepIndex: 2, availableReplicas: 4, spillway: { router: 'edge' }, ...weights }), 20, 150],
  ]
  for (const [index, [rollout, set, actual]] of rows.entries()) {
    const position = stepPosition(rollout)!
    t.same([setWeight(rollout, position), actualWeight(rollout, position, 2)], [set, actual], `row ${index}`)
  }
  t.equal(stepPosition({ metadata: { name: 'shop' }, spec: { strategy: { blueGreen: { activeService: 'a' } } } }), undefined)
  t.end()
})

t.test('what comes next, and when', (t) => {
  const paused = { pauseConditions: [{ reason: 'CanaryPauseStep', startTime }] } as const
  const inconclusive = { pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime }] } as const
  const blueGreen = (fields: object): Rollout => ({
    metadata: { name: 'shop' },
    spec: { strategy: { blueGreen: { activeService: 'a', ...fields } } },
    status: { pauseConditions: [{ reason: 'BlueGreenPause', startTime }] },
  })
  const rows: readonly (readonly [rollout: Rollout, next: string | undefined])[] = [
    [canary(steps, {}), undefined],
    [canary(steps, { ...paused, currentStepIndex: 0 }), 'step 1/5 (setWeight 20) when promoted: spillway promote shop'],
    [canary(steps, { ...paused, currentStepIndex: 2 }), 'step 3/5 (setWeight 60) in 30s'],
    [canary(steps, { ...paused, currentStepIndex: 4 }), '100 % now'],
    [canary(steps, { ...inconclusive, currentStepIndex: 2 }), 'step 3/5 (setWeight 60) when promoted: spillway promote shop'],
    [canary(steps, {}, { paused: true }), 'when resumed: spillway promote shop'],
    [canary(steps, { abort: true }), 'nothing; to begin again: spillway retry rollout shop; to go back: spillway undo shop'],
    [blueGreen({}), 'the switch when promoted: spillway promote shop'],
    [blueGreen({ autoPromotionSeconds: 90 }), 'the switch in 60s'],
    [blueGreen({ autoPromotionSeconds: 90, autoPromotionEnabled: false }), 'the switch when promoted: spillway promote shop'],
  ]
  for (const [rollout, next] of rows) t.equal(nextText(rollout, now, 'spillway'), next)
  t.end()
})

t.test('steps in a few words', (t) => {
  for (const [step, text] of [
    [{ setWeight: 5 }, 'setWeight 5'],
    [{ pause: {} }, 'pause'],
    [{ pause: { duration: '1h' } }, 'pause 1h'],
    [{ setCanaryScale: { replicas: 3 } }, 'setCanaryScale replicas 3'],
    [{ setCanaryScale: { weight: 3 } }, 'setCanaryScale weight 3'],
    [{ setCanaryScale: { matchTrafficWeight: true } }, 'setCanaryScale matchTrafficWeight'],
    [{ setHeaderRoute: { name: 'qa' } }, 'setHeaderRoute qa'],
    [{ setMirrorRoute: { name: 'shadow' } }, 'setMirrorRoute shadow'],
    [{ analysis: {} }, 'analysis'],
    [{ plugin: { name: 'a/b' } }, 'plugin a/b'],
    [{}, 'an empty step'],
  ] as const)
    t.equal(stepText(step), text)
  t.end()
})
