import { createRequire } from 'node:module'

type Engine = typeof import('re2js')
type Pattern = InstanceType<Engine['RE2JS']>

// Loaded with the first pattern: most custom kinds have none.
let engine: Engine | undefined
const compiled = new Map<string, Pattern>()
const maxKept = 1_000

/** A regular expression as Go knows them, which matches anywhere in a text, in time linear in the text. Throws an Error with the reason on bad syntax. */
export function goRegex(pattern: string): Pattern {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  engine ??= createRequire(import.meta.url)('re2js') as Engine
  const made = engine.RE2JS.compile(pattern)
  if (compiled.size >= maxKept) compiled.clear()
  compiled.set(pattern, made)
  return made
}

export function matchesPattern(pattern: string, text: string): boolean {
  return goRegex(pattern).matcher(text).find()
}
