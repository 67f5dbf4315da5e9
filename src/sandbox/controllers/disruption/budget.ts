import { isPodReady, type Pod } from '../../../api/pod.ts'
import type { BudgetCondition, BudgetStatus, PodDisruptionBudget } from '../../../api/policy.ts'
import { msOf, timestampOf } from '../../../api/time.ts'
import type { IntOrPercent } from '../../../api/workloads.ts'

/** How long a pod that was evicted may take to be deleted, before nobody believes it any more. */
const evictionMs = 120_000

/** Whether the size of what makes the pods must be known, not only the pods that there are. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string'
}

export type Budget = { readonly status: BudgetStatus /** When (wall ms) an eviction is no longer believed. */; readonly againMs: number | undefined }

/** `expected`: how many pods there should be. */
export function budgetStatus(budget: PodDisruptionBudget, pods: readonly Pod[], expected: number, nowMs: number): Budget {
  const evicted = pods.flatMap(({ metadata: { name, deletionTimestamp } }) => {
    const time = budget.status?.disruptedPods?.[name]
    const goneMs = (msOf(time) ?? 0) + evictionMs
    return time === undefined || deletionTimestamp !== undefined || goneMs < nowMs ? [] : [{ name, time, goneMs }]
  })
  const names = new Set(evicted.map(({ name }) => name))
  const currentHealthy = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && !names.has(pod.metadata.name) && isPodReady(pod)).length
  const desiredHealthy = desired(budget, expected)
  const disruptionsAllowed = expected > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0
  const { generation = 0 } = budget.metadata
  const status = {
    ...(evicted.length > 0 && { disruptedPods: Object.fromEntries(evicted.map(({ name, time }) => [name, time])) }),
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods: expected,
    observedGeneration: generation,
    conditions: [allowedCondition(budget.status?.conditions, { disruptionsAllowed, generation }, nowMs)],
  }
  return { status, againMs: evicted.length === 0 ? undefined : Math.min(...evicted.map(({ goneMs }) => goneMs)) + 1 }
}

/** Both shares round up: of what must be there, and of what may be missing. */
function desired({ spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget, expected: number): number {
  if (maxUnavailable !== undefined) return Math.max(expected - scaled(maxUnavailable, expected), 0)
  return minAvailable === undefined ? 0 : scaled(minAvailable, expected)
}

function scaled(value: IntOrPercent, whole: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * whole) / 100)
}

type Allowed = { readonly disruptionsAllowed: number; readonly generation: number }

export function allowedCondition(
  conditions: readonly BudgetCondition[] = [],
  { disruptionsAllowed, generation }: Allowed,
  nowMs: number,
): BudgetCondition {
  const facts =
    disruptionsAllowed > 0 ? ({ status: 'True', reason: 'SufficientPods' } as const) : ({ status: 'False', reason: 'InsufficientPods' } as const)
  return conditionOf(conditions, { ...facts, message: '', generation }, nowMs)
}

/** When its pods cannot be counted, none may go. */
export function failedStatus(budget: PodDisruptionBudget, because: string, nowMs: number): BudgetStatus {
  const status: BudgetStatus = budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 }
  const facts = { status: 'False', reason: 'SyncFailed', message: because, generation: status.observedGeneration ?? 0 } as const
  return { ...status, disruptionsAllowed: 0, conditions: [conditionOf(status.conditions, facts, nowMs)] }
}

type Facts = Pick<BudgetCondition, 'status' | 'reason' | 'message'> & { readonly generation: number }

function conditionOf(conditions: readonly BudgetCondition[] = [], { generation, ...facts }: Facts, nowMs: number): BudgetCondition {
  const before = conditions.find(({ type }) => type === 'DisruptionAllowed')
  const lastTransitionTime = before?.status === facts.status ? (before.lastTransitionTime ?? null) : timestampOf(nowMs)
  return { type: 'DisruptionAllowed', ...facts, lastTransitionTime, ...(generation > 0 && { observedGeneration: generation }) }
}
