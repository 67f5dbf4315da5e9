import type { Unstructured } from '../../unstructured.ts'
import { create } from '../requests/create.ts'
import { decodeBody } from '../requests/decode.ts'
import { parseListOptions } from '../requests/listOptions.ts'
import type { Call } from '../requests/machinery.ts'
import { patch } from '../requests/patch.ts'
import { remove } from '../requests/remove.ts'
import { removeCollection } from '../requests/removeCollection.ts'
import { update } from '../requests/update.ts'
import { findLive, owned } from '../requests/write.ts'
import type { Body } from '../schema/requestBody.ts'
import type { Answer } from './answer.ts'
import { type ApiRequest, callOf, header, type ResourceServer } from './apiRequest.ts'
import { objectMedia } from './body.ts'
import { parseDeleteOptions } from './deleteOptions.ts'
import { encodeList, encodeObject } from './encode.ts'
import { negotiate } from './negotiate.ts'
import { parsePatch } from './patchBody.ts'
import { encodingOf } from './reads.ts'
import { deleted } from './status.ts'
import { parseWriteQuery, type WriteQuery } from './writeQuery.ts'

export async function answerCreate(server: ResourceServer, request: ApiRequest): Promise<Answer> {
  const call = callOf(request, writeQuery(request, 'CreateOptions'))
  const object = decodeBody(call, await sent(request))
  const answer = server.virtual.get(request.kind.storedAs)
  return written(server, request, answer === undefined ? create(server.machinery, call, object) : answer(asked(server, call, object), call), 201)
}

/** What nobody keeps has owners of its fields all the same. */
function asked({ machinery }: ResourceServer, call: Call, object: Unstructured): Unstructured {
  return owned(machinery, call, object, { live: undefined, subresource: undefined, sent: undefined })
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
