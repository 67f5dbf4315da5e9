import { isObject } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { notAllowed } from '../apiError.ts'
import { bindPod } from '../requests/bindPod.ts'
import type { Machinery } from '../requests/machinery.ts'
import { internalError } from '../requests/write.ts'
import { callOf, objectIn, type SubresourceHandler } from './apiRequest.ts'
import { success } from './status.ts'
import { writeQuery } from './writes.ts'

/** Answers `POST …/pods/NAME/binding`: the scheduler's word on where a pod runs. */
export function bindings(machinery: Machinery): SubresourceHandler {
  return async (request) => {
    if (request.method !== 'POST') throw notAllowed()
    const body = await objectIn(request, 'Binding')
    const node = isObject(body['target']) ? String(body['target']['name'] ?? '') : ''
    if (node === '') throw internalError('target.name: Required value')
    const { name = '' } = request.target
    const bound: Unstructured = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName: node } }
    bindPod(machinery, callOf(request, writeQuery(request, 'CreateOptions')), bound)
    return { kind: 'object', code: 201, object: success(201) }
  }
}
