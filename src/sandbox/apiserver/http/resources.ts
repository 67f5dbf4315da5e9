import { ApiError, notAllowed } from '../apiError.ts'
import type { Kind, Verb } from '../kinds/kind.ts'
import type { KindRegistry } from '../registry.ts'
import { isTrue } from '../requests/listOptions.ts'
import type { Answer } from './answer.ts'
import type { ApiRequest, ResourceServer } from './apiRequest.ts'
import { answerGet, answerList, answerWatch } from './reads.ts'
import { type ResourceTarget, verbOf } from './requestInfo.ts'
import { answerScale } from './scales.ts'
import { answerCreate, answerDelete, answerDeleteCollection, answerPatch, answerUpdate } from './writes.ts'

export function noSuchResource(): ApiError {
  return new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} })
}

/** The kind that a path is about; undefined where not even its group is served, and 404 is thrown where the group has no such kind. */
export function kindAt(kinds: KindRegistry, target: ResourceTarget): Kind | undefined {
  const kind = kinds.find(target)
  if (kind === undefined || (!kind.namespaced && target.namespace !== undefined)) {
    // The server of custom kinds tells nothing of a group.
    if (!kinds.all().some(({ group, prunes }) => group === target.group && !prunes)) return undefined
    throw noSuchResource()
  }
  return kind
}

/** What is asked for, as authorisation knows it. */
export function verbAsked(method: string, target: ResourceTarget, query: URLSearchParams): Verb | undefined {
  return verbOf(method, target, isTrue(query.get('watch') ?? ''))
}

export function answerResource(server: ResourceServer, request: ApiRequest): Answer | Promise<Answer> {
  const { kind, target, method, query } = request
  if (target.subresource !== undefined) return answerSubresource(server, request, target.subresource)
  const verb = verbAsked(method, target, query)
  // Objects of a namespaced kind are listed across namespaces, and nothing else is done there.
  const isEverywhere = kind.namespaced && target.namespace === undefined
  if (isEverywhere && target.name !== undefined && !target.isWatch) throw noSuchResource()
  // What is only created has no place of its own.
  if (target.name !== undefined && !kind.verbs.includes('get')) throw noSuchResource()
  if (verb === undefined || !kind.verbs.includes(verb) || (isEverywhere && verb !== 'list' && verb !== 'watch')) throw notAllowed()
  if (verb === 'create' && target.name !== undefined) throw notAllowed()
  if ((verb === 'update' || verb === 'patch') && target.name === undefined) throw notAllowed()
  return answerVerb(server, request, verb)
}

function answerVerb(server: ResourceServer, request: ApiRequest, verb: Verb): Answer | Promise<Answer> {
  switch (verb) {
    case 'get':
      return answerGet(server, request)
    case 'list':
      return answerList(server, request)
    case 'watch':
      return answerWatch(server, request)
    case 'create':
      return answerCreate(server, request)
    case 'update':
      return answerUpdate(server, request)
    case 'patch':
      return answerPatch(server, request)
    case 'delete':
      return answerDelete(server, request)
    case 'deletecollection':
      return answerDeleteCollection(server, request)
  }
}

function answerSubresource(server: ResourceServer, request: ApiRequest, subresource: string): Answer | Promise<Answer> {
  const { kind, method, target } = request
  if (kind.namespaced && target.namespace === undefined) throw noSuchResource()
  const handler = server.subresources.get(`${kind.storedAs}/${subresource}`)
  if (handler !== undefined) return handler(request)
  if (subresource === 'scale' && kind.subresources.scale !== undefined) return answerScale(server, request)
  if (subresource === 'finalize' && kind.storedAs === 'namespaces') {
    if (method !== 'PUT') throw notAllowed()
    return answerUpdate(server, request)
  }
  if (subresource !== 'status' || kind.subresources.status !== true) throw noSuchResource()
  switch (method) {
    case 'GET':
      return answerGet(server, request)
    case 'PUT':
      return answerUpdate(server, request)
    case 'PATCH':
      return answerPatch(server, request)
    default:
      throw notAllowed()
  }
}
