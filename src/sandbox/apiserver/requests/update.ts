import { equalJson } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { badRequest, conflict, invalid, notFound } from '../apiError.ts'
import { keyText } from '../storage/store.ts'
import { create } from './create.ts'
import { type Call, type Machinery, writeContext } from './machinery.ts'
import { isEnding, keepsGeneration, keptMetadata, nextGeneration, placed, withMetadata, without } from './objectMeta.ts'
import { withoutRepeatedOwners } from './ownerReferences.ts'
import { about, admitted, checked, findLive, internalError, owned, stored, withLiveTimes } from './write.ts'

export const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export type UpdateTarget = { readonly name: string; readonly subresource: string | undefined }

/** Replaces an object. `object` has the form of the call's kind, and known fields only. */
export function update(machinery: Machinery, call: Call, object: Unstructured, { name, subresource }: UpdateTarget): Unstructured {
  const asked = { ...object, metadata: placed(call.kind, object.metadata, call.namespace) }
  requireName(asked, name)
  const live = findLive(machinery, call, name)
  if (live === undefined) {
    if (call.kind.strategy.allowsCreateOnUpdate === true && subresource === undefined) return create(machinery, call, asked)
    throw notFound(about(call, name))
  }
  const { uid = '' } = asked.metadata
  if (uid !== '' && uid !== live.metadata.uid) throw conflict(about(call, name), otherUid(call, name, uid, live))
  return replace(machinery, call, { live, object: asked, subresource })
}

export function requireName({ metadata }: Unstructured, name: string): void {
  const { name: said = '' } = metadata
  if (said === '') throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (said !== name) throw badRequest(`the name of the object (${said}) does not match the name on the URL (${name})`)
}

function otherUid({ kind, namespace }: Call, name: string, uid: string, live: Unstructured): string {
  const path = [kind.group, kind.plural, kind.namespaced ? namespace : '', name].filter((part) => part !== '').join('/')
  const because = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
  return `StorageError: invalid object, Code: 4, Key: /registry/${path}, ResourceVersion: 0, AdditionalErrorMsg: ${because}`
}

export type Replacement = {
  readonly live: Unstructured
  readonly object: Unstructured
  readonly subresource: string | undefined
  /** The object is made by a patch, of which less is known. */
  readonly isPatched?: boolean
  /** Server-side apply has written the owners down already. */
  readonly isApplied?: boolean
}

/** The last half of every change: what it may not touch is put back, it is checked, and kept if it changes anything. */
export function replace(
  machinery: Machinery,
  call: Call,
  { live, object, subresource, isApplied = false, isPatched = false }: Replacement,
): Unstructured {
  const { kind } = call
  const { name } = live.metadata
  requireVersion(call, object, live)
  const metadata = withoutRepeatedOwners(call, object.metadata, isPatched ? ' after mutating admission happens' : '')
  const begun = withMetadata(kind, object, keptMetadata(metadata, live.metadata))
  const defaulted = kind.strategy.defaults?.(begun) ?? begun
  const { managedFields: sent } = object.metadata
  const own = isApplied ? defaulted : owned(machinery, call, defaulted, { live, subresource, sent })
  const accepted = admitted(machinery, call, own, { verb: 'update', name, subresource, old: live })
  const prepared = prepare(machinery, call, accepted, live, subresource)
  // What a controller notes beside a status, in annotations, is nothing that is wanted.
  const isNoted = subresource === 'status' && keepsGeneration(kind)
  const generation = isNoted ? live.metadata.generation : nextGeneration(kind, prepared, live)
  const numbered = generation === undefined ? prepared : { ...prepared, metadata: { ...prepared.metadata, generation } }
  checked(call, numbered, live)
  const updated = withMetadata(kind, numbered, numbered.metadata)
  if (equalJson(withLiveTimes(updated, live), live)) return live
  if (isEnding(updated.metadata) && !isHeld(kind.storedAs, updated)) return ended(machinery, call, updated)
  return stored(machinery, call, updated)
}

function requireVersion(call: Call, object: Unstructured, live: Unstructured): void {
  const { resourceVersion = '' } = object.metadata
  if (resourceVersion === '' || resourceVersion === '0') {
    if (!(call.kind.strategy.requiresVersion ?? call.kind.prunes)) return
    const error = {
      field: 'metadata.resourceVersion',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
    } as const
    // The real server names the resource here, where it names the kind elsewhere.
    throw invalid({ ...about(call, live.metadata.name), kind: call.kind.plural }, [error])
  }
  if (!/^\d+$/.test(resourceVersion)) throw internalError(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
  if (resourceVersion !== live.metadata.resourceVersion) throw conflict(about(call, live.metadata.name), modified)
}

function prepare(machinery: Machinery, { kind }: Call, object: Unstructured, live: Unstructured, subresource: string | undefined): Unstructured {
  const { strategy } = kind
  if (subresource === 'status') return strategy.prepareForStatusUpdate?.(object, live) ?? onlyStatus(object, live)
  if (subresource === 'finalize')
    return { ...live, metadata: { ...live.metadata, managedFields: object.metadata.managedFields ?? [] }, spec: object['spec'] }
  if (strategy.prepareForUpdate !== undefined) return strategy.prepareForUpdate(object, live, writeContext(machinery))
  return kind.subresources.status === true
    ? ({ ...without(object, 'status'), ...(live['status'] !== undefined && { status: live['status'] }) } as Unstructured)
    : object
}

function onlyStatus(object: Unstructured, live: Unstructured): Unstructured {
  const { managedFields = [] } = object.metadata
  return { ...live, metadata: { ...live.metadata, managedFields }, status: object['status'] }
}

/** A namespace stays for as long as its content is not gone. */
export function isHeld(storedAs: string, object: Unstructured): boolean {
  if (storedAs !== 'namespaces') return false
  const { finalizers = [] } = (object['spec'] ?? {}) as { readonly finalizers?: readonly string[] }
  return finalizers.length > 0
}

/** The last finalizer has gone, and the object with it. */
function ended({ store }: Machinery, { kind, dryRun, namespace }: Call, object: Unstructured): Unstructured {
  if (!dryRun) store.remove(kind.storedAs, keyText({ namespace: kind.namespaced ? namespace : undefined, name: object.metadata.name }))
  return object
}
