import t from 'tap'
import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import { phaseOf } from '../../../src/cli/views/phase.ts'

function rollout(generation: number, status: RolloutStatus | undefined, spec: RolloutSpec = {}): Rollout {
  return { metadata: { name: 'shop', generation }, spec: { replicas: 2, strategy: { canary: {} }, ...spec }, ...(status && { status }) }
}

const healthy: RolloutStatus = { observedGeneration: '3', replicas: 2, updatedReplicas: 2, availableReplicas: 2, stableRS: 'a', currentPodHash: 'a' }

t.test('the phase that the controller wrote', (t) => {
  const rows: readonly (readonly [what: string, rollout: Rollout, said: string])[] = [
    ['is taken as it is', rollout(3, { ...healthy, phase: 'Degraded', message: 'RolloutAborted: by hand' }), 'Degraded RolloutAborted: by hand'],
    [
      'not before the newest spec is observed',
      rollout(4, { ...healthy, phase: 'Healthy' }),
      'Progressing the newest change of the spec is not observed yet',
    ],
    ['where it counts beyond', rollout(3, { ...healthy, observedGeneration: '4', phase: 'Healthy' }), 'Healthy '],
    ['where it counts otherwise', rollout(3, { ...healthy, observedGeneration: '5f4c', phase: 'Healthy' }), 'Healthy '],
    ['where it does not count', rollout(3, { phase: 'Healthy' }), 'Healthy '],
    [
      'not while a pause ends',
      rollout(3, { ...healthy, phase: 'Paused', controllerPause: true }),
      'Progressing the end of the pause is not observed yet',
    ],
    [
      'while a pause lasts',
      rollout(3, {
        ...healthy,
        phase: 'Paused',
        message: 'CanaryPauseStep',
        controllerPause: true,
        pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '' }],
      }),
      'Paused CanaryPauseStep',
    ],
  ]
  for (const [what, given, said] of rows) t.equal(Object.values(phaseOf(given)).join(' '), said, what)
  t.end()
})

t.test('where it wrote none', (t) => {
  const invalid = [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: 'no template' }] as const
  const aborted = [{ type: 'Progressing', status: 'False', reason: 'RolloutAborted', message: 'by hand' }] as const
  const blueGreen = { strategy: { blueGreen: { activeService: 'shop' } } }
  const rows: readonly (readonly [status: RolloutStatus | undefined, spec: RolloutSpec, said: string])[] = [
    [undefined, {}, 'Progressing more replicas need to be updated'],
    [healthy, {}, 'Healthy '],
    [{ ...healthy, conditions: invalid }, {}, 'Degraded InvalidSpec: no template'],
    [{ ...healthy, conditions: aborted }, {}, 'Degraded RolloutAborted: by hand'],
    [healthy, { paused: true }, 'Paused manually paused'],
    [{ ...healthy, pauseConditions: [{ reason: 'BlueGreenPause', startTime: '' }] }, {}, 'Paused BlueGreenPause'],
    [healthy, { restartAt: '2026-01-01T00:00:00Z' }, 'Progressing pods are being restarted'],
    [{ ...healthy, updatedReplicas: 1 }, {}, 'Progressing more replicas need to be updated'],
    [{ ...healthy, availableReplicas: 1 }, {}, 'Progressing updated replicas are still becoming available'],
    [{ ...healthy, replicas: 3 }, {}, 'Progressing old replicas are still terminating'],
    [{ ...healthy, replicas: 3 }, { strategy: { canary: { trafficRouting: {} } } }, 'Healthy '],
    [{ ...healthy, currentPodHash: 'b' }, {}, 'Progressing waiting for all steps to complete'],
    [{ ...healthy, currentPodHash: 'b', blueGreen: { activeSelector: 'a' } }, blueGreen, 'Progressing the active service is still to be switched'],
    [{ ...healthy, currentPodHash: 'b', blueGreen: { activeSelector: 'b' } }, blueGreen, 'Progressing waiting for the analysis after the promotion'],
    [{ ...healthy, blueGreen: { activeSelector: 'a' } }, blueGreen, 'Healthy '],
  ]
  for (const [status, spec, said] of rows) t.equal(Object.values(phaseOf(rollout(3, status, spec))).join(' '), said)
  t.end()
})
