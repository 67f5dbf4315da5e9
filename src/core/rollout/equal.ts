/** Whether two values of the wire say the same: order of keys does not matter, and a key without a value is none. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  const before = a as Readonly<Record<string, unknown>>
  const after = b as Readonly<Record<string, unknown>>
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].every((key) => isEqual(before[key], after[key]))
}
