import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { goText, goType, jsonType } from '../goText.ts'
import type { Schema } from '../schema/schema.ts'
import { inOrder, requireOrderNames } from './elementOrder.ts'
import { keyOf, type MergeKey, patchFault, requireObject } from './mergeKey.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFromList = '$deleteFromPrimitiveList'
const elementOrder = '$setElementOrder'

/**
 * Kubernetes' strategic merge patch: lists whose schema has a merge key are merged by it, and directives (`$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/x`, `$setElementOrder/x`) say what a plain value cannot. What the patch does not name is shared with `target`.
 */
export function applyStrategicPatch(target: JsonObject, patch: Json, schema: Schema): JsonObject {
  if (patch === null) return target
  if (!isObject(patch)) throw badRequest(`json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`)
  return mergeObject(target, patch, schema)
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const asked = patch[directive]
  if (asked === 'replace') return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== directive))
  if (asked === 'delete') return {}
  if (asked !== undefined) throw patchFault(`unknown patch type: ${goText(asked)} in map: ${goText(patch)}`)

  const steps = new Map(Object.entries(patch))
  const fields = new Map(Object.entries(retained(target, patch)))
  steps.delete(retainKeys)
  for (const [key, order] of [...steps]) {
    if (!key.startsWith(elementOrder)) continue
    steps.delete(key)
    const name = keyAfter(key, elementOrder, 'setElementOrder list')
    const ordered = mergeOrdered(fields.get(name), steps.get(name), { order, at: fieldOf(schema, name) })
    if (ordered === undefined) continue
    fields.set(name, ordered)
    steps.delete(name)
  }
  for (const [key, value] of steps) {
    if (key.startsWith(deleteFromList)) removeElements(fields, keyAfter(key, deleteFromList, 'primitive list'), value)
    else mergeField(fields, key, { value, schema })
  }
  return Object.fromEntries(fields)
}

function mergeField(fields: Map<string, Json>, key: string, { value, schema }: { readonly value: Json; readonly schema: Schema | undefined }): void {
  const live = fields.get(key)
  if (value === null) fields.delete(key)
  else if (isObject(live) && isObject(value)) {
    const at = fieldOf(schema, key)
    fields.set(key, strategyOf(at) === 'replace' ? value : mergeObject(live, value, at))
  } else if (isList(live) && isList(value)) {
    const at = fieldOf(schema, key)
    fields.set(key, strategyOf(at) === 'merge' ? mergeList(live, value, at) : value)
  } else {
    const added = withoutDirectives(withoutNulls(value))
    if (added === undefined) fields.delete(key)
    else fields.set(key, added)
  }
}

/** Of the live fields those that `$retainKeys` names; it must name all that the patch sets. */
function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const kept = patch[retainKeys]
  if (kept === undefined) return target
  if (!isList(kept)) throw badRequest('invalid patch format of retainKeys')
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === retainKeys || key.startsWith(deleteFromList) || key.startsWith(elementOrder)
    if (value !== null && !isDirective && !kept.includes(key)) throw badRequest('invalid patch format of retainKeys')
  }
  return Object.fromEntries(Object.entries(target).filter(([key]) => kept.includes(key)))
}

/** The name of the list in `$setElementOrder/finalizers`. */
function keyAfter(key: string, prefix: string, what: string): string {
  const slash = key.indexOf('/')
  if (slash < 0 || key.slice(0, slash) !== prefix) throw badRequest(`invalid patch format of ${what}`)
  return key.slice(slash + 1)
}

function removeElements(fields: Map<string, Json>, key: string, removed: Json): void {
  if (removed === null) fields.delete(key)
  const live = fields.get(key)
  if (!isList(live) || !isList(removed)) return
  requireOneType(live, removed)
  fields.set(
    key,
    live.filter((element) => !removed.includes(element)),
  )
}

/** The merged list in the order asked for; undefined where neither side has it. */
function mergeOrdered(
  live: Json | undefined,
  patch: Json | undefined,
  { order, at }: { readonly order: Json; readonly at: Schema | undefined },
): Json | undefined {
  const asked = requireList(order)
  const liveList = live === undefined ? undefined : requireList(live)
  const patchList = patch === undefined ? undefined : requireList(patch)
  const mergeKey = at?.patchMergeKey ?? ''
  requireOrderNames(
    (patchList ?? []).filter((element) => mergeKey === '' || requireObject(element)[directive] === undefined),
    asked,
    mergeKey,
  )
  if (liveList === undefined && patchList === undefined) return undefined
  requireOneType(liveList ?? [], patchList ?? [])
  return inOrder({ ...mergedForOrder(liveList, patchList, at), asked, mergeKey })
}

function mergedForOrder(live: readonly Json[] | undefined, patch: readonly Json[] | undefined, at: Schema | undefined) {
  if (patch === undefined) return { merged: live ?? [], live: live ?? [] }
  if (live === undefined) return { merged: listWithoutDirectives(patch), live: [] }
  if (strategyOf(at) !== 'merge') return { merged: patch, live }
  const { merged, kept, added } = mergeElements(live, patch, at)
  // The real server appends in place: new elements take the places of deleted ones in the list that it then orders by.
  return { merged, live: [...kept, ...added].slice(0, live.length) }
}

function mergeList(live: readonly Json[], patch: readonly Json[], at: Schema | undefined): readonly Json[] {
  if (live.length === 0 && patch.length === 0) return live
  const { merged, kept, asked, mergeKey } = mergeElements(live, patch, at)
  return inOrder({ merged, asked, live: kept, mergeKey })
}

type MergedElements = {
  readonly merged: readonly Json[]
  /** Of the live elements those that the patch does not delete. */
  readonly kept: readonly Json[]
  /** Those of the patch that are no directives. */
  readonly asked: readonly Json[]
  /** Those of them that are new. */
  readonly added: readonly Json[]
  readonly mergeKey: MergeKey
}

function mergeElements(live: readonly Json[], patch: readonly Json[], at: Schema | undefined): MergedElements {
  requireOneType(live, patch)
  if (!isObject(live[0] ?? patch[0])) {
    const added = patch.filter((element) => !live.includes(element))
    return { merged: [...new Set([...live, ...patch])], kept: live, asked: patch, added, mergeKey: '' }
  }
  const mergeKey = at?.patchMergeKey ?? ''
  if (mergeKey === '') throw patchFault('cannot merge lists without merge key for struct')
  const { kept, asked } = applyElementDirectives(live, patch, mergeKey)
  const merged = mergeByKey(kept, asked, { mergeKey, schema: at?.items })
  return { merged, kept, asked, added: merged.slice(kept.length), mergeKey }
}

type Elements = { readonly mergeKey: MergeKey; readonly schema: Schema | undefined }

function mergeByKey(live: readonly Json[], patch: readonly Json[], { mergeKey, schema }: Elements): readonly Json[] {
  const merged = [...live]
  for (const element of patch) {
    const key = keyOf(element, mergeKey)
    const index = merged.findIndex((other) => requireObject(other)[mergeKey] === key)
    if (index < 0) merged.push(element)
    else merged[index] = mergeObject(requireObject(merged[index] ?? null), requireObject(element), schema)
  }
  return merged
}

/** Takes the elements that are directives out of the patch, and does what they say. */
function applyElementDirectives(live: readonly Json[], patch: readonly Json[], mergeKey: MergeKey) {
  let kept = live
  let replaces = false
  const asked: Json[] = []
  for (const element of patch) {
    const fields = requireObject(element)
    const word = fields[directive]
    if (word === undefined) asked.push(element)
    else if (word === 'replace') replaces = true
    else if (word === 'delete') {
      const key = keyOf(fields, mergeKey)
      kept = kept.filter((other) => requireObject(other)[mergeKey] !== key)
    } else if (word === 'merge') throw patchFault('merging lists cannot yet be specified in the patch')
    else throw patchFault(`unknown patch type: ${goText(word)} in map: ${goText(fields)}`)
  }
  return replaces ? { kept: asked, asked: [] } : { kept, asked }
}

function requireList(value: Json): readonly Json[] {
  if (!isList(value)) throw patchFault(`expected a []interface {}, but received a ${goType(value)}`)
  return value
}

function requireOneType(live: readonly Json[], patch: readonly Json[]): void {
  const first = live[0] ?? patch[0]
  if (first === undefined) throw patchFault('no elements in any of the given slices')
  if (isList(first))
    throw new ApiError({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} })
  const isOther = (element: Json): boolean => goType(element) !== goType(first)
  if (live.some(isOther) || patch.some(isOther)) throw patchFault(`list element types are not identical: ${goText([live, patch])}`)
}

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.properties === undefined) return schema?.additionalProperties === true ? undefined : schema?.additionalProperties
  const field = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
  if (field !== undefined) return field
  const type = schema.definition?.slice(schema.definition.lastIndexOf('.') + 1) ?? ''
  throw patchFault(`unable to find api field in struct ${type} for the json field "${key}"`)
}

function strategyOf(schema: Schema | undefined): string | undefined {
  return schema?.patchStrategy?.find((strategy) => strategy !== 'retainKeys')
}

/** Undefined where the value is nothing but a directive. */
function withoutDirectives(value: Json): Json | undefined {
  if (isList(value)) return listWithoutDirectives(value)
  if (!isObject(value)) return value
  if (value[directive] !== undefined) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const kept = withoutDirectives(inner)
      return kept === undefined ? [] : [[key, kept]]
    }),
  )
}

function listWithoutDirectives(list: readonly Json[]): readonly Json[] {
  return list.map(withoutDirectives).filter((element) => element !== undefined)
}

function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])))
}
