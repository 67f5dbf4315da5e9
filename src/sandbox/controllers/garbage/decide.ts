import type { KubeObject, OwnerReference } from '../../../api/meta.ts'
import type { DeleteOptions } from '../../cluster.ts'
import { foregroundFinalizer, leavesOrphans, orphanFinalizer, waitsForDependents } from './dependents.ts'

/** `unknown`: its kind is not kept here, so nobody can say. */
export type OwnerState = 'solid' | 'absent' | 'waiting' | 'unknown'
export type Owner = { readonly reference: OwnerReference; readonly state: OwnerState }

export type Verdict =
  | { readonly kind: 'keep' }
  /** Its dependents lose it as an owner; then it may go. */
  | { readonly kind: 'orphan' }
  /** Nothing holds it any more. */
  | { readonly kind: 'unhold'; readonly finalizer: string }
  /** These owners are none; others are. */
  | { readonly kind: 'disown'; readonly uids: readonly string[] }
  /** `unblock`: first stops holding its owners, which may be its dependents in turn. */
  | { readonly kind: 'remove'; readonly policy: NonNullable<DeleteOptions['propagationPolicy']>; readonly unblock: boolean }

export function judge(object: KubeObject, owners: readonly Owner[], dependents: readonly KubeObject[]): Verdict {
  const { uid, deletionTimestamp, finalizers = [] } = object.metadata
  if (leavesOrphans(object)) return { kind: 'orphan' }
  if (waitsForDependents(object))
    return dependents.some((dependent) => holds(dependent, uid!)) ? { kind: 'keep' } : { kind: 'unhold', finalizer: foregroundFinalizer }
  if (deletionTimestamp !== undefined || owners.length === 0 || owners.some(({ state }) => state === 'unknown')) return { kind: 'keep' }
  const gone = owners.filter(({ state }) => state !== 'solid')
  if (gone.length === 0) return { kind: 'keep' }
  if (gone.length < owners.length) return { kind: 'disown', uids: gone.map(({ reference }) => reference.uid) }
  if (gone.some(({ state }) => state === 'waiting') && dependents.length > 0)
    return { kind: 'remove', policy: 'Foreground', unblock: dependents.some(waitsForDependents) }
  const policy = finalizers.includes(orphanFinalizer) ? 'Orphan' : finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background'
  return { kind: 'remove', policy, unblock: false }
}

function holds({ metadata }: KubeObject, uid: string): boolean {
  return metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true) === true
}
