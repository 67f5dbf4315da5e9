import type { KubeObject, OwnerReference } from '../../api/meta.ts'

export type GroupKind = { readonly apiVersion: string; readonly kind: string }

/** The one that manages it, if any. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller === true)
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

export function controllerReference({ metadata }: KubeObject, { apiVersion, kind }: GroupKind): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid!, controller: true, blockOwnerDeletion: true }
}

/** What an owner takes, what it lets go, and what it has after that. */
export type Claim<T> = { readonly owned: readonly T[]; readonly adopt: readonly T[]; readonly release: readonly T[] }

/** `objects` are of the owner's namespace. An owner that is being deleted neither adopts nor releases. */
export function claim<T extends KubeObject>(owner: KubeObject, objects: readonly T[], selected: (object: T) => boolean): Claim<T> {
  const owned: T[] = []
  const adopt: T[] = []
  const release: T[] = []
  const isEnding = owner.metadata.deletionTimestamp !== undefined
  for (const object of objects) {
    const controller = controllerOf(object)
    if (controller === undefined) {
      if (!isEnding && object.metadata.deletionTimestamp === undefined && selected(object)) adopt.push(object)
    } else if (controller.uid === owner.metadata.uid) {
      if (selected(object)) owned.push(object)
      else if (!isEnding) release.push(object)
    }
  }
  return { owned, adopt, release }
}

export function adopted<T extends KubeObject>(object: T, reference: OwnerReference): T {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [...(object.metadata.ownerReferences ?? []), reference] } }
}

export function released<T extends KubeObject>(object: T, uid: string | undefined): T {
  const { ownerReferences = [], ...metadata } = object.metadata
  const left = ownerReferences.filter((reference) => reference.uid !== uid)
  return { ...object, metadata: { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } }
}
