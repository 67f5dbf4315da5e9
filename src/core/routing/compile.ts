import type { CompileRegex, NamedMatch, RequestMatch, TextMatch } from './types.ts'

/** A text comparison, ready to run. */
export type Test = (text: string) => boolean

export type CompiledNamedMatch = { readonly name: string; readonly test: Test | 'present' }

export type CompiledMatch = {
  readonly method: string | undefined
  readonly path: Test | undefined
  /** Names in lower case. */
  readonly headers: readonly CompiledNamedMatch[]
  readonly cookies: readonly CompiledNamedMatch[]
  readonly query: readonly CompiledNamedMatch[]
}

export function compileMatch(match: RequestMatch, regex: CompileRegex): CompiledMatch {
  const named = (list: readonly NamedMatch[]): CompiledNamedMatch[] =>
    list.map(({ name, value }) => ({ name, test: value.kind === 'present' ? 'present' : compileText(value, regex) }))
  return {
    method: match.method,
    path: match.path === undefined ? undefined : compilePath(match.path, regex),
    headers: named(match.headers).map(({ name, test }) => ({ name: name.toLowerCase(), test })),
    cookies: named(match.cookies),
    query: named(match.query),
  }
}

function compileText(match: TextMatch, regex: CompileRegex): Test {
  switch (match.kind) {
    case 'exact':
      return (text) => text === match.value
    case 'prefix':
      return (text) => text.startsWith(match.value)
    case 'regex': {
      const compiled = regex(match.pattern)
      return (text) => compiled.matches(text)
    }
  }
}

/** A path prefix ends at the end of a segment, as in routes. */
function compilePath(match: TextMatch, regex: CompileRegex): Test {
  if (match.kind !== 'prefix') return compileText(match, regex)
  const prefix = match.value.endsWith('/') ? match.value.slice(0, -1) : match.value
  return (path) => path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47)
}
