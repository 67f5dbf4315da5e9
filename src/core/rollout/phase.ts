/** The one word and the one sentence that say how a Rollout is. */
import type { Rollout, RolloutPhase, RolloutStatus } from '../../api/rollout.ts'
import { conditionIn } from './conditions.ts'

export type PhaseFacts = {
  readonly rollout: Rollout
  /** As it shall stand, conditions included. */
  readonly after: RolloutStatus
  /** Edges carry out the weights: then pods of older versions take no traffic. */
  readonly isRouted: boolean
  /** What it waits for, where that is known better than by counting. */
  readonly waitsFor: string | undefined
}

export type Phase = { readonly phase: RolloutPhase; readonly message: string }

/** A pause that no other controller knows: of what is not there yet. */
const heldBy = 'NotSupportedYet: '

/** The first that applies. The reason of a pause is the whole message: tools compare it. */
export function phaseOf({ rollout: { spec }, after, isRouted, waitsFor }: PhaseFacts): Phase {
  const invalid = conditionIn(after, 'InvalidSpec')
  if (invalid?.status === 'True') return { phase: 'Degraded', message: `InvalidSpec: ${invalid.message ?? ''}` }
  const { reason, message = '' } = conditionIn(after, 'Progressing') ?? {}
  if (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded')
    return { phase: 'Degraded', message: `${reason}: ${message}${because(reason, waitsFor)}` }
  if (spec.paused === true) return { phase: 'Paused', message: 'paused by a user' }
  const [pause] = after.pauseConditions ?? []
  if (pause !== undefined) return { phase: 'Paused', message: waitsFor?.startsWith(heldBy) ? waitsFor : pause.reason }
  const unfinished = whatIsLeft({ spec, after, isRouted })
  return unfinished === undefined ? { phase: 'Healthy', message: '' } : { phase: 'Progressing', message: waitsFor ?? unfinished }
}

/** What an aborted Rollout waits for is not what it failed at. */
function because(reason: string, waitsFor: string | undefined): string {
  return reason === 'ProgressDeadlineExceeded' && waitsFor !== undefined ? `, ${waitsFor}` : ''
}

function whatIsLeft({
  spec,
  after,
  isRouted,
}: {
  readonly spec: Rollout['spec']
  readonly after: RolloutStatus
  readonly isRouted: boolean
}): string | undefined {
  const { currentPodHash = '', stableRS, updatedReplicas = 0, availableReplicas = 0, replicas: all = 0 } = after
  const replicas = spec.replicas ?? 1
  if (spec.restartAt && spec.restartAt !== after.restartedAt) return `waiting for pods from before ${spec.restartAt} to be restarted`
  if (updatedReplicas < replicas) return `${updatedReplicas} of ${replicas} pods are of the wanted version`
  if (availableReplicas < updatedReplicas) return `${availableReplicas} of ${updatedReplicas} pods are available`
  if (spec.strategy?.blueGreen && after.blueGreen?.activeSelector !== currentPodHash)
    return `waiting for the active Service to select ${currentPodHash}`
  if (spec.strategy?.blueGreen && stableRS !== currentPodHash) return `waiting for ${currentPodHash} to become stable`
  if (spec.strategy?.canary && !isRouted && all > updatedReplicas) return `waiting for ${all - updatedReplicas} old pods to go`
  if (stableRS !== currentPodHash) return 'waiting for the steps to complete'
  // Back to stable, as long as another version may still get requests.
  const { verified, additional = [] } = after.canary?.weights ?? {}
  return isRouted && (verified === false || additional.length > 0) && all > updatedReplicas
    ? 'waiting for the edges to serve by the weights'
    : undefined
}
