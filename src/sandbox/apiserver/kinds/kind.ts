import type { JsonObject, Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import type { Schema } from '../schema/schema.ts'

/** A kind that is served under one group and version. */
export type Kind = {
  /** '' is the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  /** Said in a `Warning` header of every answer about this version. */
  readonly deprecated?: string
  /** The kind of its lists; `KINDList` if absent. */
  readonly listKind?: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly Verb[]
  readonly schema: Schema
  /** An object of which nothing is said yet: what is there all the same belongs to nobody. Absent: nothing. */
  readonly empty?: JsonObject
  readonly subresources: { readonly status?: true; readonly scale?: ScalePaths }
  readonly strategy: Strategy
  readonly columns: readonly Column[]
  /** What a row of a table says of its object beyond the cells: that a pod has ended. */
  rowConditions?(object: Unstructured): readonly RowCondition[]
  /** The resource under which its objects are kept, where several versions serve the same ones: `horizontalpodautoscalers.autoscaling`. */
  readonly storedAs: string
  /** To and from the form in which they are kept; absent where that is this version's. */
  readonly conversion?: { toStored(object: Unstructured): Unstructured; fromStored(object: Unstructured): Unstructured }
  /** Fields by which lists may be selected, besides `metadata.name` and `metadata.namespace`: how to read each. */
  readonly selectableFields: Readonly<Record<string, (object: Unstructured) => string>>
  /** Custom kinds: unknown fields are dropped, strict or not. */
  readonly prunes: boolean
}

export type RowCondition = { readonly type: 'Completed'; readonly status: 'True'; readonly reason: string; readonly message: string }

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** JSON paths with dots, as in CRDs: `.spec.replicas`. */
export type ScalePaths = { readonly specReplicas: string; readonly statusReplicas: string; readonly labelSelector?: string }

/** What a kind does with its objects on their way to the store. All are pure; absent: nothing. Objects come decoded and of known fields. */
export type Strategy = {
  /** Fills in what the real server would, so that an object reads back as there. */
  defaults?(object: Unstructured): Unstructured
  /** Before creation, after defaults: drops what a creator may not set (status). `context` holds what may not be computed here. */
  prepareForCreate?(object: Unstructured, context: WriteContext): Unstructured
  /** Keeps what an update of the main resource may not change. `metadata.generation` is counted by the caller where `spec` changes. */
  prepareForUpdate?(object: Unstructured, old: Unstructured, context: WriteContext): Unstructured
  /** As `prepareForUpdate`, for writes to /status. Absent: spec and metadata stay as they were, but for managedFields and resourceVersion. */
  prepareForStatusUpdate?(object: Unstructured, old: Unstructured): Unstructured
  validate?(object: Unstructured, old?: Unstructured): readonly FieldError[]
  /** Beyond `validate`, for objects that are accepted: goes into the `Warning` header. */
  warnings?(object: Unstructured, old?: Unstructured): readonly string[]
  /** Whether `metadata.generation` is kept: for kinds with a spec that controllers observe. */
  readonly keepsGeneration?: boolean
  /** Whether annotations count for it, too. */
  readonly countsAnnotations?: true
  /** Seconds that a deleted object stays for someone who finishes the deletion (a pod's kubelet); 0 or absent: removed at once. */
  graceSeconds?(object: Unstructured, asked: number | undefined): number
  /** The first time that it is deleted: the object as it stays until someone has finished the deletion. Absent: deleted as any other. */
  onDelete?(object: Unstructured, now: string): Unstructured
  /** What a creation does without a word of the client: finalizers, a namespace's label. */
  readonly allowsCreateOnUpdate?: boolean
  /** A deletion answers the object that is gone, and not a Status. */
  readonly returnsDeleted?: boolean
  /** A replacement must say which version it replaces (`metadata.resourceVersion: … must be specified for an update`). */
  readonly requiresVersion?: boolean
  /** The propagation that a deletion has when none is asked: Background if absent. */
  readonly defaultPropagation?: 'Orphan' | 'Background'
}

export type WriteContext = {
  readonly now: string
  readonly random: (bytes: number) => Uint8Array
  /** All objects that are kept as this resource, in any namespace; absent: none. What is taken (addresses, ports), and what is meant by a name. */
  readonly list?: (storedAs: string) => readonly Unstructured[]
}

/** A column of `kubectl get`; priority 0 is shown always, more only by -o wide. */
export type Column = {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description: string
  readonly priority: number
  /** The cell's value; ages are computed by the server at `nowMs`. */
  cell(object: Unstructured, nowMs: number): string | number | boolean | null
}
