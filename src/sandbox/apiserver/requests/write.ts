import type { ManagedFieldsEntry, Unstructured } from '../../unstructured.ts'
import { type About, ApiError, invalid } from '../apiError.ts'
import { keyText } from '../storage/store.ts'
import { type Attributes, type Call, kept, type Machinery, served, timeText } from './machinery.ts'
import { withMetadata } from './objectMeta.ts'

/** Steps that creations and updates share. */

export function about({ kind }: Pick<Call, 'kind'>, name: string): About {
  // As it is kept: an event is one of the core group, whichever way it is written.
  const [, ...group] = kind.storedAs.split('.')
  return { group: group.join('.'), plural: kind.plural, kind: kind.kind, name }
}

/** The object as it stands, in the form of the kind asked for. */
export function findLive({ store }: Machinery, { kind, namespace }: Call, name: string): Unstructured | undefined {
  const stored = store.get(kind.storedAs, keyText({ namespace: kind.namespaced ? namespace : undefined, name }))
  return stored === undefined ? undefined : served(kind, stored)
}

export type Admitted = Pick<Attributes, 'verb' | 'name' | 'subresource' | 'old'>

export function admitted({ admissions }: Machinery, call: Call, object: Unstructured, facts: Admitted): Unstructured {
  const { kind, namespace, user } = call
  return admissions.reduce((admittedSoFar, admit) => admit(admittedSoFar, { ...facts, kind, namespace, user }), object)
}

/** Throws 422 for mistakes, and tells of what is better avoided. */
export function checked(call: Call, object: Unstructured, old: Unstructured | undefined): void {
  const { strategy } = call.kind
  const errors = strategy.validate?.(object, old) ?? []
  if (errors.length > 0) throw invalid(about(call, object.metadata.name ?? ''), errors)
  for (const warning of strategy.warnings?.(object, old) ?? []) call.warn(warning)
}

export type Owned = {
  readonly live: Unstructured | undefined
  readonly subresource: string | undefined
  /** The owners that the client sent. */
  readonly sent: readonly ManagedFieldsEntry[] | undefined
}

/** The object with the owners of its fields after this write. Comes before admission: what that adds belongs to nobody. */
export function owned({ fields, nowMs }: Machinery, call: Call, object: Unstructured, { live, subresource, sent }: Owned): Unstructured {
  const write = { kind: call.kind, live, manager: call.manager.name, subresource, now: timeText(nowMs()) }
  const { managedFields: _, ...metadata } = object.metadata
  const managedFields = fields.owners({ ...object, metadata: { ...metadata, ...(sent !== undefined && { managedFields: sent }) } }, write)
  return withMetadata(call.kind, object, { ...metadata, managedFields })
}

/** With the times of the live owners where nothing else differs: such a write changes nothing. */
export function withLiveTimes(updated: Unstructured, live: Unstructured): Unstructured {
  const [now, before] = [updated.metadata.managedFields ?? [], live.metadata.managedFields ?? []]
  if (now.length !== before.length) return updated
  const managedFields = now.map(({ time: _, ...entry }, at) => {
    const time = before[at]?.time
    return { ...entry, ...(time !== undefined && { time }) }
  })
  return { ...updated, metadata: { ...updated.metadata, ...(managedFields.length > 0 && { managedFields }) } }
}

export function stored({ store }: Machinery, { kind, dryRun }: Call, object: Unstructured): Unstructured {
  if (dryRun) return object
  return served(kind, store.put(kind.storedAs, keyText(kind.namespaced ? object.metadata : { name: object.metadata.name }), kept(kind, object)))
}

export function internalError(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message })
}
