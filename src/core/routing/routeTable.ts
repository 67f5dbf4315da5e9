import type { Route } from './types.ts'

/** Which target a host and a path lead to. Immutable: a change makes another table, which shares with this one all that it does not touch. */
export type RouteTable<T> = {
  readonly hosts: Hosts<T>
  /** `host` as `parseAuthority` gives it; `path` as received, without its query. undefined: no route. */
  find(host: string, path: string): T | undefined
}

export type Hosts<T> = {
  readonly names: ReadonlyMap<string, PathTable<T>>
  /** By what follows the star; those for one label by the star too. */
  readonly wildcards: ReadonlyMap<string, PathTable<T>>
  readonly any: PathTable<T>
}

/** A change under way; it may write to what it has made itself, and copies what others made. */
type Revision = { readonly kind: 'revision' }

type PathNode<T> = {
  /** Of a Prefix route that ends here: governs everything below. */
  prefix: T | undefined
  /** undefined: none. */
  children: Map<string, PathNode<T>> | undefined
  readonly madeBy: Revision
}

/** All routes of one host. Exact routes by their whole path, prefixes in a tree by segment: cost grows with the path's depth, not with the routes. */
type PathTable<T> = { exact: Map<string, T>; root: PathNode<T>; readonly madeBy: Revision }

export type RoutedTo<T> = { readonly route: Route; readonly target: T }

/**
 * Routes to targets. The most specific host wins (a name, then the longest wildcard, then any), then the longest path, then Exact.
 * A host that has routes of its own, but none for the path, hands the request on to the next less specific one.
 */
export function compileRoutes<T>(routes: readonly RoutedTo<T>[]): RouteTable<T> {
  return reviseRoutes({ names: new Map(), wildcards: new Map(), any: emptyTable({ kind: 'revision' }) }, routes, [])
}

/**
 * What `compileRoutes` makes of the routes after a change: without `removed`, and with `set`, which are new or lead elsewhere. Costs as much as the
 * changed paths with their neighbours, and a copy of the map of hosts.
 */
export function reviseRoutes<T>(before: Hosts<T>, set: readonly RoutedTo<T>[], removed: readonly Route[]): RouteTable<T> {
  const revision: Revision = { kind: 'revision' }
  const copies: { names?: Map<string, PathTable<T>>; wildcards?: Map<string, PathTable<T>> } = {}
  let { any } = before
  const edit = (route: Route, target: T | undefined): void => {
    const { host } = route
    if (host === undefined) {
      any = withRoute(any, route, target, revision)
      return
    }
    const kind = host.startsWith('*.') ? 'wildcards' : 'names'
    const key = kind === 'wildcards' && route.oneLabel !== true ? host.slice(1) : host
    copies[kind] ??= new Map(before[kind])
    const table = withRoute(copies[kind].get(key) ?? emptyTable<T>(revision), route, target, revision)
    if (isEmpty(table)) copies[kind].delete(key)
    else copies[kind].set(key, table)
  }
  for (const route of removed) edit(route, undefined)
  for (const { route, target } of set) edit(route, target)
  return openTable({ names: copies.names ?? before.names, wildcards: copies.wildcards ?? before.wildcards, any })
}

function openTable<T>(hosts: Hosts<T>): RouteTable<T> {
  const { names, wildcards, any } = hosts
  return {
    hosts,
    find(host, path) {
      const named = names.get(host)
      const target = named === undefined ? undefined : findPath(named, path)
      if (target !== undefined) return target
      if (wildcards.size > 0) {
        const first = host.indexOf('.')
        const oneLabel = first < 0 ? undefined : wildcards.get(`*${host.slice(first)}`)
        const foundThere = oneLabel === undefined ? undefined : findPath(oneLabel, path)
        if (foundThere !== undefined) return foundThere
        // `.` + the labels behind the first, then behind the second, …: the longest wildcard first.
        for (let dot = first; dot >= 0; dot = host.indexOf('.', dot + 1)) {
          const wildcard = wildcards.get(host.slice(dot))
          const found = wildcard === undefined ? undefined : findPath(wildcard, path)
          if (found !== undefined) return found
        }
      }
      return findPath(any, path)
    },
  }
}

/** Shared by all hosts without exact routes; never written to. */
const noExact = new Map<string, never>()

function emptyTable<T>(madeBy: Revision): PathTable<T> {
  return { exact: noExact, root: emptyNode(madeBy), madeBy }
}

function emptyNode<T>(madeBy: Revision): PathNode<T> {
  return { prefix: undefined, children: undefined, madeBy }
}

function isEmpty<T>({ exact, root }: PathTable<T>): boolean {
  return exact.size === 0 && isBare(root)
}

function isBare<T>({ prefix, children }: PathNode<T>): boolean {
  return prefix === undefined && children === undefined
}

/** `/a/b/` and `/a/b` are the same prefix. */
function segmentsOf(path: string): string[] {
  return path.split('/').slice(1, path.endsWith('/') ? -1 : undefined)
}

/** `target` undefined: without that route. */
function withRoute<T>(table: PathTable<T>, route: Route, target: T | undefined, revision: Revision): PathTable<T> {
  const own = table.madeBy === revision ? table : { exact: copyOf(table.exact), root: table.root, madeBy: revision }
  if (route.pathType === 'Prefix') own.root = withPrefix(own.root, segmentsOf(route.path), target, revision)
  else if (target === undefined) {
    own.exact.delete(route.path)
    if (own.exact.size === 0) own.exact = noExact
  } else {
    if (own.exact === noExact) own.exact = new Map()
    own.exact.set(route.path, target)
  }
  return own
}

function copyOf<T>(exact: Map<string, T>): Map<string, T> {
  return exact.size === 0 ? exact : new Map(exact)
}

/** The tree with copies of the nodes along the path; what is bare at its end is left out. */
function withPrefix<T>(root: PathNode<T>, segments: readonly string[], target: T | undefined, revision: Revision): PathNode<T> {
  const path = [ownNode(root, revision)]
  for (const [depth, segment] of segments.entries()) {
    const child = path[depth]!.children?.get(segment)
    if (child === undefined && target === undefined) break
    const own = child === undefined ? emptyNode<T>(revision) : ownNode(child, revision)
    const parent = path[depth]!
    parent.children ??= new Map()
    parent.children.set(segment, own)
    path.push(own)
  }
  if (path.length > segments.length) path[segments.length]!.prefix = target
  for (let depth = path.length - 1; depth > 0 && isBare(path[depth]!); depth--) {
    const { children } = path[depth - 1]!
    children!.delete(segments[depth - 1]!)
    if (children!.size === 0) path[depth - 1]!.children = undefined
  }
  return path[0]!
}

function ownNode<T>(node: PathNode<T>, madeBy: Revision): PathNode<T> {
  if (node.madeBy === madeBy) return node
  return { prefix: node.prefix, children: node.children === undefined ? undefined : new Map(node.children), madeBy }
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
