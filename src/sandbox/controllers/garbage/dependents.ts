import type { KubeObject, OwnerReference } from '../../../api/meta.ts'
import type { ClusterEvent } from '../../cluster.ts'
import { keyOf } from '../key.ts'

/** An object wherever it is, and no other of its name: `pods shop/web 8d…`. */
export type Identity = { readonly resource: string; readonly key: string; readonly uid: string }

export function identityText({ resource, key, uid }: Identity): string {
  return `${resource} ${key} ${uid}`
}

export function parseIdentity(text: string): Identity {
  const [resource = '', key = '', uid = ''] = text.split(' ')
  return { resource, key, uid }
}

/** Whom an event concerns: what may have to go because of it, and owners whose deletion may go on. */
export type Concerned = { readonly identities: readonly string[]; readonly owners: readonly OwnerReference[] }

/** Who has which owners, kept up to date from events. */
export type Dependents = {
  follow(event: ClusterEvent): Concerned
  /** Identities, as texts. */
  of(uid: string): readonly string[]
}

export function openDependents(): Dependents {
  const byOwner = new Map<string, Set<string>>()

  function link(identity: string, uid: string): void {
    const dependents = byOwner.get(uid) ?? new Set<string>()
    byOwner.set(uid, dependents)
    dependents.add(identity)
  }

  function unlink(identity: string, uid: string): void {
    const dependents = byOwner.get(uid)
    dependents?.delete(identity)
    if (dependents?.size === 0) byOwner.delete(uid)
  }

  const of = (uid: string): readonly string[] => [...(byOwner.get(uid) ?? [])]

  return {
    of,
    follow({ type, resource, object, previous }) {
      const uid = object.metadata.uid!
      const self = identityText({ resource, key: keyOf(object), uid })
      const after = type === 'DELETED' ? [] : ownersOf(object)
      const before = previous === undefined ? [] : ownersOf(previous)
      for (const owner of before) if (!after.some((reference) => reference.uid === owner.uid)) unlink(self, owner.uid)
      for (const owner of after) link(self, owner.uid)
      const concerned = new Set<string>()
      if (type === 'DELETED' || waitsForDependents(object) !== (previous !== undefined && waitsForDependents(previous)))
        for (const dependent of of(uid)) concerned.add(dependent)
      const isRelinked = !isSame(before, after)
      if (type !== 'DELETED' && ((isRelinked && after.length > 0) || needsHelp(object))) concerned.add(self)
      return { identities: [...concerned], owners: isRelinked ? before : [] }
    },
  }
}

function ownersOf({ metadata }: KubeObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? []
}

function isSame(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  return a.length === b.length && a.every((reference, i) => reference.uid === b[i]!.uid && reference.blockOwnerDeletion === b[i]!.blockOwnerDeletion)
}

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

export function waitsForDependents(object: KubeObject): boolean {
  return isEndingWith(object, foregroundFinalizer)
}

export function leavesOrphans(object: KubeObject): boolean {
  return isEndingWith(object, orphanFinalizer)
}

function needsHelp(object: KubeObject): boolean {
  return waitsForDependents(object) || leavesOrphans(object)
}

function isEndingWith({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true
}
