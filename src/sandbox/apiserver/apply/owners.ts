import type { JsonObject } from '../../unstructured.ts'
import { type Comparison, changed, compare, comparedBeside } from './compare.ts'
import { difference, emptySet, type FieldSet, intersection, isEmptySet } from './fieldSet.ts'
import { type Managers, type Ownership, withFields } from './managers.ts'
import { converted, type Versions } from './versions.ts'

/** A change to an object, and who may own what of it. */
export type Change = {
  readonly before: JsonObject
  readonly after: JsonObject
  readonly apiVersion: string
  readonly versions: Versions
  /** Fields that this kind of write does not change, whatever it says: nobody owns them by it. */
  readonly reset: FieldSet
}

export type Reckoned = {
  /** Who owns what the change leaves them. */
  readonly managers: Managers
  /** Owned by others than `writer`, and changed. */
  readonly conflicts: ReadonlyMap<string, FieldSet>
  /** In the version of the change. */
  readonly comparison: Comparison
}

/** What a change by `writer` does to the other managers: they lose what it changes or removes. */
export function reckon(managers: Managers, writer: string, change: Change): Reckoned {
  const comparisons = new Map<string, Comparison>()
  const comparedIn = (apiVersion: string): Comparison | undefined => {
    const known = comparisons.get(apiVersion)
    if (known !== undefined) return known
    const schema = change.versions.schemaOf(apiVersion)
    if (schema === undefined) return undefined
    const [before, after] = [converted(change.versions, change.before, apiVersion), converted(change.versions, change.after, apiVersion)]
    const comparison = comparedBeside(compare(before, after, schema), change.reset)
    comparisons.set(apiVersion, comparison)
    return comparison
  }
  const conflicts = new Map<string, FieldSet>()
  const left = withFields(managers, (ownership: Ownership, key: string) => {
    if (key === writer) return ownership.fields
    const comparison = comparedIn(ownership.apiVersion)
    if (comparison === undefined) return emptySet
    const lost = intersection(ownership.fields, changed(comparison))
    if (!isEmptySet(lost)) conflicts.set(key, lost)
    return difference(difference(ownership.fields, lost), comparison.removed)
  })
  const comparison = comparedIn(change.apiVersion) ?? { added: emptySet, modified: emptySet, removed: emptySet }
  return { managers: left, conflicts, comparison }
}
