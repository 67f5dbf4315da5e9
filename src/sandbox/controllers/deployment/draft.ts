import { isDeepStrictEqual } from 'node:util'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../../api/workloads.ts'
import type { Told } from '../../events.ts'
import { sizeAnnotations } from './revision.ts'
import { wantedReplicas } from './sizes.ts'

export type Action =
  | { readonly kind: 'createSet'; readonly set: ReplicaSet }
  | { readonly kind: 'updateSet'; readonly set: ReplicaSet }
  | { readonly kind: 'deleteSet'; readonly set: ReplicaSet }
  | { readonly kind: 'updateStatus'; readonly deployment: Deployment }
  | { readonly kind: 'tell'; readonly told: Told }

/** What is to be done, in order, as it is being decided. */
export type Draft = {
  readonly nowMs: number
  readonly actions: readonly Action[]
  /** As it will be after the actions so far. */
  deployment(): Deployment
  /** Whether a status was written already: upstream's second write would be refused, and the next turn sees more anyway. */
  hasStatus(): boolean
  writeStatus(change: { readonly status?: DeploymentStatus; readonly annotations?: Readonly<Record<string, string>> }): void
  act(action: Action): void
  /** Gives a set another size, and tells of it. Returns what becomes of it: itself, if it has that size for the same number of wanted pods. */
  scale(set: ReplicaSet, size: number): ReplicaSet
}

export function openDraft(observed: Deployment, nowMs: number): Draft {
  const actions: Action[] = []
  let deployment = observed
  let hasStatus = false
  return {
    nowMs,
    actions,
    deployment: () => deployment,
    hasStatus: () => hasStatus,
    act: (action) => void actions.push(action),
    writeStatus({ status = deployment.status ?? {}, annotations = deployment.metadata.annotations ?? {} }) {
      if (hasStatus) return
      deployment = { ...deployment, metadata: { ...deployment.metadata, annotations }, status }
      actions.push({ kind: 'updateStatus', deployment })
      hasStatus = true
    },
    scale(set, size) {
      const before = wantedReplicas(set)
      const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) }
      const isResized = before !== size
      if (!isResized && isDeepStrictEqual(annotations, set.metadata.annotations)) return set
      const resized = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: size } }
      actions.push({ kind: 'updateSet', set: resized })
      if (isResized) {
        const message = `Scaled ${before < size ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${size}`
        actions.push({ kind: 'tell', told: { type: 'Normal', reason: 'ScalingReplicaSet', message } })
      }
      return resized
    },
  }
}
