/** What the status of a blue-green Rollout has of its own: counts are of the pods that its users reach. */
import type { RolloutStatus } from '../../api/rollout.ts'
import { podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import { timestampOf } from '../../api/time.ts'
import type { BlueGreenPass, BlueGreenProgress } from './blueGreenProgress.ts'
import { selectedHash } from './selectors.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import { setOf } from './view.ts'

type OwnStatus = StrategyDecision['status']

export function blueGreenStatus(pass: BlueGreenPass, progress: BlueGreenProgress): OwnStatus {
  return { ...activeCounts(pass), ...flagsOf(pass, progress), canary: {}, blueGreen: selectorsOf(pass, progress) }
}

/** Autoscalers measure and count the pods that users are on, and no others. */
function activeCounts({ view, blueGreen }: BlueGreenPass): OwnStatus {
  const service = view.observed.services.get(blueGreen.activeService)
  const hash = service === undefined ? undefined : selectedHash(service)
  const set = hash === undefined ? undefined : setOf(view, hash)
  if (set === undefined) return {}
  const labels = { ...view.rollout.spec.selector?.matchLabels, [podTemplateHashLabel]: set.hash }
  const selector = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    readyReplicas: set.ready,
    availableReplicas: set.available,
    HPAReplicas: set.present,
    selector: selector.map(([key, value]) => `${key}=${value}`).join(','),
  }
}

function flagsOf({ view }: BlueGreenPass, progress: BlueGreenProgress): OwnStatus {
  const none: OwnStatus = {
    currentStepIndex: null,
    currentStepHash: null,
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
      return { ...none, abort: true, abortedAt: view.status.abortedAt ?? timestampOf(progress.since) }
    case 'previewing':
      // A leave that was given is not asked for again: without conditions, the flag is what remembers it.
      if (progress.pause.kind === 'paused') return { ...none, pauseConditions: progress.pause.conditions, controllerPause: true }
      return { ...none, controllerPause: progress.pause.kind === 'resumed' }
    case 'switched':
      return progress.pause.kind === 'paused' ? { ...none, pauseConditions: progress.pause.conditions, controllerPause: true } : none
  }
}

function selectorsOf({ view, blueGreen }: BlueGreenPass, progress: BlueGreenProgress): NonNullable<RolloutStatus['blueGreen']> {
  const hashAt = (name: string | undefined): string | undefined => {
    const service = name === undefined ? undefined : view.observed.services.get(name)
    return service === undefined ? undefined : selectedHash(service)
  }
  const [activeSelector, previewSelector] = [hashAt(blueGreen.activeService), hashAt(blueGreen.previewService)]
  const isGrowing = progress.kind === 'previewing' && progress.isApproved && typeof blueGreen.spec.previewReplicaCount === 'number'
  return {
    ...(activeSelector !== undefined && { activeSelector }),
    ...(previewSelector !== undefined && { previewSelector }),
    ...(isGrowing && { scaleUpPreviewCheckPoint: true }),
  }
}
