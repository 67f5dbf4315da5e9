import type { ConditionStatus } from '../../../api/condition.ts'
import { timestampOf } from '../../../api/time.ts'
import type { Deployment, DeploymentCondition } from '../../../api/workloads.ts'

export type ConditionType = DeploymentCondition['type']
export type Conditions = readonly DeploymentCondition[]

export function findCondition(conditions: Conditions | undefined, type: ConditionType): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function without(conditions: Conditions, type: ConditionType): Conditions {
  return conditions.filter((condition) => condition.type !== type)
}

/** One that is there with the same status and reason stays as it is; a new one goes to the end. */
export function withCondition(conditions: Conditions, condition: DeploymentCondition): Conditions {
  const before = findCondition(conditions, condition.type)
  if (before?.status === condition.status && before.reason === condition.reason) return conditions
  const { lastTransitionTime } = before?.status === condition.status ? before : condition
  return [...without(conditions, condition.type), { ...condition, ...(lastTransitionTime !== undefined && { lastTransitionTime }) }]
}

export type ConditionFacts = { readonly type: ConditionType; readonly status: ConditionStatus; readonly reason: string; readonly message: string }

export function newCondition({ type, status, reason, message }: ConditionFacts, nowMs: number): DeploymentCondition {
  const time = timestampOf(nowMs)
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message }
}

/** The greatest number stands for none. */
export function progressDeadlineMs({ spec }: Deployment): number | undefined {
  const { progressDeadlineSeconds: seconds } = spec
  return seconds === undefined || seconds === 2 ** 31 - 1 ? undefined : seconds * 1_000
}

/** Progress is not waited for while a Deployment is paused; undefined: nothing to note. */
export function pauseCondition(deployment: Deployment, nowMs: number): DeploymentCondition | undefined {
  const { reason } = findCondition(deployment.status?.conditions, 'Progressing') ?? {}
  // A rollout that was found stuck stays so.
  if (progressDeadlineMs(deployment) === undefined || reason === 'ProgressDeadlineExceeded') return undefined
  const isPaused = deployment.spec.paused === true
  if (isPaused === (reason === 'DeploymentPaused')) return undefined
  const facts = isPaused
    ? { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
  return newCondition({ type: 'Progressing', status: 'Unknown', ...facts }, nowMs)
}
