import type { TrafficSplit } from '../../../api/trafficSplit.ts'
import { byAge, type ClusterView, type Refusal } from './cluster.ts'
import { type Planned, type PlanOptions, planOf, type ServicePlan, type SplitPlan } from './splitPlan.ts'

/** Which TrafficSplit governs which Service. */
export type Governance = {
  /** By `namespace/name`, the oldest first. */
  readonly judged: ReadonlyMap<string, Judged>
  /** By `namespace/service`. */
  readonly claims: ReadonlyMap<string, Claim>
  readonly refusals: readonly Refusal[]
}

export type Judged = {
  readonly object: TrafficSplit
  /** The latest version of it that can be served by. */
  readonly good: SplitPlan | undefined
  /** What is wrong with the present one. */
  readonly refused: { readonly field: string; readonly message: string } | undefined
}

export type Claim = { readonly plan: ServicePlan; readonly owner: SplitPlan }

export function governanceOf(view: ClusterView, options: PlanOptions, before: Governance | undefined): Governance {
  const judged = new Map<string, Judged>()
  for (const object of [...view.trafficSplits].sort(byAge)) {
    const { namespace = '', name, uid } = object.metadata
    const key = `${namespace}/${name}`
    const known = before?.judged.get(key)
    if (known?.object === object) {
      judged.set(key, known)
      continue
    }
    const planned = readable(() => planOf(object, options))
    const good = planned.kind === 'plan' ? planned.plan : known?.good?.uid === uid ? known?.good : undefined
    judged.set(key, { object, good, refused: planned.kind === 'plan' ? undefined : planned })
  }
  return { judged, ...claimsOf(judged) }
}

/** The server may know nothing of what a TrafficSplit must have. */
function readable(plan: () => Planned): Planned {
  try {
    return plan()
  } catch (error) {
    return { kind: 'refused', field: 'spec', message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function claimsOf(judged: ReadonlyMap<string, Judged>): Pick<Governance, 'claims' | 'refusals'> {
  const claims = new Map<string, Claim>()
  const refusals: Refusal[] = []
  for (const { object, good, refused } of judged.values()) {
    const { namespace = '', name } = object.metadata
    const told = { kind: 'TrafficSplit', namespace, name } as const
    if (refused !== undefined) {
      const fix = good === undefined ? 'mend it; its Services are served as if it were not there' : `mend it; generation ${good.generation} is in use`
      refusals.push({ ...told, field: refused.field, message: refused.message, fix })
    }
    if (good === undefined) continue
    for (const [service, plan] of good.services) {
      const key = `${namespace}/${service}`
      const first = claims.get(key)
      if (first === undefined) claims.set(key, { plan, owner: good })
      else {
        const message = `${service} is governed by TrafficSplit ${first.owner.name}, which is older`
        refusals.push({ ...told, field: 'spec.services', message, fix: 'name each Service in one TrafficSplit' })
      }
    }
  }
  return { claims, refusals }
}
