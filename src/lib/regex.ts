import { createRequire } from 'node:module'

// Loaded with the first pattern: most configurations have none, and every worker would pay 3 MB and 11 ms.
let engine: typeof import('re2js') | undefined

/**
 * A regular expression in RE2 syntax that must match the whole text, in time linear in the text whatever the pattern. Throws an Error
 * with the reason on bad syntax.
 */
export function compileRegex(pattern: string): { matches(text: string): boolean } {
  if (pattern.length > maxPatternLength) throw new Error(`longer than ${maxPatternLength} characters`)
  engine ??= createRequire(import.meta.url)('re2js') as typeof import('re2js')
  const { RE2JS, RE2JSException } = engine
  try {
    const compiled = RE2JS.compile(pattern)
    return { matches: (text) => compiled.testExact(text) }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new Error(error.message.replace(/^error parsing regexp: /, ''), { cause: error })
  }
}

/** Time is linear in the text, with a factor that grows with the pattern. */
const maxPatternLength = 1024
