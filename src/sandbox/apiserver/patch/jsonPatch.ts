import { equalJson, isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { jsonType } from '../goText.ts'
import { jsonBytes } from '../jsonBytes.ts'

const maxSteps = 10_000
/** By which `copy` may make a document grow, over all steps. */
const maxCopiedBytes = 3 * 1024 * 1024
const stepFields = ['op', 'path', 'from'] as const

/**
 * RFC 6902 as the real server takes it: `replace` of a field that an object does not have adds it, an index may count from the end (`-1`), and a `value` left out is null.
 * A step that cannot be done refuses the patch as a whole, with 422 and without saying which one, as there.
 */
export function applyJsonPatch(target: JsonObject, steps: Json): Json {
  let copied = 0
  const charge = (value: Json): Json => {
    copied += jsonBytes(value, maxCopiedBytes - copied)
    if (copied > maxCopiedBytes) throw refused()
    return value
  }
  return decodeSteps(steps).reduce<Json>((document, step) => applyStep(document, step, charge), target)
}

/** Fields that no step has, as strict decoding words them: `json patch unknown field "[0].colour"`. */
export function unknownStepFields(steps: Json): readonly string[] {
  if (!isList(steps)) return []
  const known: readonly string[] = [...stepFields, 'value']
  return steps.flatMap((step, index) =>
    isObject(step)
      ? Object.keys(step)
          .filter((field) => !known.includes(field))
          .map((field) => `json patch unknown field "[${index}].${field}"`)
      : [],
  )
}

type Step = { readonly op: string; readonly path?: string; readonly from?: string; readonly value: Json }

function decodeSteps(steps: Json): readonly Step[] {
  if (steps === null) return []
  if (!isList(steps)) throw undecodable(steps, 'value of type []handlers.jsonPatchOp')
  if (steps.length > maxSteps) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${maxSteps}, got ${steps.length}`
    throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message })
  }
  return steps.map((step) => {
    if (step === null) return { op: 'unknown', value: null }
    if (!isObject(step)) throw undecodable(step, 'value of type handlers.jsonPatchOp')
    for (const field of stepFields) {
      const text = step[field] ?? ''
      if (typeof text !== 'string') throw undecodable(text, `struct field jsonPatchOp.${field} of type string`)
    }
    const { op, path, from, value } = step
    return {
      op: typeof op === 'string' ? op : 'unknown',
      ...(typeof path === 'string' && { path }),
      ...(typeof from === 'string' && { from }),
      value: value ?? null,
    }
  })
}

function undecodable(value: Json, as: string): ApiError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go ${as}`)
}

function refused(): ApiError {
  return new ApiError({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} })
}

function applyStep(document: Json, { op, path, from, value }: Step, charge: (copied: Json) => Json): Json {
  switch (op) {
    case 'add':
      return edit(document, keysOf(path), { kind: 'add', value })
    case 'replace':
      // Of the whole by a scalar: the real server loses its own error there, and nothing changes.
      if (path === '') return isObject(value) || isList(value) ? value : document
      return edit(document, keysOf(path), { kind: 'set', value })
    case 'remove':
      return edit(document, keysOf(path), { kind: 'remove' })
    case 'move': {
      const moved = read(document, keysOf(from))
      return edit(edit(document, keysOf(from), { kind: 'remove' }), keysOf(path), { kind: 'add', value: moved })
    }
    case 'copy':
      return edit(document, keysOf(path), { kind: 'add', value: charge(read(document, keysOf(from))) })
    case 'test':
      if (!equalJson(path === '' ? document : read(document, keysOf(path)), value)) throw refused()
      return document
    default:
      throw refused()
  }
}

/** RFC 6901. Whatever stands before the first slash is passed over. */
function keysOf(pointer: string | undefined): readonly string[] {
  const keys = pointer?.split('/').slice(1) ?? []
  if (keys.length === 0) throw refused()
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What is at the place; null where an object has no such field, as a step must tell of a missing way, not of a missing end. */
function read(document: Json, keys: readonly string[]): Json {
  const last = keys.length - 1
  return keys.reduce<Json>((value, key, depth) => {
    if (isList(value)) return value[indexIn(value, key)] ?? null
    if (!isObject(value)) throw refused()
    const found = Object.hasOwn(value, key) ? (value[key] ?? null) : null
    if (found === null && depth < last) throw refused()
    return found
  }, document)
}

type Edit = { readonly kind: 'add' | 'set'; readonly value: Json } | { readonly kind: 'remove' }

/** The document with one place changed; all beside the way there is shared. */
function edit(document: Json, [key = '', ...rest]: readonly string[], change: Edit): Json {
  const isEnd = rest.length === 0
  if (isList(document)) {
    if (isEnd) return editList(document, key, change)
    const index = indexIn(document, key)
    return document.with(index, edit(document[index] ?? null, rest, change))
  }
  if (!isObject(document)) throw refused()
  const has = Object.hasOwn(document, key)
  if (!has && (!isEnd || change.kind === 'remove')) throw refused()
  const fields = new Map(Object.entries(document))
  if (!isEnd) fields.set(key, edit(document[key] ?? null, rest, change))
  else if (change.kind === 'remove') fields.delete(key)
  else fields.set(key, change.value)
  return Object.fromEntries(fields)
}

function editList(list: readonly Json[], key: string, change: Edit): Json {
  if (change.kind === 'remove') return list.toSpliced(indexIn(list, key), 1)
  if (change.kind === 'set') return list.with(indexIn(list, key), change.value)
  return key === '-' ? [...list, change.value] : list.toSpliced(indexIn({ length: list.length + 1 }, key), 0, change.value)
}

function indexIn({ length }: { readonly length: number }, key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw refused()
  const index = Number(key)
  if (index >= length || index < -length) throw refused()
  return index < 0 ? index + length : index
}
