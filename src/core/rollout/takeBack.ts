/** What an abort is owed although the spec cannot be carried out: whatever is wrong with it, the requests go back to stable. */
import type { Rollout } from '../../api/rollout.ts'
import type { TrafficSplitSpec } from '../../api/trafficSplit.ts'
import type { Action } from './decision.ts'
import { isEqual } from './equal.ts'
import type { Observed } from './observed.ts'
import { targetOf } from './target.ts'
import { hashOf } from './templateHash.ts'

export function takeBackActions({ status = {} }: Rollout, { split, replicaSets }: Observed): readonly Action[] {
  const { abort, stableRS, currentPodHash } = status
  if (abort !== true || !stableRS || stableRS === currentPodHash || split === undefined) return []
  const stable = replicaSets.find((set) => hashOf(set) === stableRS)
  if ((stable?.status?.readyReplicas ?? 0) === 0) return []
  const spec = withAllOn(split.spec, stableRS)
  if (!spec.backends.some(({ podTemplateHash }) => podTemplateHash === stableRS) || isEqual(spec, split.spec)) return []
  return [{ kind: 'updateSplit', target: targetOf(split), resourceVersion: split.metadata.resourceVersion, spec }]
}

function withAllOn(spec: TrafficSplitSpec, podTemplateHash: string): TrafficSplitSpec {
  const services = spec.services.map(({ routes: _, mirrors: __, ...service }) => ({
    ...service,
    weights: [{ podTemplateHash, weight: spec.totalWeight }],
  }))
  return { ...spec, services }
}
