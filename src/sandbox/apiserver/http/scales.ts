import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { notAllowed } from '../apiError.ts'
import { applyJsonPatch } from '../patch/jsonPatch.ts'
import { applyMergePatch } from '../patch/mergePatch.ts'
import { decodeBody, decodePatched } from '../requests/decode.ts'
import type { Patch } from '../requests/fieldMachinery.ts'
import { applyScale, readScale, writeScale } from '../requests/scale.ts'
import { schemaOf } from '../schema/builtin.ts'
import type { ExpectedKind } from '../schema/requestBody.ts'
import type { Answer } from './answer.ts'
import { type ApiRequest, callOf, header, type ResourceServer } from './apiRequest.ts'
import { parsePatch } from './patchBody.ts'
import { writeQuery } from './writes.ts'

/** Answers what is asked of a `scale` subresource. */
export async function answerScale({ machinery }: ResourceServer, request: ApiRequest): Promise<Answer> {
  const name = request.target.name!
  const contentType = header(request.headers, 'content-type')
  switch (request.method) {
    case 'GET': {
      const call = callOf(request, writeQuery(request, 'UpdateOptions'))
      return scale(readScale(machinery, call, name))
    }
    case 'PUT': {
      const call = callOf(request, writeQuery(request, 'UpdateOptions'))
      const body = decodeBody({ ...call, kind: scaleKind }, { bytes: await request.body(), contentType })
      return scale(writeScale(machinery, call, body, name))
    }
    case 'PATCH': {
      const query = writeQuery(request, 'PatchOptions')
      const change = parsePatch(contentType, (await request.body()).toString(), { query, isCustom: false })
      const call = callOf(request, query)
      if (change.type === 'apply') return scale(applyScale(machinery, call, change, name))
      const patched = applied(readScale(machinery, call, name) as unknown as JsonObject, change)
      return scale(writeScale(machinery, call, decodePatched({ ...call, kind: scaleKind }, patched, change), name))
    }
    default:
      throw notAllowed()
  }
}

/** A Scale has no lists, so that a strategic patch of it is a merge patch. */
function applied(current: JsonObject, change: Exclude<Patch, { readonly type: 'apply' }>): JsonObject {
  if (change.type === 'json') return applyJsonPatch(current, change.steps) as JsonObject
  return applyMergePatch(current, change.patch)
}

const scaleKind: ExpectedKind = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  prunes: false,
  get schema() {
    return schemaOf('autoscaling', 'v1', 'Scale')
  },
}

function scale(object: Unstructured): Answer {
  return { kind: 'object', code: 200, object }
}
