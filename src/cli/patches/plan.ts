/** What a wish of the user's is as writes: values alone, so that they can be looked at before anything is sent. */
import type { KubeObject } from '../../api/meta.ts'
import type { JsonPatchStep } from '../../kube/client.ts'

export type Write = {
  readonly subresource?: 'status'
  readonly body: MergeBody | readonly JsonPatchStep[]
  /** Whether it goes only to the object as it was read: what it says depends on that. */
  readonly isGuarded?: boolean
}
/** RFC 7396. */
export type MergeBody = Readonly<Record<string, unknown>>

export type Plan =
  /** None: there is nothing left to do. In order; a later one only if the earlier ones went well. */
  | { readonly kind: 'writes'; readonly writes: readonly Write[] }
  /** What is asked for cannot be; `because` says what to do instead. */
  | { readonly kind: 'refused'; readonly because: string }

/**
 * What is to be written to an object. `first`: as it was when the user asked. Asked again with what is there `now` after a conflict, or after a write
 * whose answer was lost: what has taken effect since is not written twice.
 */
export type Wish<T extends KubeObject> = (now: T, first: T) => Plan

export function writes(...writes: readonly Write[]): Plan {
  return { kind: 'writes', writes }
}
