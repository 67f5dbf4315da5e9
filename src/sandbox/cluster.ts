import type { KubeObject } from '../api/meta.ts'
import type { ObjectKey } from './unstructured.ts'

/** A kind of objects, as the store knows it: `pods`, `deployments.apps`. */
export type ResourceName = string

/**
 * The cluster as its own controllers see it: the API server in the same process, without a connection between. Every call is done when it returns, so a
 * reader never sees anything older than the last write. Objects are frozen. Defaults, validation, ownership of fields and versions are as for any client.
 * Refusals are thrown as ApiError.
 */
export type Cluster = {
  /** All that are kept here, custom ones included, each once: in the version that others are converted to. */
  kinds(): readonly ClusterKind[]
  /** With `scale`: the object's size, as autoscaling/v1 Scale. */
  find<T extends KubeObject>(resource: ResourceName, at: ObjectKey, subresource?: 'scale'): T | undefined
  list<T extends KubeObject>(resource: ResourceName, within?: { readonly namespace?: string | undefined }): readonly T[]
  /** A name of '' is drawn from `generateName`. */
  create<T extends KubeObject>(resource: ResourceName, object: T): T
  /**
   * Replaces. With a `resourceVersion`, only if the object still has it; an update that changes nothing writes nothing. `finalize` is of namespaces,
   * `binding` of pods: it gives a pod the node that `spec.nodeName` says, and nothing else.
   */
  update<T extends KubeObject>(resource: ResourceName, object: T, subresource?: UpdatedPart): T
  delete(resource: ResourceName, at: ObjectKey, options?: DeleteOptions): void
  /**
   * Tells of every write to these resources from now on, in order, in a turn of its own, never while a write is on its way. The returned function ends it.
   * What is there already is asked by `list`. `all` has kinds in it that are defined later, too.
   */
  follow(resources: readonly ResourceName[] | 'all', onEvent: (event: ClusterEvent) => void): () => void
  /** The same cluster, written to under another name: `deployment-controller`. It becomes the field manager, and the user is `system:serviceaccount:kube-system:NAME`. */
  as(writer: string): Cluster
}

export type UpdatedPart = 'status' | 'scale' | 'finalize' | 'binding'

export type ClusterKind = {
  readonly resource: ResourceName
  /** `apps/v1` */
  readonly apiVersion: string
  readonly kind: string
  readonly namespaced: boolean
}

export type ClusterEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: ResourceName
  readonly object: KubeObject
  /** Undefined for ADDED. */
  readonly previous: KubeObject | undefined
}

export type DeleteOptions = {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}
