import t from 'tap'
import type { Rollout, RolloutStatus } from '../../src/api/rollout.ts'
import { shopSteps } from '../../src/demo/shop.ts'
import { type Chapter, tell } from '../../src/demo/story.ts'

function rollout(status: RolloutStatus): Rollout {
  return { metadata: { name: 'shop' }, spec: { strategy: { canary: { steps: shopSteps } } }, status }
}
const paused = (currentStepIndex: number): RolloutStatus => ({
  phase: 'Paused',
  currentStepIndex,
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }],
})
const opening: Chapter = { kind: 'opening' }
const releasing: Chapter = { kind: 'releasing' }
const told: Chapter = { kind: 'told' }

/** Nothing where `args` is absent. */
const cases: readonly { name: string; chapter: Chapter; status: RolloutStatus; sinceMs: number; isBad?: boolean; next: Chapter; args?: string }[] = [
  { name: 'v1 is not there yet', chapter: opening, status: { phase: 'Progressing' }, sinceMs: 60_000, next: opening },
  { name: 'v1 is seen for a while', chapter: opening, status: { phase: 'Healthy' }, sinceMs: 3_900, next: opening },
  {
    name: 'then v2 comes',
    chapter: opening,
    status: { phase: 'Healthy' },
    sinceMs: 4_000,
    next: releasing,
    args: 'set image shop app=spillway/demo:v2',
  },
  {
    name: 'or a bad v3',
    chapter: opening,
    status: { phase: 'Healthy' },
    sinceMs: 4_000,
    isBad: true,
    next: releasing,
    args: 'set image shop app=spillway/demo:v3',
  },
  { name: 'a pause without end lasts a while', chapter: releasing, status: paused(1), sinceMs: 7_900, next: releasing },
  { name: 'then the story goes on', chapter: releasing, status: paused(1), sinceMs: 8_000, next: told, args: 'promote shop' },
  { name: 'a pause of some seconds ends by itself', chapter: releasing, status: paused(3), sinceMs: 60_000, next: releasing },
  { name: 'what fails is not promoted', chapter: releasing, status: paused(1), sinceMs: 60_000, isBad: true, next: told },
  { name: 'what was aborted stays so', chapter: releasing, status: { phase: 'Degraded', currentStepIndex: 0 }, sinceMs: 60_000, next: releasing },
  { name: 'after that the user plays', chapter: told, status: paused(1), sinceMs: 60_000, next: told },
]
for (const { name, chapter, status, sinceMs, isBad = false, next, args } of cases)
  t.test(name, (t) => {
    const { chapter: after, move } = tell(chapter, rollout(status), { sinceMs, isBad })
    t.same(after, next)
    t.equal(move?.args.join(' '), args)
    t.end()
  })
