import type { Json, JsonObject } from './unstructured.ts'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/** Undefined where it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Whether two JSON values are the same, whatever the order of their fields; a field that is undefined counts as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => equalJson(item, b[at]))
  }
  // The fields of one are compared, those of the other counted: comparing both ways would double the work with every level.
  const others = new Map(Object.entries(b).filter(([, value]) => value !== undefined))
  const fields = Object.entries(a).filter(([, value]) => value !== undefined)
  return fields.length === others.size && fields.every(([name, value]) => others.has(name) && equalJson(value, others.get(name)))
}
