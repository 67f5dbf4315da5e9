/** A canary's pass: how far it is, what world that wants, and whether it gets further. */
import { advance } from './advance.ts'
import { canaryPass } from './canaryPass.ts'
import { planCanary } from './canaryPlan.ts'
import { canaryStatus } from './canaryStatus.ts'
import { type Progress, progressOf } from './parse.ts'
import { earliest } from './plan.ts'
import type { Router } from './router.ts'
import type { CanarySettings } from './settings.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import type { View } from './view.ts'

export function decideCanary(view: View, canary: CanarySettings, router: Router): StrategyDecision {
  const wished = progressOf(view, canary)
  const isLate = view.deadline.kind === 'exceeded' && view.settings.abortsOnDeadline && !view.isNewTemplate && isUnderWay(wished)
  const progress: Progress = isLate ? { kind: 'aborted', since: view.now } : wished
  const pass = canaryPass(view, canary, progress)
  const plan = planCanary(pass, router)
  const advanced = advance({ pass, plan, router })
  const common = { abortedBecause: isLate ? 'ProgressDeadlineExceeded: the update did not get further in time' : undefined }
  switch (advanced.kind) {
    case 'promotes':
      // Promoted is what is written to be so: all that follows from it, the next pass does.
      return { ...common, plan, status: { ...canaryStatus(pass, { kind: 'settled' }, router), stableRS: view.hash }, waits: [], wakeAt: plan.wakeAt }
    case 'advances': {
      const next = planCanary(canaryPass(view, canary, advanced.progress), router)
      return { ...common, plan: next, status: canaryStatus(pass, advanced.progress, router), waits: next.waits, wakeAt: next.wakeAt }
    }
    case 'stays': {
      const wakeAt = earliest(advanced.wakeAt, plan.wakeAt)
      return { ...common, plan, status: canaryStatus(pass, advanced.progress, router), waits: advanced.waits, wakeAt }
    }
  }
}

function isUnderWay({ kind }: Progress): boolean {
  return kind === 'stepping' || kind === 'promotingFully'
}
