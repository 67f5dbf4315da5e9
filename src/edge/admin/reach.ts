import type { NamedMatch, RequestMatch, Split } from '../../core/routing/types.ts'

/** The fields to send so that a split's own route sends a request to one backend, whatever the weights. */
export type Reach = { readonly route: string; readonly headers: readonly { readonly name: string; readonly value: string }[] }

/** By the first of the backend's routes that fields alone can satisfy; null where there is none. An earlier route may still take the request. */
export function reachOf(split: Split, backend: string): Reach | null {
  for (const route of split.routes) {
    if (route.backend !== backend) continue
    if (route.match.length === 0) return { route: route.name, headers: [] }
    for (const match of route.match) {
      const headers = fieldsFor(match)
      if (headers !== undefined) return { route: route.name, headers }
    }
  }
  return null
}

function fieldsFor(match: RequestMatch): Reach['headers'] | undefined {
  if (match.path !== undefined || match.query.length > 0 || (match.method !== undefined && match.method !== 'GET')) return undefined
  const headers = match.headers.flatMap(pairFor)
  const cookies = match.cookies.flatMap(pairFor)
  if (headers.length < match.headers.length || cookies.length < match.cookies.length) return undefined
  if (cookies.length === 0) return headers
  return [...headers, { name: 'Cookie', value: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }]
}

/** Nothing where the value would have to be made up from a pattern. */
function pairFor({ name, value }: NamedMatch): Reach['headers'] {
  switch (value.kind) {
    case 'exact':
    case 'prefix':
      return [{ name, value: value.value }]
    case 'present':
      return [{ name, value: '1' }]
    case 'regex':
      return []
  }
}
