/** The wire status, but for what `tell` adds: what other programs wrote into it and nobody here knows stays. */
import type { CanaryStatus, RolloutStatus, TrafficWeights } from '../../api/rollout.ts'
import { timestampOf } from '../../api/time.ts'
import type { Advance } from './advance.ts'
import type { Progress } from './parse.ts'
import type { Router } from './router.ts'
import { hashOfSteps } from './templateHash.ts'
import { type CanaryPass, observedWeights } from './traffic.ts'
import type { View } from './view.ts'

export type Rendered = { readonly pass: CanaryPass; readonly router: Router; readonly advance: Advance }

export function renderCanary({ pass, router, advance }: Rendered): RolloutStatus {
  const { view } = pass
  const promoted = advance.kind === 'promotes'
  const progress: Progress = promoted ? { kind: 'settled' } : advance.progress
  const counts = countsOf(view)
  return {
    ...view.status,
    ...counts,
    ...flagsOf(pass, progress),
    observedGeneration: String(view.rollout.metadata.generation ?? 0),
    HPAReplicas: counts.replicas ?? 0,
    selector: selectorText(view),
    currentPodHash: view.hash,
    ...(promoted ? { stableRS: view.hash } : {}),
    blueGreen: {},
    canary: canaryStatus(pass, router),
    spillway: { ...view.status.spillway, router },
  }
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

type Flags = Pick<
  RolloutStatus,
  'currentStepIndex' | 'currentStepHash' | 'pauseConditions' | 'controllerPause' | 'abort' | 'abortedAt' | 'promoteFull'
>

function flagsOf({ canary, view }: CanaryPass, progress: Progress): Flags {
  const { steps } = canary
  const none: Flags = {
    currentStepIndex: steps.length === 0 ? null : steps.length,
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
      return {
        ...none,
        currentStepIndex: steps.length === 0 ? null : 0,
        abort: true,
        abortedAt: view.status.abortedAt ?? timestampOf(progress.since),
      }
    case 'stepping': {
      const isPaused = progress.pause.kind === 'paused'
      return {
        ...none,
        currentStepIndex: steps.length === 0 ? null : progress.stepIndex,
        pauseConditions: progress.pause.kind === 'paused' ? progress.pause.conditions : null,
        controllerPause: isPaused,
      }
    }
  }
}

function canaryStatus(pass: CanaryPass, router: Router): CanaryStatus {
  const { weights: _, ...rest } = pass.view.status.canary ?? {}
  return router === 'edge' ? { ...rest, weights: weightsOf(pass) } : rest
}

/** As the split was seen to have them. */
function weightsOf(pass: CanaryPass): TrafficWeights {
  const { view, canary } = pass
  const shares = observedWeights(pass)
  const stable = view.stableSet?.hash ?? view.hash
  const newHash = view.newSet === undefined || stable === view.hash ? stable : view.hash
  const own = newHash === stable ? 0 : (shares.get(newHash) ?? 0)
  const named = (name: string | undefined): { serviceName?: string } => (name === undefined ? {} : { serviceName: name })
  const additional = [...shares].filter(([hash, weight]) => hash !== stable && hash !== newHash && weight > 0)
  return {
    canary: { weight: own, ...named(canary.canaryService), podTemplateHash: newHash },
    stable: { weight: shares.get(stable) ?? 0, ...named(canary.stableService), podTemplateHash: stable },
    ...(additional.length > 0 && { additional: additional.map(([podTemplateHash, weight]) => ({ weight, podTemplateHash })) }),
    verified: view.edges.isAcknowledged,
  }
}

/** `a=b,c=d`; requirements in words that no client needs are left out. */
function selectorText({ rollout }: View): string {
  const labels = Object.entries(rollout.spec.selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return labels.map(([key, value]) => `${key}=${value}`).join(',')
}
