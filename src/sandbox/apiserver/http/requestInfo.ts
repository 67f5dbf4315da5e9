import type { Verb } from '../kinds/kind.ts'

/** What a path asks for. */
export type Target =
  | {
      readonly kind: 'resource'
      readonly group: string
      readonly version: string
      readonly plural: string
      readonly namespace: string | undefined
      readonly name: string | undefined
      readonly subresource: string | undefined
      /** What follows a subresource that leads on: `pods/x/proxy/REST`. */
      readonly rest: readonly string[]
      /** Asked at `/watch`, where watches were once. */
      readonly isWatch: boolean
    }
  /** Health, versions, discovery. */
  | { readonly kind: 'path'; readonly path: string }

export type ResourceTarget = Extract<Target, { readonly kind: 'resource' }>

/** `path` is encoded, as it came. */
export function parseTarget(path: string): Target {
  const parts = path
    .replace(/^\/|\/$/g, '')
    .split('/')
    .map(decoded)
  // A slash in a name, and a part that is missing; but for a namespace's name, which stands for all of them.
  if (parts.some((part, at) => part.includes('/') || (part === '' && parts[at - 1] !== 'namespaces'))) return { kind: 'path', path }
  const [prefix, ...rest] = parts
  if (prefix === 'api' && rest.length >= 2) return resourceOrWatch('', rest[0]!, rest.slice(1))
  if (prefix === 'apis' && rest.length >= 3) return resourceOrWatch(rest[0]!, rest[1]!, rest.slice(2))
  return { kind: 'path', path }
}

function resourceOrWatch(group: string, version: string, parts: readonly string[]): ResourceTarget {
  if (parts[0] !== 'watch' || parts.length === 1) return resource(group, version, parts)
  return { ...resource(group, version, parts.slice(1)), isWatch: true }
}

function resource(group: string, version: string, parts: readonly string[]): ResourceTarget {
  const [first, namespace, plural, ...more] = parts
  // A namespace's own subresources look like a resource within it.
  const isWithin = first === 'namespaces' && plural !== undefined && plural !== 'status' && plural !== 'finalize'
  const [found, name, subresource, ...rest] = isWithin ? [plural, ...more] : parts
  return {
    kind: 'resource',
    group,
    version,
    plural: found!,
    namespace: isWithin && namespace !== '' ? namespace : undefined,
    name,
    subresource,
    rest,
    isWatch: false,
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return part
    throw error
  }
}

/** As authorisation knows it; undefined for methods that no resource has. */
export function verbOf(method: string, { name, isWatch: isOldWatch }: Pick<ResourceTarget, 'name' | 'isWatch'>, isWatch: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
      if (isOldWatch) return 'watch'
      return name !== undefined ? 'get' : isWatch ? 'watch' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete'
    default:
      return undefined
  }
}
