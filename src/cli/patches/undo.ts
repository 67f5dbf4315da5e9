import type { PodTemplateSpec } from '../../api/pod.ts'
import { podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import { isSameTemplate } from '../../core/rollout/templateHash.ts'
import { revisionOf } from '../views/versions.ts'
import { type Plan, writes } from './plan.ts'

export type Target = { readonly kind: 'found'; readonly replicaSet: ReplicaSet } | { readonly kind: 'refused'; readonly because: string }

/** `revision` 0: the one before the newest. `replicaSets`: those that the Rollout owns. */
export function undoTarget(replicaSets: readonly ReplicaSet[], revision: number): Target {
  const newestFirst = replicaSets.filter((replicaSet) => revisionOf(replicaSet) > 0).sort((a, b) => revisionOf(b) - revisionOf(a))
  const known = newestFirst.map(revisionOf).join(', ') || 'none'
  const found = revision === 0 ? newestFirst[1] : newestFirst.find((replicaSet) => revisionOf(replicaSet) === revision)
  if (found !== undefined) return { kind: 'found', replicaSet: found }
  return revision === 0
    ? { kind: 'refused', because: `there is no earlier revision to go back to; its revisions: ${known}` }
    : { kind: 'refused', because: `it has no revision ${revision}; its revisions: ${known}` }
}

/** Puts a ReplicaSet's template back, without the label that is not part of it. No writes: it is there already. */
export function restoreTemplate(present: PodTemplateSpec | undefined, { spec }: ReplicaSet, path: string): Plan {
  const template = withoutHash(spec.template)
  if (template === undefined) return { kind: 'refused', because: 'that revision has no pod template' }
  if (present !== undefined && isSameTemplate(withoutHash(present)!, template)) return writes()
  return writes({ body: [{ op: 'replace', path, value: template }] })
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (template?.metadata?.labels === undefined) return template
  const { [podTemplateHashLabel]: _, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}
