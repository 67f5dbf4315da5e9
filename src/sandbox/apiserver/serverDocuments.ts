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
    answer({ path, query, headers }) {
      const served = { kinds: kinds.all(), subresources: subresources() }
      found ??= { discovery: discovery(served, address), openApi: openApi(served) }
      const accept = header(headers, 'accept')
      const document = found.discovery(path, accept) ?? found.openApi(path, query, accept)
      return document === undefined ? undefined : documentAnswer(document, headers)
    },
    forget,
    locate(at) {
      address = at
      forget()
    },
  }
}
