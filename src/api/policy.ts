/** policy/v1 PodDisruptionBudget */
import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'
import type { LabelSelector } from './selector.ts'
import type { IntOrPercent } from './workloads.ts'

export type PodDisruptionBudget = KubeObject & { readonly spec: BudgetSpec; readonly status?: BudgetStatus }

export type BudgetSpec = {
  readonly selector?: LabelSelector
  /** One of these two. */
  readonly minAvailable?: IntOrPercent
  readonly maxUnavailable?: IntOrPercent
  readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow'
}

export type BudgetStatus = {
  readonly observedGeneration?: number
  /** When pods were evicted that may still be there, by name. */
  readonly disruptedPods?: Readonly<Record<string, string>>
  readonly disruptionsAllowed: number
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly expectedPods: number
  readonly conditions?: readonly BudgetCondition[]
}

export type BudgetCondition = Condition<'DisruptionAllowed'> & { readonly observedGeneration?: number }
