/** A canary's wanted world, put together. */
import { edgeOptionsOf } from './edgeOptions.ts'
import { edgeSizes } from './edgeSizes.ts'
import type { Progress } from './parse.ts'
import { earliest, type Plan } from './plan.ts'
import { podSizes } from './podSizes.ts'
import type { Router } from './router.ts'
import { canarySelectors } from './selectors.ts'
import type { CanarySettings } from './settings.ts'
import { planSplit } from './split.ts'
import { type CanaryPass, planTraffic, type TrafficPlan } from './traffic.ts'
import type { View } from './view.ts'

export type CanaryPlan = Plan & { readonly traffic: TrafficPlan | undefined }

export function canaryPass(view: View, canary: CanarySettings, progress: Progress): CanaryPass {
  return { view, canary, progress, edge: edgeOptionsOf(canary.trafficRouting?.plugins) }
}

export function planCanary(pass: CanaryPass, router: Router): CanaryPlan {
  const selectors = canarySelectors(pass)
  if (router === 'pods') return { ...podSizes(pass), selectors, split: { kind: 'none' }, traffic: undefined }
  const traffic = planTraffic(pass)
  const { sizes, deadlines, waits, wakeAt } = edgeSizes(pass)
  const growing = new Set([...sizes].filter(([set, size]) => size > set.size).map(([set]) => set))
  return {
    sizes,
    deadlines,
    selectors,
    split: planSplit(pass, traffic, growing),
    waits: [...traffic.waits, ...waits],
    wakeAt: earliest(wakeAt),
    traffic,
  }
}
