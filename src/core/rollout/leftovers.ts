/** Backend Services that nobody needs any more: of versions that are gone. */
import { componentLabel, rolloutLabel } from '../../api/rolloutLabels.ts'
import type { Service } from '../../api/services.ts'
import { rolloutLabelValue } from './backendServices.ts'
import type { Action } from './decision.ts'
import type { Plan } from './plan.ts'
import { targetOf } from './target.ts'
import type { View } from './view.ts'

export function leftoverActions(view: View, plan: Plan): readonly Action[] {
  const unused = [...view.observed.services.values()].filter((service) => isBackendOf(view, service) && !isUsed(view, plan, service))
  return unused.map((service): Action => ({ kind: 'deleteService', target: targetOf(service) }))
}

function isBackendOf({ rollout }: View, { metadata: { labels, deletionTimestamp } }: Service): boolean {
  return (
    labels?.[componentLabel] === 'backend' && labels[rolloutLabel] === rolloutLabelValue(rollout.metadata.name) && deletionTimestamp === undefined
  )
}

/** By the split that is wanted, the one that there is, or one that an edge may still serve by. */
function isUsed({ edges, observed }: View, { split }: Plan, { metadata: { name } }: Service): boolean {
  if (split.kind === 'wanted' && split.spec.backends.some(({ service }) => service === name)) return true
  if (observed.split?.spec.backends.some(({ service }) => service === name)) return true
  return observed.split !== undefined && edges.needed.length > 0 && !edges.isAcknowledged
}
