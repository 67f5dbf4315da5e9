import type { Rollout } from '../../api/rollout.ts'
import { phaseOf } from './phase.ts'
import { setWeight, stepPosition } from './steps.ts'
import { type Line, table } from './text.ts'

export type ListOptions = {
  readonly withNamespace: boolean
  /** Of each row; undefined: no such column. */
  readonly timestamp?: string | undefined
  readonly withHeading?: boolean
  /** As for `table`. */
  readonly widths?: number[]
}

export function rolloutTable(rollouts: readonly Rollout[], { withNamespace, timestamp, withHeading = true, widths }: ListOptions): readonly Line[] {
  const extra = (time: string, namespace: string): readonly string[] => [
    ...(timestamp === undefined ? [] : [time]),
    ...(withNamespace ? [namespace] : []),
  ]
  const heading = [...extra('TIMESTAMP', 'NAMESPACE'), ...columns]
  const rows = rollouts.map((rollout) => [...extra(timestamp ?? '', rollout.metadata.namespace ?? ''), ...cellsOf(rollout)])
  return table(
    [...(withHeading ? [heading] : []), ...rows].map((row) => row.map((cell): Line => [cell])),
    widths,
  )
}

const columns = ['NAME', 'STRATEGY', 'STATUS', 'STEP', 'SET-WEIGHT', 'READY', 'DESIRED', 'UP-TO-DATE', 'AVAILABLE']

function cellsOf(rollout: Rollout): readonly string[] {
  const { metadata, spec, status = {} } = rollout
  const position = stepPosition(rollout)
  const hasSteps = position !== undefined && position.steps.length > 0 && typeof status.currentStepIndex === 'number'
  return [
    metadata.name,
    position !== undefined ? 'Canary' : spec.strategy?.blueGreen === undefined ? '-' : 'BlueGreen',
    phaseOf(rollout).phase,
    hasSteps ? `${position.index}/${position.steps.length}` : '-',
    position === undefined ? '-' : String(setWeight(rollout, position)),
    `${status.readyReplicas ?? 0}/${status.replicas ?? 0}`,
    String(spec.replicas ?? 1),
    String(status.updatedReplicas ?? 0),
    String(status.availableReplicas ?? 0),
  ]
}
