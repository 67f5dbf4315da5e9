import type { Rollout, RolloutPhase } from '../../api/rollout.ts'
import type { Color, Piece } from './text.ts'

export type ReadPhase = { readonly phase: RolloutPhase; readonly message: string }

/** What a Rollout's status says of it: also where its controller has not seen the newest wish yet, or wrote no phase. */
export function phaseOf(rollout: Rollout): ReadPhase {
  const { status = {} } = rollout
  if (!isObserved(rollout)) return { phase: 'Progressing', message: 'the newest change of the spec is not observed yet' }
  const pauses = status.pauseConditions ?? []
  if (status.controllerPause === true && pauses.length === 0) return { phase: 'Progressing', message: 'the end of the pause is not observed yet' }
  if (status.phase !== undefined && (status.phase as string) !== '') return { phase: status.phase, message: status.message ?? '' }
  return computed(rollout)
}

/** A number beyond the generation, or none at all, comes from a controller that counts otherwise. */
function isObserved({ metadata: { generation = 0 }, status }: Rollout): boolean {
  const observed = /^[+-]?\d+$/.test(status?.observedGeneration ?? '') ? Number(status?.observedGeneration) : Number.NaN
  return Number.isNaN(observed) || observed >= generation
}

/** For controllers that write no phase. */
function computed({ spec, status = {} }: Rollout): ReadPhase {
  const { conditions = [], currentPodHash = '', stableRS = '', blueGreen = {} } = status
  const invalid = conditions.find(({ type }) => type === 'InvalidSpec')
  if (invalid !== undefined) return { phase: 'Degraded', message: `${invalid.reason ?? invalid.type}: ${invalid.message ?? ''}` }
  const failed = conditions.find(
    ({ type, reason }) => type === 'Progressing' && (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded'),
  )
  if (failed !== undefined) return { phase: 'Degraded', message: `${failed.reason}: ${failed.message ?? ''}` }
  if (spec.paused === true) return { phase: 'Paused', message: 'manually paused' }
  const [pause] = status.pauseConditions ?? []
  if (pause !== undefined) return { phase: 'Paused', message: pause.reason }
  const progressing = (message: string): ReadPhase => ({ phase: 'Progressing', message })
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status
  if (spec.restartAt !== undefined && spec.restartAt !== status.restartedAt) return progressing('pods are being restarted')
  if (updatedReplicas < (spec.replicas ?? 1)) return progressing('more replicas need to be updated')
  if (availableReplicas < updatedReplicas) return progressing('updated replicas are still becoming available')
  if (spec.strategy?.blueGreen !== undefined) {
    if (blueGreen.activeSelector === undefined || blueGreen.activeSelector !== currentPodHash)
      return progressing('the active service is still to be switched')
    if (stableRS !== currentPodHash) return progressing('waiting for the analysis after the promotion')
    return { phase: 'Healthy', message: '' }
  }
  if (spec.strategy?.canary?.trafficRouting === undefined && replicas > updatedReplicas) return progressing('old replicas are still terminating')
  if (stableRS === '' || stableRS !== currentPodHash) return progressing('waiting for all steps to complete')
  return { phase: 'Healthy', message: '' }
}

export type Icon = { readonly sign: string; readonly color?: Color }

const icons: Readonly<Record<string, Icon>> = {
  Healthy: { sign: '✔', color: 'green' },
  Successful: { sign: '✔', color: 'green' },
  Degraded: { sign: '✖', color: 'red' },
  Failed: { sign: '✖', color: 'red' },
  ReplicaFailure: { sign: '✖', color: 'red' },
  Progressing: { sign: '◌', color: 'blue' },
  Running: { sign: '◌', color: 'blue' },
  Paused: { sign: '॥' },
  Pending: { sign: '◷', color: 'yellow' },
  Error: { sign: '⚠', color: 'red' },
  InvalidSpec: { sign: '⚠', color: 'red' },
  ScaledDown: { sign: '•' },
  Unknown: { sign: '?', color: 'yellow' },
  Inconclusive: { sign: '?', color: 'yellow' },
}

/** Of a Rollout, ReplicaSet, Experiment or AnalysisRun. */
export function iconOf(status: string): Piece {
  const { sign, color } = icons[status] ?? { sign: ' ' }
  return color === undefined ? sign : { text: sign, color }
}
