import { isList } from '../json.ts'
import type { Json } from '../unstructured.ts'

/** How long a value is as JSON, about; counting ends above `limit`, since a value that shares its parts may be far longer than it is big. */
export function jsonBytes(value: Json, limit: number): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 4
  let bytes = 2
  for (const [key, part] of Object.entries(value)) {
    bytes += (isList(value) ? 1 : key.length + 4) + jsonBytes(part, limit - bytes)
    if (bytes > limit) break
  }
  return bytes
}

/** Whether lists and objects are nested deeper than so. */
export function isDeeperThan(depth: number, value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  return Object.values(value).some((part) => isDeeperThan(depth - 1, part))
}
