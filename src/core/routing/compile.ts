import type { CompileRegex, NamedMatch, RequestMatch, Route, TextMatch } from './types.ts'

/** Which target a host and a path lead to; immutable, built once per configuration. */
export type RouteTable<T> = {
  /** `host` as `parseAuthority` gives it; `path` as received, without its query. undefined: no route. */
  find(host: string, path: string): T | undefined
}

type PathNode<T> = {
  /** Of a Prefix route that ends here: governs everything below. */
  prefix: T | undefined
  children: Map<string, PathNode<T>> | undefined
}

/** All routes of one host. Exact routes by their whole path, prefixes in a tree by segment: cost grows with the path's depth, not with the routes. */
type PathTable<T> = { readonly exact: Map<string, T>; readonly root: PathNode<T> }

/**
 * Routes to targets. The most specific host wins (a name, then the longest wildcard, then any), then the longest path, then Exact.
 * A host that has routes of its own, but none for the path, hands the request on to the next less specific one.
 */
export function compileRoutes<T>(routes: readonly { readonly route: Route; readonly target: T }[]): RouteTable<T> {
  const names = new Map<string, PathTable<T>>()
  const wildcards = new Map<string, PathTable<T>>()
  const any = newPathTable<T>()
  for (const { route, target } of routes) {
    const host = route.host
    if (host === undefined) addPath(any, route, target)
    else if (host.startsWith('*.')) addPath(tableOf(wildcards, host.slice(1)), route, target)
    else addPath(tableOf(names, host), route, target)
  }
  return {
    find(host, path) {
      const named = names.get(host)
      const target = named === undefined ? undefined : findPath(named, path)
      if (target !== undefined) return target
      if (wildcards.size > 0) {
        // `.` + the labels behind the first, then behind the second, …: the longest wildcard first.
        for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
          const wildcard = wildcards.get(host.slice(dot))
          const found = wildcard === undefined ? undefined : findPath(wildcard, path)
          if (found !== undefined) return found
        }
      }
      return findPath(any, path)
    },
  }
}

function newPathTable<T>(): PathTable<T> {
  return { exact: new Map(), root: { prefix: undefined, children: undefined } }
}

function tableOf<T>(tables: Map<string, PathTable<T>>, key: string): PathTable<T> {
  let table = tables.get(key)
  if (table === undefined) {
    table = newPathTable()
    tables.set(key, table)
  }
  return table
}

/** `/a/b/` and `/a/b` are the same prefix. */
function segmentsOf(path: string): string[] {
  return path.split('/').slice(1, path.endsWith('/') ? -1 : undefined)
}

function addPath<T>(table: PathTable<T>, route: Route, target: T): void {
  if (route.pathType === 'Exact') {
    table.exact.set(route.path, target)
    return
  }
  let node = table.root
  for (const segment of segmentsOf(route.path)) {
    node.children ??= new Map()
    let child = node.children.get(segment)
    if (child === undefined) {
      child = { prefix: undefined, children: undefined }
      node.children.set(segment, child)
    }
    node = child
  }
  node.prefix = target
}

/** An exact route is as long as the path itself, so no prefix is longer. */
function findPath<T>(table: PathTable<T>, path: string): T | undefined {
  if (table.exact.size > 0) {
    const exact = table.exact.get(path)
    if (exact !== undefined) return exact
  }
  let node = table.root
  let found = node.prefix
  let start = 1
  while (node.children !== undefined && start <= path.length) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    const child = node.children.get(path.slice(start, end))
    if (child === undefined) return found
    node = child
    found = node.prefix ?? found
    start = end + 1
  }
  return found
}

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
