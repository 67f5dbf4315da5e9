/** The heart: from a Rollout and what was observed, what is to be done and what is to be told. */
import type { Rollout } from '../../api/rollout.ts'
import type { CompileRegex } from '../routing/types.ts'
import { decideBlueGreen } from './blueGreen.ts'
import { decideCanary } from './canary.ts'
import type { Decision } from './decision.ts'
import { diff } from './diff.ts'
import { leftoverActions } from './leftovers.ts'
import type { Instant, Observed } from './observed.ts'
import { earliest } from './plan.ts'
import { readStatus } from './readStatus.ts'
import { render, renderInvalid } from './render.ts'
import { type Router, routerOf } from './router.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import { takeBackActions } from './takeBack.ts'
import { upkeep } from './upkeep.ts'
import { invalidSpecText, validateRollout } from './validate/validateRollout.ts'
import { deadlineIn, type View, viewOf } from './view.ts'

/** Discovery is tried again by itself: there is no event to wait for. */
const discoveryMs = 10_000
/** A Service that is missing may be about to be applied: that is seen by itself, all else is looked at again. */
const invalidMs = 20_000

/** Total: whatever the Rollout and the cluster look like, there is a decision. */
export function decide(read: Rollout, observed: Observed, now: Instant, compileRegex: CompileRegex): Decision {
  const status = readStatus(read.status)
  const rollout = { ...read, status }
  if (rollout.metadata.deletionTimestamp !== undefined) return { actions: [], status }
  const mistakes = validateRollout(rollout, { ...observed, router: isDecided(rollout) ? undefined : observed.router }, compileRegex)
  if (mistakes.length > 0) {
    const told = renderInvalid(rollout, invalidSpecText(mistakes), now)
    return { actions: takeBackActions(rollout, observed), status: told, wakeAt: now + invalidMs }
  }
  // The scale subresource has nothing to show of a Rollout without the number.
  if (typeof rollout.spec.replicas !== 'number') return { actions: [{ kind: 'setReplicas', replicas: 1 }], status }
  const view = viewOf(rollout, observed, now)
  const router = routerOf(view)
  if (router === undefined) return { actions: [], status: { ...status, phase: 'Progressing', message: unknownRouter }, wakeAt: now + discoveryMs }
  const decided = decideStrategy(view, router)
  const own = [...diff(view, decided.plan), ...leftoverActions(view, decided.plan)]
  const kept = upkeep(view, own)
  const after = render(view, { decided, router, upkeep: kept.status })
  const deadline = deadlineIn(view, after)
  // What lasts until then is late only after it.
  const lateAt = deadline.kind === 'runs' ? deadline.until + 1 : undefined
  const wakeAt = earliest(...[decided.wakeAt, kept.wakeAt, lateAt].filter((instant) => instant !== undefined && instant > now))
  return { actions: [...own, ...kept.actions], status: after, ...(wakeAt !== undefined && { wakeAt }) }
}

const unknownRouter = 'waiting to learn whether the cluster has Istio'

/** While an update is under way, who carries out its traffic was decided before. */
function isDecided({ status = {} }: Rollout): boolean {
  return status.spillway?.router !== undefined && status.stableRS !== status.currentPodHash
}

function decideStrategy(view: View, router: Router): StrategyDecision {
  const { strategy } = view.settings
  switch (strategy.kind) {
    case 'canary':
      return decideCanary(view, strategy, router)
    case 'blueGreen':
      return decideBlueGreen(view, strategy, router)
  }
}
