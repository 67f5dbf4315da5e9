/** Whether two JSON values are the same, whatever the order of their fields; a field that is undefined counts as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => equalJson(item, b[at]))
  }
  return containsAll(a, b) && containsAll(b, a)
}

/** Every field of `part` is in `whole`, and the same there; those that are in `whole` alone are not looked at. */
function containsAll(part: object, whole: object): boolean {
  const values = whole as Readonly<Record<string, unknown>>
  return Object.entries(part).every(([name, value]) => value === undefined || equalJson(value, values[name]))
}
