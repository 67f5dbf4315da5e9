import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { emptySet, type FieldSet } from './fieldSet.ts'
import { normalElement, type PathElement } from './pathElement.ts'

/** The wire's form: `{}` for a member, `.` where there are members below as well. */
export function fieldsV1(set: FieldSet): JsonObject {
  const fields: Record<string, Json> = {}
  if (set.isMember && set.below.size > 0) fields['.'] = {}
  for (const element of [...set.below.keys()].sort()) fields[element] = fieldsV1(set.below.get(element) ?? emptySet)
  return fields
}

/** Undefined for what is no FieldsV1. */
export function parseFieldsV1(fields: Json | undefined): FieldSet | undefined {
  const root = parseNode(fields ?? {})
  // An empty object is a member anywhere but here.
  return root === undefined ? undefined : { isMember: false, below: root.below }
}

function parseNode(fields: Json): FieldSet | undefined {
  if (!isObject(fields)) return undefined
  const below = new Map<PathElement, FieldSet>()
  let isMember = Object.keys(fields).length === 0
  for (const [text, inner] of Object.entries(fields)) {
    if (text === '.') {
      isMember = true
      continue
    }
    const element = normalElement(text)
    const node = parseNode(inner)
    if (element === undefined || node === undefined) return undefined
    below.set(element, node)
  }
  return { isMember, below }
}
