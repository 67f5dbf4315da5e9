/** For a person: what went wrong, and where in the code only if nobody foresaw it. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.constructor === Error ? error.message : (error.stack ?? error.message)
}
