/** Where a Rollout stands among its steps, and what it waits for next. */

import { parsePauseDuration } from '../../api/duration.ts'
import type { CanaryStep, Rollout } from '../../api/rollout.ts'
import { msOf } from '../../api/time.ts'
import { humanDuration } from './ages.ts'

export type StepPosition = {
  /** Steps that are done. */
  readonly index: number
  readonly steps: readonly CanaryStep[]
  /** Undefined: all are done, or there are none. */
  readonly current: CanaryStep | undefined
}

/** Undefined: no canary. */
export function stepPosition({ spec, status }: Rollout): StepPosition | undefined {
  const canary = spec.strategy?.canary
  if (canary === undefined) return undefined
  const { steps = [] } = canary
  const index = status?.currentStepIndex ?? 0
  return { index, steps, current: steps[index] }
}

/** What the steps so far want the canary to have, of `maxTrafficWeight`. */
export function setWeight(rollout: Rollout, { index, steps, current }: StepPosition): number {
  if (rollout.status?.abort === true) return 0
  if (current === undefined) return totalWeight(rollout)
  return steps.slice(0, index + 1).findLast((step) => step.setWeight !== undefined)?.setWeight ?? 0
}

/** What the canary has, by what its controller observed; `canaryAvailable`: its available pods. */
export function actualWeight(rollout: Rollout, position: StepPosition, canaryAvailable: number): number {
  const { spec, status = {} } = rollout
  const { availableReplicas = 0 } = status
  if (position.current === undefined) return totalWeight(rollout)
  if (availableReplicas === 0) return 0
  const isRouted = spec.strategy?.canary?.trafficRouting !== undefined || status.spillway?.router === 'edge'
  if (isRouted) return status.canary?.weights?.canary.weight ?? setWeight(rollout, position)
  return Math.trunc((canaryAvailable * totalWeight(rollout)) / availableReplicas)
}

export function totalWeight({ spec }: Rollout): number {
  return spec.strategy?.canary?.trafficRouting?.maxTrafficWeight ?? 100
}

/** `setWeight 20`, `pause 1m`, `analysis` … */
export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight ${step.setWeight}`
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause ${step.pause.duration}`
  if (step.setCanaryScale !== undefined) return `setCanaryScale ${scaleText(step.setCanaryScale)}`
  if (step.setHeaderRoute !== undefined) return `setHeaderRoute ${step.setHeaderRoute.name}`
  if (step.setMirrorRoute !== undefined) return `setMirrorRoute ${step.setMirrorRoute.name}`
  if (step.plugin !== undefined) return `plugin ${step.plugin.name ?? ''}`.trimEnd()
  return Object.keys(step)[0] ?? 'an empty step'
}

function scaleText({ weight, replicas, matchTrafficWeight }: NonNullable<CanaryStep['setCanaryScale']>): string {
  if (matchTrafficWeight === true) return 'matchTrafficWeight'
  return replicas === undefined ? `weight ${weight ?? 0}` : `replicas ${replicas}`
}

/** `program`: how the user calls this. Undefined where nothing is waited for that has a time or a person. */
export function nextText(rollout: Rollout, now: number, program: string): string | undefined {
  const { metadata, spec, status = {} } = rollout
  const command = `${program} promote ${metadata.name}`
  if (status.abort === true) return `nothing; to begin again: ${program} retry rollout ${metadata.name}; to go back: ${program} undo ${metadata.name}`
  if (spec.paused === true) return `when resumed: ${command}`
  const [pause] = status.pauseConditions ?? []
  if (pause === undefined) return undefined
  const untilMs = endOf(rollout, msOf(pause.startTime))
  const what = nextOf(rollout)
  if (untilMs === undefined) return `${what} when promoted: ${command}`
  return untilMs <= now ? `${what} now` : `${what} in ${humanDuration(untilMs - now + 999)}`
}

function nextOf(rollout: Rollout): string {
  const position = stepPosition(rollout)
  if (position === undefined) return 'the switch'
  const step = position.steps[position.index + 1]
  return step === undefined ? '100 %' : `step ${position.index + 1}/${position.steps.length} (${stepText(step)})`
}

/** When a pause ends by itself; undefined: never. */
function endOf({ spec, status }: Rollout, startMs: number | undefined): number | undefined {
  if (startMs === undefined || status?.pauseConditions?.[0]?.reason.startsWith('Inconclusive')) return undefined
  const { canary, blueGreen } = spec.strategy ?? {}
  if (canary !== undefined) {
    const duration = canary.steps?.[status?.currentStepIndex ?? 0]?.pause?.duration
    const lasts = parsePauseDuration(duration)
    return lasts.ok ? startMs + lasts.ms : undefined
  }
  if (blueGreen === undefined || blueGreen.autoPromotionEnabled === false || !blueGreen.autoPromotionSeconds) return undefined
  return startMs + blueGreen.autoPromotionSeconds * 1_000
}
