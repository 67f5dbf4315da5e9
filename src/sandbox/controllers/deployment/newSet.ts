import { isDeepStrictEqual } from 'node:util'
import type { Deployment, ReplicaSet } from '../../../api/workloads.ts'
import { controllerReference } from '../ownership.ts'
import { findCondition, newCondition, progressDeadlineMs, withCondition } from './conditions.ts'
import type { Draft } from './draft.ts'
import { newSetAnnotations, nextRevision, revisionAnnotation, sizeAnnotations } from './revision.ts'
import { newSetReplicas } from './sizes.ts'
import type { Sets } from './status.ts'
import { hashLabel, replicaSetName, splitSets, templateHash } from './template.ts'

export const deploymentKind = { apiVersion: 'apps/v1', kind: 'Deployment' }

/** Finds the set of the Deployment's template, or makes it if told so, and brings its revision up to date, and the Deployment's with it. */
export function syncRevision(draft: Draft, observed: readonly ReplicaSet[], missing: 'create' | 'keep'): Sets {
  const { newSet, oldSets } = splitSets(draft.deployment(), observed)
  const revision = nextRevision(oldSets)
  if (newSet !== undefined) return { newSet: syncNewSet(draft, newSet, revision), oldSets }
  if (missing === 'keep') return { newSet: undefined, oldSets }
  return { newSet: createNewSet(draft, oldSets, revision), oldSets }
}

function syncNewSet(draft: Draft, newSet: ReplicaSet, revision: number): ReplicaSet {
  const deployment = draft.deployment()
  const had = newSet.metadata.annotations ?? {}
  const annotations = newSetAnnotations(deployment, had, revision)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  let synced = newSet
  if (!isDeepStrictEqual(annotations, had) || (newSet.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const { minReadySeconds: _, ...spec } = newSet.spec
    synced = { ...newSet, metadata: { ...newSet.metadata, annotations }, spec: { ...spec, ...(minReadySeconds > 0 && { minReadySeconds }) } }
    // Asked a second time within one decision, the answer is the same.
    if (!draft.actions.some((action) => action.kind === 'updateSet' && isDeepStrictEqual(action.set, synced)))
      draft.act({ kind: 'updateSet', set: synced })
  }
  const isNews = progressDeadlineMs(deployment) !== undefined && findCondition(deployment.status?.conditions, 'Progressing') === undefined
  adopt(
    draft,
    annotations[revisionAnnotation] ?? '',
    isNews ? { reason: 'FoundNewReplicaSet', message: `Found new replica set "${newSet.metadata.name}"` } : undefined,
  )
  return synced
}

/** Takes over the new set's revision, and begins to measure progress where that is news. */
function adopt(draft: Draft, revision: string, news: { readonly reason: string; readonly message: string } | undefined): void {
  const { metadata, status = {} } = draft.deployment()
  const isRevised = metadata.annotations?.[revisionAnnotation] !== revision
  if (!isRevised && news === undefined) return
  const annotations = { ...metadata.annotations, [revisionAnnotation]: revision }
  const fresh = news && newCondition({ type: 'Progressing', status: 'True', ...news }, draft.nowMs)
  draft.writeStatus({ annotations, ...(fresh && { status: { ...status, conditions: withCondition(status.conditions ?? [], fresh) } }) })
}

function createNewSet(draft: Draft, oldSets: readonly ReplicaSet[], revision: number): ReplicaSet {
  const deployment = draft.deployment()
  const newSet = newSetFor(deployment, oldSets, revision)
  const { name } = newSet.metadata
  draft.act({ kind: 'createSet', set: newSet })
  const replicas = newSet.spec.replicas!
  if (replicas > 0)
    draft.act({ kind: 'tell', told: { type: 'Normal', reason: 'ScalingReplicaSet', message: `Scaled up replica set ${name} from 0 to ${replicas}` } })
  const isMeasured = progressDeadlineMs(deployment) !== undefined
  adopt(draft, String(revision), isMeasured ? { reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` } : undefined)
  return newSet
}

function newSetFor(deployment: Deployment, oldSets: readonly ReplicaSet[], revision: number): ReplicaSet {
  const { metadata, spec, status } = deployment
  const { template, selector, minReadySeconds = 0 } = spec
  const hash = templateHash(template, status?.collisionCount)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const set: ReplicaSet = {
    ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
    metadata: {
      name: replicaSetName(metadata.name, hash),
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels,
      annotations: { ...newSetAnnotations(deployment, {}, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment, deploymentKind)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds > 0 && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
  return { ...set, spec: { ...set.spec, replicas: newSetReplicas(deployment, [...oldSets, set], set) } }
}
