/** The wire status, whole: what other programs wrote into it and nobody here knows stays. */
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { invalidSpecConditions } from './conditions.ts'
import type { Instant } from './observed.ts'
import { phaseOf } from './phase.ts'
import type { Router } from './router.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import { told } from './tell.ts'
import type { View } from './view.ts'

export type Rendered = { readonly decided: StrategyDecision; readonly router: Router; readonly upkeep: Pick<RolloutStatus, 'restartedAt'> }

export function render(view: View, { decided, router, upkeep }: Rendered): RolloutStatus {
  const counts = countsOf(view)
  const after = stripped({
    ...view.status,
    ...counts,
    observedGeneration: generationText(view.rollout),
    HPAReplicas: counts.replicas,
    selector: selectorText(view),
    currentPodHash: view.hash,
    collisionCount: view.collisionCount,
    ...upkeep,
    spillway: { ...view.status.spillway, router },
    ...decided.status,
  })
  return stripped(told(view, after, { router, waits: decided.waits, abortedBecause: decided.abortedBecause }))
}

/** Of a spec that cannot be carried out: all else stays as it was. */
export function renderInvalid(rollout: Rollout, message: string, now: Instant): RolloutStatus {
  const { status = {} } = rollout
  const conditions = invalidSpecConditions(status.conditions ?? [], message, now)
  const after = { ...status, observedGeneration: generationText(rollout), conditions }
  return stripped({ ...after, ...phaseOf({ rollout, after, isRouted: false, waitsFor: undefined }) })
}

function generationText({ metadata }: Rollout): string {
  return String(metadata.generation ?? 0)
}

function countsOf({ sets, newSet }: View): Pick<RolloutStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'> {
  const sum = (read: (set: View['sets'][number]) => number): number => sets.reduce((total, set) => total + read(set), 0)
  return {
    replicas: sum(({ present }) => present),
    updatedReplicas: newSet?.present ?? 0,
    readyReplicas: sum(({ ready }) => ready),
    availableReplicas: sum(({ available }) => available),
  }
}

/** `a=b,c=d`, as the scale subresource has it. */
function selectorText({ rollout }: View): string {
  const labels = Object.entries(rollout.spec.selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return labels.map(([key, value]) => `${key}=${value}`).join(',')
}

/** Readers take absent, null, false and '' alike, and only absent is left alone by every API server. */
function stripped(status: StrategyDecision['status']): RolloutStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined && value !== null && value !== false && value !== ''))
}
