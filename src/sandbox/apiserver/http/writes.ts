import { isObject } from '../../json.ts'
import type { Json, Unstructured } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { create } from '../requests/create.ts'
import { decodeBody } from '../requests/decode.ts'
import type { Patch } from '../requests/fieldMachinery.ts'
import { invalidOptions, parseListOptions } from '../requests/listOptions.ts'
import type { Call } from '../requests/machinery.ts'
import { patch } from '../requests/patch.ts'
import { remove } from '../requests/remove.ts'
import { removeCollection } from '../requests/removeCollection.ts'
import { update } from '../requests/update.ts'
import { findLive } from '../requests/write.ts'
import type { Body } from '../schema/requestBody.ts'
import type { Answer } from './answer.ts'
import { type ApiRequest, callOf, header, type ResourceServer } from './apiRequest.ts'
import { mediaType, objectMedia, parseJson, parseObject } from './body.ts'
import { parseDeleteOptions } from './deleteOptions.ts'
import { encodeList, encodeObject } from './encode.ts'
import { negotiate } from './negotiate.ts'
import { encodingOf } from './reads.ts'
import { deleted } from './status.ts'
import { parseWriteQuery, type WriteQuery } from './writeQuery.ts'

export async function answerCreate(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const call = callOf(request, writeQuery(request, 'CreateOptions'))
  const object = decodeBody(call, await sent(request))
  const answer = server.virtual.get(request.kind.storedAs)
  return written(server, request, answer === undefined ? create(server.machinery, call, object) : answer(object, call), 201)
}

export async function answerUpdate(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const call = callOf(request, writeQuery(request, 'UpdateOptions'))
  const object = decodeBody(call, await sent(request))
  const name = request.target.name!
  const isNew = findLive(server.machinery, call, name) === undefined
  return written(server, request, update(server.machinery, call, object, { name, subresource: request.target.subresource }), isNew ? 201 : 200)
}

export async function answerPatch(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const query = writeQuery(request, 'PatchOptions')
  const change = parsePatch(header(request.headers, 'content-type'), (await request.body()).toString(), { query, isCustom: request.kind.prunes })
  const call = callOf(request, query)
  const { name, subresource } = request.target
  const { object, isNew } = patch(server.machinery, call, change, { name: name!, subresource })
  return written(server, request, object, isNew ? 201 : 200)
}

export async function answerDelete(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const options = await deleteQuery(request)
  const call = callOf(request, deleting(request, options.dryRun))
  const removal = remove(server.machinery, call, request.target.name!, options)
  if (removal.kind === 'gone' && request.kind.strategy.returnsDeleted !== true)
    return { kind: 'object', code: 200, object: deleted(request.kind, removal.object) }
  return written(server, request, removal.object, removal.kind === 'ending' && options.orphanDependents === false ? 202 : 200)
}

export async function answerDeleteCollection(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const options = await deleteQuery(request)
  const selection = parseListOptions(request.query, request.kind, 'list')
  const listed = removeCollection(server.machinery, callOf(request, deleting(request, options.dryRun)), selection, options)
  const view = negotiate(header(request.headers, 'accept'), 'list')
  return { kind: 'object', code: 200, object: encodeList(encodingOf(server, request, view), listed), media: view.media }
}

async function sent(request: ApiRequest): Promise<Body> {
  const contentType = header(request.headers, 'content-type')
  objectMedia(contentType)
  return { bytes: await request.body(), contentType }
}

async function deleteQuery(request: ApiRequest): Promise<ReturnType<typeof parseDeleteOptions>> {
  const text = (await request.body()).toString()
  return parseDeleteOptions(text, text === '' ? 'json' : objectMedia(header(request.headers, 'content-type')), request.query)
}

function deleting({ headers }: ApiRequest, dryRun: boolean): Pick<Call, 'manager' | 'dryRun' | 'fieldValidation'> {
  return { ...parseWriteQuery(new URLSearchParams(), header(headers, 'user-agent') ?? '', 'DeleteOptions'), dryRun }
}

export function writeQuery({ query, headers }: ApiRequest, options: Parameters<typeof parseWriteQuery>[2]): WriteQuery {
  return parseWriteQuery(query, header(headers, 'user-agent') ?? '', options)
}

export function written(server: ResourceServer, request: ApiRequest, object: Unstructured, code: number): Answer {
  const view = negotiate(header(request.headers, 'accept'), 'object')
  return { kind: 'object', code, object: encodeObject(encodingOf(server, request, view), object), media: view.media }
}

type PatchFacts = { readonly query: WriteQuery; readonly isCustom: boolean }

export function parsePatch(contentType: string | undefined, text: string, { query, isCustom }: PatchFacts): Patch {
  const media = mediaType(contentType)
  if (media === 'application/apply-patch+yaml') return parseApply(text, query)
  if (query.force !== undefined) {
    const message = 'Forbidden: may not be specified for non-apply patch'
    throw invalidOptions('PatchOptions', [{ field: 'force', reason: 'FieldValueForbidden', message }])
  }
  const parse = (): unknown => parseJson(text, (because) => badRequest(`error decoding patch: ${because}`))
  if (media === 'application/json-patch+json') return { type: 'json', steps: parse() as Json }
  if (media === 'application/merge-patch+json') return { type: 'merge', patch: parse() as Json }
  if (media === 'application/strategic-merge-patch+json' && !isCustom) return { type: 'strategic', patch: parse() as Json }
  throw new ApiError({ code: 415, reason: 'UnsupportedMediaType', message: unsupportedPatch(media, isCustom), details: {} })
}

function unsupportedPatch(media: string, isCustom: boolean): string {
  if (!isCustom || media !== 'application/strategic-merge-patch+json') return '415: Unsupported Media Type'
  const types = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  return `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`
}

function parseApply(text: string, { manager, force }: WriteQuery): Patch {
  if (!manager.asked) {
    const message = 'Required value: is required for apply patch'
    throw invalidOptions('PatchOptions', [{ field: 'fieldManager', reason: 'FieldValueRequired', message }])
  }
  const config = parseObject(text, 'yaml', 'object')
  if (!isObject(config['metadata'])) return { type: 'apply', config: { ...config, metadata: {} }, force: force ?? false }
  return { type: 'apply', config, force: force ?? false }
}
