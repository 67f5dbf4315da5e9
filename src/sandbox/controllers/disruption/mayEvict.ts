import { isPodReady, isPodTerminal, type Pod } from '../../../api/pod.ts'
import type { BudgetStatus, PodDisruptionBudget } from '../../../api/policy.ts'
import { selects } from '../../../api/selector.ts'
import { timestampOf } from '../../../api/time.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import { allowedCondition } from './budget.ts'

/** What pods/eviction does: deletes the pod, after it has charged a budget if one is `charged`, or refuses. */
export type Eviction =
  | { readonly kind: 'evict'; readonly charged?: { readonly budget: PodDisruptionBudget; readonly status: BudgetStatus } }
  | { readonly kind: 'refused'; readonly error: ApiError }

/** Beyond, nobody confirms evictions. */
const disruptedMaximum = 2_000

/** `budgets` are of the pod's namespace. */
export function mayEvict(pod: Pod, budgets: readonly PodDisruptionBudget[], nowMs: number): Eviction {
  const { metadata, status } = pod
  // It disrupts nothing: it has ended, has not begun, or goes anyway.
  if (isPodTerminal(pod) || status?.phase === 'Pending' || metadata.deletionTimestamp !== undefined) return { kind: 'evict' }
  const own = budgets.filter(({ spec }) => selects(spec.selector, metadata.labels))
  const [budget] = own
  if (budget === undefined) return { kind: 'evict' }
  if (own.length > 1) return refused(500, 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
  return !isPodReady(pod) && isUnhealthyFree(budget) ? { kind: 'evict' } : charge(budget, metadata.name, nowMs)
}

/** A pod that serves nobody may go while enough others do. */
function isUnhealthyFree({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

function charge(budget: PodDisruptionBudget, podName: string, nowMs: number): Eviction {
  const { metadata, status } = budget
  const { name, generation = 0 } = metadata
  if (status === undefined || (status.observedGeneration ?? 0) < generation)
    return tooMany(`The disruption budget ${name} is still being processed by the server.`, 10)
  const { disruptionsAllowed, desiredHealthy, currentHealthy, disruptedPods = {} } = status
  if (Object.keys(disruptedPods).length > disruptedMaximum)
    return refused(
      403,
      `poddisruptionbudgets.policy "${name}" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller`,
    )
  if (disruptionsAllowed <= 0)
    return tooMany(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`)
  const left = disruptionsAllowed - 1
  const conditions = left === 0 ? [allowedCondition(status.conditions, { disruptionsAllowed: 0, generation }, nowMs)] : status.conditions
  const charged = {
    ...status,
    disruptionsAllowed: left,
    disruptedPods: { ...disruptedPods, [podName]: timestampOf(nowMs) },
    ...(conditions !== undefined && { conditions }),
  }
  return { kind: 'evict', charged: { budget, status: charged } }
}

function tooMany(because: string, retryAfterSeconds?: number): Eviction {
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const causes = [{ reason: 'DisruptionBudget', message: because }]
  const details = { causes, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
  return { kind: 'refused', error: new ApiError({ code: 429, reason: 'TooManyRequests', message, details, ...retry }) }
}

function refused(code: number, message: string): Eviction {
  return { kind: 'refused', error: new ApiError({ code, reason: code === 403 ? 'Forbidden' : '', message }) }
}
