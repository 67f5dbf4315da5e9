/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function timestampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Milliseconds since 1970; undefined for what is absent or no time. */
export function msOf(timestamp: string | null | undefined): number | undefined {
  const ms = timestamp ? Date.parse(timestamp) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}
