import type { Json, JsonObject, ManagedFieldsEntry, Unstructured } from '../../unstructured.ts'
import type { Kind } from '../kinds/kind.ts'

/** A change to an object, by the content type of a PATCH. */
export type Patch = (
  | { readonly type: 'json'; readonly steps: Json }
  | { readonly type: 'merge' | 'strategic'; readonly patch: Json }
  | { readonly type: 'apply'; readonly config: JsonObject; readonly force: boolean }
) & {
  /** What a strict server refuses of the patch itself: `duplicate field "spec.replicas"`. */
  readonly problems: readonly string[]
}

export type OwnedWrite = {
  readonly kind: Kind
  /** As it stands; undefined when it is created. */
  readonly live: Unstructured | undefined
  readonly manager: string
  readonly subresource: string | undefined
  readonly now: string
}

/** What knows the fields of objects. All is pure. */
export type FieldMachinery = {
  /** The patched object; never called for `apply`. Throws an ApiError where the patch does not fit. */
  patched(kind: Kind, live: Unstructured, patch: Exclude<Patch, { readonly type: 'apply' }>): JsonObject
  /** The live object merged with what is applied, with its owners' fields written down. Throws an ApiError on conflicts. */
  applied(config: JsonObject, force: boolean, write: OwnedWrite): JsonObject
  /** Who owns which fields after a write that was no apply. */
  owners(updated: Unstructured, write: OwnedWrite): readonly ManagedFieldsEntry[]
}
