import { equalJson, isObject } from '../../json.ts'
import type { JsonObject, ManagedFieldsEntry } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import type { Schema } from '../schema/schema.ts'
import { withAtomicWholes } from './becomeAtomic.ts'
import { appliedMistakes } from './checkApplied.ts'
import { type Conflicts, conflictError } from './conflicts.ts'
import { emptySet, type FieldSet, isEmptySet, withoutSubtrees } from './fieldSet.ts'
import { fieldsOf } from './fieldsOf.ts'
import { conflictsWithin, withLastApplied } from './lastApplied.ts'
import { type Manager, type Managers, managedFields, managerKey, type Ownership, ownable, parseManagers } from './managers.ts'
import { mergeApplied } from './mergeApplied.ts'
import { reckon } from './owners.ts'
import { pruneDropped } from './pruneDropped.ts'
import { entriesOf, withUpdate } from './trackUpdate.ts'
import type { Versions } from './versions.ts'

export type Apply = {
  /** Undefined where the object is created. */
  readonly live: JsonObject | undefined
  /** An object of the kind of which nothing is said yet: `Kind.empty`. */
  readonly empty: JsonObject
  /** What the client sent. */
  readonly applied: JsonObject
  /** In which it is applied, and `live` is given. */
  readonly apiVersion: string
  readonly kind: string
  readonly versions: Versions
  readonly manager: string
  readonly force: boolean
  /** '' for the main resource. */
  readonly subresource: string
  readonly reset: FieldSet
  /** RFC 3339, whole seconds. */
  readonly now: string
}

/** `object` is merged, without defaults for what is new. */
export type Applied = { readonly object: JsonObject; readonly managedFields: readonly ManagedFieldsEntry[] }

/** kubectl's name as an applier; the real server helps it along from what its older self has applied without server-side apply. */
const kubectl = 'kubectl'

/** Merges what is applied, and removes what this manager applied before and nobody else owns. Throws an ApiError on conflicts. */
export function applyServerSide(apply: Apply): Applied {
  const schema = requireFitting(apply)
  const entries = parseManagers(entriesOf(apply.live) ?? [])
  if (entries === undefined) throw new ApiError({ code: 500, reason: '', message: 'failed to decode managed fields' })
  const managers = entries.size === 0 && apply.live !== undefined ? beforeFirstApply(apply, apply.live) : withAtomicWholes(entries, apply.versions)
  let outcome = attempt(apply, managers, schema)
  if (!apply.force && outcome.conflicts.size > 0) {
    const left =
      apply.manager === kubectl ? conflictsWithin(outcome.conflicts, { live: apply.live, apiVersion: apply.apiVersion, schema }) : outcome.conflicts
    if (left.size > 0) throw conflictError(left)
    outcome = attempt({ ...apply, force: true }, managers, schema)
  }
  const object = apply.manager === kubectl ? withLastApplied(outcome.object, apply.applied) : outcome.object
  return { object, managedFields: managedFields(outcome.managers) }
}

function attempt(
  apply: Apply,
  managers: Managers,
  schema: Schema,
): { readonly object: JsonObject; readonly managers: Managers; readonly conflicts: Conflicts } {
  const { applied, apiVersion, versions, manager, subresource, reset, now } = apply
  const live = withoutManagedFields(apply.live) ?? apply.empty
  const who: Manager = { manager, operation: 'Apply', apiVersion, ...(subresource !== '' && { subresource }) }
  const key = managerKey(who)
  const last = managers.get(key)
  const own: Ownership = { ...who, fields: withoutSubtrees(fieldsOf(applied, schema), reset), ...(last?.time !== undefined && { time: last.time }) }
  const all = new Map(managers).set(key, own)
  const merged = mergeApplied(live, applied, schema)
  const after = pruneDropped(isObject(merged) ? merged : {}, { managers: all, last, apiVersion, versions })
  const { managers: left, conflicts } = reckon(all, key, { before: live, after, apiVersion, versions, reset })
  const isChanged = !equalJson(live, after)
  const fields = ownable(left.get(key)?.fields ?? emptySet)
  const found = new Map(left)
  if (isEmptySet(fields)) found.delete(key)
  else found.set(key, { ...own, fields, ...(isChanged && { time: now }) })
  return { object: isChanged ? after : live, managers: found, conflicts }
}

/** All that an object has before it is applied for the first time belongs to a manager of its own. */
function beforeFirstApply({ empty, apiVersion, versions, subresource, reset, now }: Apply, live: JsonObject): Managers {
  const after = withoutManagedFields(live) ?? empty
  return withUpdate(new Map(), { before: undefined, empty, after, apiVersion, versions, manager: 'before-first-apply', subresource, reset, now })
}

function withoutManagedFields(object: JsonObject | undefined): JsonObject | undefined {
  const metadata = object?.['metadata']
  if (!isObject(metadata)) return object
  const { managedFields: _, ...rest } = metadata
  return { ...object, metadata: rest }
}

/** The schema, once it is clear that what is applied is of it. */
function requireFitting({ applied, apiVersion, kind, versions }: Apply): Schema {
  if (applied['apiVersion'] !== apiVersion || applied['kind'] !== kind) {
    throw badRequest(`invalid object type: ${kindText(String(applied['apiVersion'] ?? ''), String(applied['kind'] ?? ''))}`)
  }
  const metadata = isObject(applied['metadata']) ? applied['metadata'] : {}
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) throw badRequest('metadata.managedFields must be nil')
  const schema = versions.schemaOf(apiVersion)
  if (schema === undefined) throw new Error(`no schema for ${kind} in ${apiVersion}`)
  const mistakes = appliedMistakes(applied, schema)
  if (mistakes.length === 0) return schema
  const said = mistakes.length === 1 ? mistakes[0] : ['errors:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n')
  const place = `${String(metadata['namespace'] ?? '')}/${String(metadata['name'] ?? '')}`
  throw new ApiError({ code: 500, reason: '', message: `failed to create typed patch object (${place}; ${kindText(apiVersion, kind)}): ${said}` })
}

function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}
