import { notFound } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'
import type { KindRegistry } from '../registry.ts'
import { list } from '../requests/list.ts'
import { type ListOptions, parseListOptions } from '../requests/listOptions.ts'
import { parseWatchRevision, tooLarge } from '../requests/resourceVersion.ts'
import { beginWatch } from '../requests/watch.ts'
import { about, findLive } from '../requests/write.ts'
import type { Answer } from './answer.ts'
import { type ApiRequest, callOf, header, type ResourceServer } from './apiRequest.ts'
import { type Encoding, encodeList, encodeObject } from './encode.ts'
import { negotiate, type View } from './negotiate.ts'
import { streamWatch } from './watchStream.ts'

const reading = { manager: { name: '', asked: false }, dryRun: false, fieldValidation: 'Ignore' } as const

export function encodingOf({ machinery }: ResourceServer, { kind, query }: ApiRequest, { as }: View): Encoding {
  return { kind, view: as, includeObject: query.get('includeObject') ?? '', nowMs: machinery.nowMs() }
}

export function answerGet(server: ResourceServer, request: ApiRequest): Answer {
  const { machinery } = server
  const call = callOf(request, reading)
  const view = negotiate(header(request.headers, 'accept'), 'object')
  const name = request.target.name!
  const asked = parseWatchRevision(request.query.get('resourceVersion') ?? '')
  if (asked !== undefined && asked > machinery.store.revision()) throw tooLarge(asked, machinery.store.revision())
  const object = findLive(machinery, call, name)
  if (object === undefined) throw notFound(about(call, name))
  return { kind: 'object', code: 200, object: encodeObject(encodingOf(server, request, view), object), media: view.media }
}

export function answerList(server: ResourceServer, request: ApiRequest): Answer {
  const view = negotiate(header(request.headers, 'accept'), 'list')
  const options = parseListOptions(request.query, request.kind, 'list')
  const listed = list(server.machinery, callOf(request, reading), options)
  return { kind: 'object', code: 200, object: encodeList(encodingOf(server, request, view), listed), media: view.media }
}

export function answerWatch(server: ResourceServer, request: ApiRequest): Answer {
  const view = negotiate(header(request.headers, 'accept'), 'watch')
  const options = withName(parseListOptions(request.query, request.kind, 'watch'), request)
  parseWatchRevision(options.resourceVersion)
  const { machinery, watches, watchFaults } = server
  const call = callOf(request, reading)
  const encode = (): Encoding => encodingOf(server, request, view)
  const begin = (): ReturnType<typeof beginWatch> => beginWatch(machinery, { call, options })
  return {
    kind: 'stream',
    async run(response, signal) {
      const changed = untilChanged(machinery.kinds, call.kind)
      try {
        const ending = AbortSignal.any([signal, changed.signal])
        await streamWatch({ response, signal: ending, store: machinery.store, begin, encode, options, limits: watches, faults: watchFaults })
      } finally {
        changed.release()
      }
    },
  }
}

/** Aborts when the kind is served otherwise, or not any more: whoever watches it begins anew. */
function untilChanged(kinds: KindRegistry, kind: Kind): { readonly signal: AbortSignal; release(): void } {
  const changed = new AbortController()
  const release = kinds.onChange(() => {
    if (kinds.find(kind) !== kind) changed.abort()
  })
  return { signal: changed.signal, release }
}

/** A watch of one name, as it was once asked for by the path. */
function withName(options: ListOptions, { target: { name } }: ApiRequest): ListOptions {
  if (name === undefined) return options
  return { ...options, fields: { ...options.fields, matches: (object) => object.metadata.name === name && options.fields.matches(object) } }
}
