import { isObject } from '../../json.ts'
import type { JsonObject } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { difference, emptySet, type FieldSet, intersection, isEmptySet, union } from './fieldSet.ts'
import { fieldsOf } from './fieldsOf.ts'
import type { Managers, Ownership } from './managers.ts'
import { removeFields, withNamedFields } from './removeFields.ts'
import { converted, type Versions } from './versions.ts'

export type Dropped = {
  /** With what is applied now. */
  readonly managers: Managers
  /** What the applier owned before; undefined: nothing. */
  readonly last: Ownership | undefined
  /** Of the merged object. */
  readonly apiVersion: string
  readonly versions: Versions
}

/** Removes what the applier applied last time and not now, but for what someone owns still. */
export function pruneDropped(merged: JsonObject, { managers, last, apiVersion, versions }: Dropped): JsonObject {
  if (last === undefined || isEmptySet(last.fields)) return merged
  const schema = versions.schemaOf(last.apiVersion)
  if (schema === undefined) return merged
  const all = converted(versions, merged, last.apiVersion)
  const lastFields = withNamedFields(last.fields, schema)
  const pruned = addBackOwned(all, asObject(removeFields(all, lastFields, schema)), { version: last.apiVersion, managers, versions })
  const gone = difference(named(all, schema), named(converted(versions, pruned, last.apiVersion), schema))
  // What nobody has said to own stays as well.
  return converted(versions, asObject(removeFields(all, intersection(gone, lastFields), schema)), apiVersion)
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function named(object: JsonObject, schema: Schema): FieldSet {
  return withNamedFields(fieldsOf(object, schema), schema)
}

type Owned = { readonly version: string; readonly managers: Managers; readonly versions: Versions }

/** The pruned object with all that someone owns, in the version in which he says so; the pruned version comes first, for others may need it to be whole. */
function addBackOwned(merged: JsonObject, pruned: JsonObject, { version, managers, versions }: Owned): JsonObject {
  const ownedIn = new Map<string, FieldSet>([[version, emptySet]])
  for (const { apiVersion, fields } of managers.values()) ownedIn.set(apiVersion, union(ownedIn.get(apiVersion) ?? emptySet, fields))
  let left = pruned
  for (const [apiVersion, owned] of ownedIn) {
    const schema = versions.schemaOf(apiVersion)
    if (schema === undefined || isEmptySet(owned)) continue
    const all = converted(versions, merged, apiVersion)
    const kept = union(named(converted(versions, left, apiVersion), schema), withNamedFields(owned, schema))
    left = asObject(removeFields(all, difference(named(all, schema), kept), schema))
  }
  return converted(versions, left, version)
}
