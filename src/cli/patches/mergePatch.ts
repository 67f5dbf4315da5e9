type Fields = Readonly<Record<string, unknown>>

/** RFC 7396. */
export function mergePatched<T extends object>(target: T, patch: Fields): T {
  const result: Record<string, unknown> = { ...(target as Fields) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (isFields(value)) result[key] = mergePatched(isFields(result[key]) ? result[key] : {}, value)
    else result[key] = value
  }
  return result as T
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
