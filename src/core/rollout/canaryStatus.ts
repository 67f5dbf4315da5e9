/** A canary's own part of the wire status. */
import type { CanaryStatus, TrafficWeights } from '../../api/rollout.ts'
import { timestampOf } from '../../api/time.ts'
import type { CanaryPass } from './canaryPass.ts'
import { isEqual } from './equal.ts'
import type { Progress } from './parse.ts'
import type { Router } from './router.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import { hashOfSteps } from './templateHash.ts'
import { observedWeights } from './traffic.ts'

/** `progress` as it shall stand. */
export function canaryStatus(pass: CanaryPass, progress: Progress, router: Router): StrategyDecision['status'] {
  return { ...flagsOf(pass, progress), canary: weightedStatus(pass, router), blueGreen: {} }
}

function flagsOf({ canary }: CanaryPass, progress: Progress): StrategyDecision['status'] {
  const { steps } = canary
  const indexed = (index: number): number | null => (steps.length === 0 ? null : index)
  const none: StrategyDecision['status'] = {
    currentStepIndex: indexed(steps.length),
    currentStepHash: hashOfSteps(steps),
    pauseConditions: null,
    controllerPause: false,
    abort: false,
    abortedAt: null,
    promoteFull: false,
  }
  switch (progress.kind) {
    case 'initial':
    case 'settled':
      return none
    case 'promotingFully':
      return { ...none, promoteFull: true }
    case 'aborted':
      return { ...none, currentStepIndex: indexed(0), abort: true, abortedAt: timestampOf(progress.since) }
    case 'stepping': {
      const { pause, stepIndex } = progress
      const isPaused = pause.kind === 'paused'
      return { ...none, currentStepIndex: indexed(stepIndex), pauseConditions: isPaused ? pause.conditions : null, controllerPause: isPaused }
    }
  }
}

function weightedStatus(pass: CanaryPass, router: Router): CanaryStatus {
  const { weights: _, ...rest } = pass.view.status.canary ?? {}
  return router === 'edge' ? { ...rest, weights: weightsOf(pass) } : rest
}

/** As the split was seen to have them. */
function weightsOf(pass: CanaryPass): TrafficWeights {
  const { view, canary } = pass
  const shares = observedWeights(pass)
  const stable = view.stableSet?.hash ?? view.hash
  const newHash = view.newSet === undefined ? stable : view.hash
  const named = (name: string | undefined): { serviceName?: string } => (name === undefined ? {} : { serviceName: name })
  const additional = [...shares].filter(([hash, weight]) => hash !== stable && hash !== newHash && weight > 0)
  const weights: TrafficWeights = {
    canary: { weight: newHash === stable ? 0 : (shares.get(newHash) ?? 0), ...named(canary.canaryService), podTemplateHash: newHash },
    stable: { weight: shares.get(stable) ?? 0, ...named(canary.stableService), podTemplateHash: stable },
    ...(additional.length > 0 && { additional: additional.map(([podTemplateHash, weight]) => ({ weight, podTemplateHash })) }),
  }
  return { ...weights, verified: isVerified(pass, weights) }
}

/** What every edge once served by stays verified until the shares change: an edge that starts anew takes nothing back. */
function isVerified({ view: { edges, status } }: CanaryPass, weights: TrafficWeights): boolean {
  if (edges.isAcknowledged) return true
  const before = status.canary?.weights
  const isServed = edges.speaking.every(({ applied }) => applied !== undefined && applied.uid === edges.split?.metadata.uid)
  return before?.verified === true && isServed && isEqual(sharesIn(before), sharesIn(weights))
}

/** By version, whatever its role is just now. */
function sharesIn({ canary, stable, additional = [] }: TrafficWeights): Readonly<Record<string, number>> {
  const shares = [canary, stable, ...additional].filter(({ weight }) => weight > 0)
  return Object.fromEntries(shares.map(({ podTemplateHash = '', weight }) => [podTemplateHash, weight]))
}
