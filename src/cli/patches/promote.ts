import type { Rollout } from '../../api/rollout.ts'
import { type MergeBody, type Plan, type Wish, type Write, writes } from './plan.ts'

export type PromoteMode =
  /** Past what it waits for now. */
  | 'step'
  /** To the end, past everything. */
  | 'full'
  /** As `step` and to the end, without a look at pauses: only for who still uses these flags. */
  | 'skipStep'
  | 'skipAll'

export function promotion(mode: PromoteMode): Wish<Rollout> {
  return (now, first) => {
    const { canary, blueGreen } = now.spec.strategy ?? {}
    if ((mode === 'skipStep' || mode === 'skipAll') && blueGreen !== undefined)
      return { kind: 'refused', because: 'a blue-green rollout has no steps to skip; promote it without flags, or with --full' }
    if ((mode === 'skipStep' || mode === 'skipAll') && (canary?.steps ?? []).length === 0)
      return { kind: 'refused', because: 'it has no steps to skip; promote it without flags, or with --full' }
    if (now.status?.currentPodHash !== first.status?.currentPodHash)
      return { kind: 'refused', because: 'another version was set meanwhile; look at it, and promote that one if it is what you want' }
    return mode === 'full' ? full(now) : step(now, first, mode)
  }
}

function full(now: Rollout): Plan {
  const { currentPodHash, stableRS, promoteFull } = now.status ?? {}
  const isDone = currentPodHash === stableRS || promoteFull === true
  return writes(...(isDone ? [] : [onStatus({ promoteFull: true })]), ...unpause(now))
}

function step(now: Rollout, first: Rollout, mode: 'step' | 'skipStep' | 'skipAll'): Plan {
  const wanted = stepStatus(first, mode)
  const skips = mode === 'skipStep' || mode === 'skipAll'
  return writes(...(wanted === undefined || isBeyond(now, first, wanted) ? [] : [onStatus(wanted)]), ...(skips ? [] : unpause(now)))
}

/** What the status must say; undefined: it has nothing that could be promoted. */
function stepStatus({ spec, status = {} }: Rollout, mode: 'step' | 'skipStep' | 'skipAll'): MergeBody | undefined {
  const { canary } = spec.strategy ?? {}
  const count = canary?.steps?.length ?? 0
  const next = Math.min((status.currentStepIndex ?? 0) + 1, count)
  if (mode === 'skipAll') return { currentStepIndex: count }
  if (mode === 'skipStep') return { currentStepIndex: next }
  const isPaused = (status.pauseConditions ?? []).length > 0
  const isInconclusive = status.canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive'
  if (isPaused && isInconclusive && status.controllerPause === true && count > 0)
    return { pauseConditions: null, controllerPause: false, currentStepIndex: next }
  if (isPaused) return { pauseConditions: null }
  // In the middle of an analysis or an experiment.
  return count > 0 ? { pauseConditions: null, currentStepIndex: next } : undefined
}

/** Whether that has come about since, by this hand or another. */
function isBeyond(now: Rollout, first: Rollout, wanted: MergeBody): boolean {
  if (now === first) return false
  const before = first.status?.currentStepIndex ?? 0
  const index = now.status?.currentStepIndex ?? 0
  if (typeof wanted['currentStepIndex'] === 'number') return index >= wanted['currentStepIndex']
  const pauses = now.status?.pauseConditions ?? []
  // A pause that began later is another one.
  return index > before || pauses.length === 0 || pauses[0]?.startTime !== first.status?.pauseConditions?.[0]?.startTime
}

function onStatus(status: MergeBody): Write {
  return { subresource: 'status', body: { status }, isGuarded: true }
}

function unpause({ spec }: Rollout): readonly Write[] {
  return spec.paused === true ? [{ body: { spec: { paused: false } } }] : []
}
