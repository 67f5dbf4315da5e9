import { isObject, parseJson } from '../../json.ts'
import type { Json } from '../../unstructured.ts'

/** One step to a field, as FieldsV1 writes it: `f:spec`, `k:{"name":"web"}`, `v:"example.com/a"`. Equal steps are equal texts. */
export type PathElement = string

export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

/** Keys are sorted, so that equal ones have one text. */
export function keyElement(keys: ReadonlyMap<string, Json>): PathElement {
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1))
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`
}

export function valueElement(value: Json): PathElement {
  return `v:${JSON.stringify(value)}`
}

export function fieldNameOf(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined
}

/** An element that a client wrote, in the form in which we write it; undefined for what we do not know. */
export function normalElement(text: string): PathElement | undefined {
  if (text.startsWith('f:')) return text
  const value = parseJson(text.slice(2))
  if (value === undefined) return undefined
  if (text.startsWith('v:')) return valueElement(value)
  if (text.startsWith('k:') && isObject(value)) return keyElement(new Map(Object.entries(value)))
  return text.startsWith('i:') && Number.isInteger(value) ? text : undefined
}

/** How messages name a field: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join('')
}

export function elementText(element: PathElement): string {
  const value = element.startsWith('f:') ? undefined : parseJson(element.slice(2))
  if (value === undefined) return `.${element.slice(2)}`
  if (element.startsWith('v:')) return `[=${JSON.stringify(value)}]`
  if (!isObject(value)) return `[${element.slice(2)}]`
  const keys = Object.entries(value).map(([name, key]) => `${name}=${JSON.stringify(key)}`)
  return `[${keys.join(',')}]`
}
