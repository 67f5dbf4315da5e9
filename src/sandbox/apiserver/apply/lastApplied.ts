import { isObject, parseJson } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { appliedMistakes } from './checkApplied.ts'
import { compare } from './compare.ts'
import type { Conflicts } from './conflicts.ts'
import { difference, emptySet, type FieldSet, isEmptySet } from './fieldSet.ts'
import { fieldsOf } from './fieldsOf.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** As many bytes as all annotations of an object may have. */
const maxAnnotationBytes = 256 * 1024

type Live = { readonly live: JsonObject | undefined; readonly apiVersion: string; readonly schema: Schema }

/** The conflicts that kubectl's own earlier applies, which were client-side, do not explain: what they set and nobody changed since is kubectl's to take. */
export function conflictsWithin(conflicts: Conflicts, live: Live): Conflicts {
  const allowed = lastAppliedFields(live)
  return new Map([...conflicts].map(([key, fields]) => [key, difference(fields, allowed)] as const).filter(([, fields]) => !isEmptySet(fields)))
}

function lastAppliedFields({ live, apiVersion, schema }: Live): FieldSet {
  const text = annotationsOf(live)[annotation]
  const last = typeof text === 'string' ? parseJson(text) : undefined
  if (live === undefined || !isObject(last) || last['apiVersion'] !== apiVersion || appliedMistakes(last, schema).length > 0) return emptySet
  const { added, modified, removed } = compare(last, live, schema)
  return [modified, added, removed].reduce(difference, fieldsOf(last, schema))
}

/** Keeps the annotation up to date where there is one, for clients that still apply by it. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const { [annotation]: last, ...others } = annotationsOf(object)
  if (typeof last !== 'string' || last === '') return object
  const text = `${JSON.stringify(sorted(withoutAnnotation(applied)))}\n`
  const all: JsonObject = { ...others, [annotation]: text }
  const bytes = Object.entries(all).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)), 0)
  const metadata = isObject(object['metadata']) ? object['metadata'] : {}
  return { ...object, metadata: { ...metadata, annotations: bytes > maxAnnotationBytes ? others : all } }
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const metadata = applied['metadata']
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return applied
  const { [annotation]: _, ...annotations } = metadata['annotations']
  return { ...applied, metadata: { ...metadata, annotations } }
}

function annotationsOf(object: JsonObject | undefined): JsonObject {
  const metadata = object?.['metadata']
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined
  return isObject(annotations) ? annotations : {}
}

/** Keys in order, as Go writes a map. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
