import type { JsonObject, ManagedFieldsEntry } from '../../unstructured.ts'
import { withAtomicWholes } from './becomeAtomic.ts'
import { changed } from './compare.ts'
import { emptySet, type FieldSet, isEmptySet, union, withoutSubtrees } from './fieldSet.ts'
import { type Manager, type Managers, managedFields, managerKey, ownable, parseManagers, pooled } from './managers.ts'
import { reckon } from './owners.ts'
import type { Versions } from './versions.ts'

/** A write that is no apply: a creation, an update or a patch. */
export type Update = {
  /** Undefined where the object is created. */
  readonly before: JsonObject | undefined
  /** An object of the kind of which nothing is said yet: `Kind.empty`. */
  readonly empty: JsonObject
  /** As it will be kept, with the managedFields that the client sent. */
  readonly after: JsonObject
  readonly apiVersion: string
  readonly versions: Versions
  readonly manager: string
  /** '' for the main resource. */
  readonly subresource: string
  readonly reset: FieldSet
  /** RFC 3339, whole seconds. */
  readonly now: string
}

/** Who owns which fields after the write; none where ownership is not tracked, because a client once cleared it. */
export function trackUpdate(update: Update): readonly ManagedFieldsEntry[] {
  const managers = withAtomicWholes(managersBefore(update), update.versions)
  if (managers.size === 0 && update.before !== undefined) return []
  return managedFields(pooled(withUpdate(managers, update)))
}

/** The managers with what the update changes as its own. */
export function withUpdate(managers: Managers, update: Update): Managers {
  const { before, empty, after, apiVersion, versions, reset, manager, subresource, now } = update
  const { managers: left, comparison } = reckon(managers, '', { before: before ?? empty, after, apiVersion, versions, reset })
  const own = ownable(withoutSubtrees(changed(comparison), reset))
  if (isEmptySet(own)) return left
  const who: Manager = { manager: manager === '' ? 'unknown' : manager, operation: 'Update', apiVersion, ...(subresource !== '' && { subresource }) }
  const key = managerKey(who)
  // The real server loses the time on the way from a Scale to what it is the size of.
  const time = subresource === 'scale' ? {} : { time: now }
  return new Map(left).set(key, { ...who, fields: union(own, left.get(key)?.fields ?? emptySet), ...time })
}

/** Those that the client sent where they make sense, or else the live ones. A client clears them by one empty entry, or by an empty list. */
function managersBefore({ before, after, subresource }: Update): Managers {
  const live = parseManagers(entriesOf(before) ?? []) ?? new Map()
  if (subresource !== '') return live
  const sent = entriesOf(after)
  const isCleared = sent !== undefined && (sent.length === 0 || (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0))
  if (isCleared) return new Map()
  const managers = parseManagers(sent ?? [])
  return managers === undefined || managers.size === 0 ? live : managers
}

export function entriesOf(object: JsonObject | undefined): readonly ManagedFieldsEntry[] | undefined {
  const metadata = object?.['metadata'] as { readonly managedFields?: readonly ManagedFieldsEntry[] } | undefined
  return metadata?.managedFields ?? undefined
}
