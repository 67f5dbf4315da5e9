/** What a verb was told; or every mistake in it. */
type Parsed<T> = { readonly kind: 'settings'; readonly settings: T } | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }

/** The settings; or undefined, once every mistake is told. */
export function settled<T>(parsed: Parsed<T>): T | undefined {
  if (parsed.kind === 'settings') return parsed.settings
  for (const mistake of parsed.mistakes) console.error(`spillway: ${mistake}`)
  return undefined
}
