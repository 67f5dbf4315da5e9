/** The heart: from a Rollout and what was observed, what is to be done and what is to be told. */
import type { Rollout } from '../../api/rollout.ts'
import type { CompileRegex } from '../routing/types.ts'
import { advance } from './advance.ts'
import { canaryPass, planCanary } from './canary.ts'
import { conclude } from './conclude.ts'
import type { Decision } from './decision.ts'
import { diff } from './diff.ts'
import type { Instant, Observed } from './observed.ts'
import { progressOf } from './parse.ts'
import { earliest } from './plan.ts'
import { renderCanary } from './render.ts'
import { routerOf } from './router.ts'
import type { CanarySettings } from './settings.ts'
import { type View, viewOf } from './view.ts'

/** Total: whatever the Rollout and the cluster look like, there is a decision. */
export function decide(rollout: Rollout, observed: Observed, now: Instant, _compileRegex: CompileRegex): Decision {
  const status = rollout.status ?? {}
  if (rollout.metadata.deletionTimestamp !== undefined) return { actions: [], status }
  // The scale subresource has nothing to show of a Rollout without the number.
  if (typeof rollout.spec.replicas !== 'number') return { actions: [{ kind: 'setReplicas', replicas: 1 }], status }
  const view = viewOf(rollout, observed, now)
  const { strategy } = view.settings
  switch (strategy.kind) {
    case 'canary':
      return decideCanary(view, strategy)
    case 'blueGreen':
      return { actions: [], status }
  }
}

function decideCanary(view: View, canary: CanarySettings): Decision {
  const router = routerOf(view)
  const pass = canaryPass(view, canary, progressOf(view, canary))
  const reached = { pass, plan: planCanary(pass, router), router }
  const advanced = advance(reached)
  // Promoted is what is written to be so: all that follows from it, the next pass does.
  const next = advanced.kind === 'promotes' ? pass : canaryPass(view, canary, advanced.progress)
  const plan = advanced.kind === 'advances' ? planCanary(next, router) : reached.plan
  const waits = advanced.kind === 'stays' ? advanced.waits : []
  const wakeAt = earliest(advanced.kind === 'stays' ? advanced.wakeAt : view.now, plan.wakeAt)
  return conclude(view, { actions: diff(view, plan), status: renderCanary({ pass: next, router, advance: advanced }), router, waits, wakeAt })
}
