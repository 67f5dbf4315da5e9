import { notAllowed } from './apiError.ts'
import { type Discovery, discovery } from './discovery/discovery.ts'
import type { Answer } from './http/answer.ts'
import { header } from './http/apiRequest.ts'
import type { PathRequest } from './http/dispatch.ts'
import { documentAnswer } from './http/documents.ts'
import { type OpenApi, openApi } from './openapi/openApi.ts'
import type { KindRegistry } from './registry.ts'

export type ServerDocuments = {
  answer(request: PathRequest): Answer | undefined
  /** What is served has changed. */
  forget(): void
  /** Where the server is reached, `127.0.0.1:6443`. */
  locate(address: string): void
}

/** What a server tells of the kinds that it serves; made when it is asked for, and anew when they have changed. */
export function serverDocuments(kinds: KindRegistry, subresources: () => readonly string[]): ServerDocuments {
  let address = ''
  let found: { readonly discovery: Discovery; readonly openApi: OpenApi } | undefined
  const forget = (): void => {
    found = undefined
  }
  kinds.onChange(forget)
  return {
    answer({ method, path, query, headers }) {
      if (path === '/') return { kind: 'object', code: 200, object: { paths: rootPaths(kinds) } }
      const served = { kinds: kinds.all(), subresources: subresources() }
      found ??= { discovery: discovery(served, address), openApi: openApi(served) }
      const accept = header(headers, 'accept')
      const document = found.discovery(path, accept) ?? found.openApi(path, query, accept)
      if (document === undefined) return undefined
      if (method !== 'GET') throw notAllowed()
      return documentAnswer(document, headers)
    },
    forget,
    locate(at) {
      address = at
      forget()
    },
  }
}

/** Where to go on from the root. */
function rootPaths(kinds: KindRegistry): readonly string[] {
  const groups = kinds.all().filter(({ group }) => group !== '')
  const found = groups.flatMap(({ group, version }) => [`/apis/${group}`, `/apis/${group}/${version}`])
  const fixed = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version']
  return [...new Set([...fixed, ...found])].sort()
}
