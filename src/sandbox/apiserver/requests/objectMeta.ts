import { equalJson } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'

export type ObjectMeta = Unstructured['metadata']

/** In the order in which the server writes them. */
const order = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

/** Metadata of known fields, in order and without empty ones. */
export function tidyMetadata(metadata: ObjectMeta): ObjectMeta {
  const tidy: Record<string, unknown> = {}
  for (const field of order) {
    const value = metadata[field]
    if (value !== undefined && value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0)) tidy[field] = value
  }
  return tidy as ObjectMeta
}

/** Head first, as objects are written. */
export function withMetadata(kind: Kind, object: Unstructured, metadata: ObjectMeta): Unstructured {
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = object
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: tidyMetadata(metadata), ...rest }
}

export function apiVersionOf({ group, version }: Pick<Kind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** What a request's path says of the namespace goes into the object. */
export function placed(kind: Kind, metadata: ObjectMeta, namespace: string | undefined): ObjectMeta {
  if (!kind.namespaced) return without(metadata, 'namespace')
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  return namespace === undefined ? metadata : { ...metadata, namespace }
}

/** What an update may not touch, nor leave out, is taken from the object as it stands. */
export function keptMetadata(metadata: ObjectMeta, live: ObjectMeta): ObjectMeta {
  const kept = { ...metadata, resourceVersion: live.resourceVersion ?? '' }
  const uid = metadata.uid === undefined || metadata.uid === '' ? live.uid : metadata.uid
  const { creationTimestamp, deletionTimestamp = metadata.deletionTimestamp, generation } = live
  const deletionGracePeriodSeconds = metadata.deletionGracePeriodSeconds ?? live.deletionGracePeriodSeconds
  return {
    ...without(kept, 'generation'),
    ...(uid !== undefined && { uid }),
    ...(generation !== undefined && { generation }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
  }
}

/** The generation of an object that replaces another: one more where what is wanted of it has changed. */
export function nextGeneration(kind: Kind, object: Unstructured, live: Unstructured): number | undefined {
  const { generation } = live.metadata
  // Some kinds count by themselves.
  if (!keepsGeneration(kind)) return object.metadata.generation
  return wants(kind, object, live) ? (generation ?? 0) + 1 : generation
}

export function keepsGeneration(kind: Kind): boolean {
  return kind.strategy.keepsGeneration ?? kind.prunes
}

function wants(kind: Kind, object: Unstructured, live: Unstructured): boolean {
  if (kind.strategy.countsAnnotations && !equalJson(object.metadata.annotations ?? {}, live.metadata.annotations ?? {})) return true
  if (!kind.prunes) return !equalJson(object['spec'], live['spec'])
  return !equalJson(wanted(kind, object), wanted(kind, live))
}

/** Of a custom object, all but metadata is wanted, and its status if that has a subresource. */
function wanted(kind: Kind, object: Unstructured): unknown {
  const { apiVersion: _, metadata: __, ...rest } = object
  return kind.subresources.status === true ? without(rest, 'status') : rest
}

export function isEnding({ deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] }: ObjectMeta): boolean {
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0
}

export function without<T extends object, K extends string>(value: T, field: K): Omit<T, K> {
  const { [field]: _, ...rest } = value as T & Record<K, unknown>
  return rest as Omit<T, K>
}
