/** The world that a canary wants now. */
import type { CanaryPass } from './canaryPass.ts'
import { edgeSizes } from './edgeSizes.ts'
import type { Plan } from './plan.ts'
import { podSizes } from './podSizes.ts'
import type { Router } from './router.ts'
import { canarySelectors } from './selectors.ts'
import { planSplit } from './split.ts'
import { planTraffic, type TrafficPlan } from './traffic.ts'

export type CanaryPlan = Plan & { readonly traffic: TrafficPlan | undefined }

export function planCanary(pass: CanaryPass, router: Router): CanaryPlan {
  const selectors = canarySelectors(pass, router)
  if (router === 'pods') return { ...podSizes(pass), selectors, split: { kind: 'none' }, traffic: undefined }
  const traffic = planTraffic(pass)
  const { sizes, deadlines, waits, wakeAt } = edgeSizes(pass)
  const growing = new Set([...sizes].filter(([set, size]) => size > set.size).map(([set]) => set))
  return { sizes, deadlines, selectors, split: planSplit(pass, traffic, growing), waits: [...traffic.waits, ...waits], wakeAt, traffic }
}
