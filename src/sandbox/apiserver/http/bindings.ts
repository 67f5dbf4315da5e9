import { isObject } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { conflict, notFound } from '../apiError.ts'
import { type Machinery, timeText } from '../requests/machinery.ts'
import { about, findLive, internalError, owned, stored } from '../requests/write.ts'
import { callOf, header, type SubresourceHandler } from './apiRequest.ts'
import { objectMedia, parseObject } from './body.ts'
import { notAllowed } from './resources.ts'
import { success } from './status.ts'
import { writeQuery } from './writes.ts'

/** Answers `POST …/pods/NAME/binding`: the scheduler's word on where a pod runs. */
export function bindings(machinery: Machinery): SubresourceHandler {
  return async (request) => {
    if (request.method !== 'POST') throw notAllowed()
    const body = parseObject((await request.body()).toString(), objectMedia(header(request.headers, 'content-type')), 'Binding')
    const node = isObject(body['target']) ? String(body['target']['name'] ?? '') : ''
    if (node === '') throw internalError('target.name: Required value')
    const call = callOf(request, writeQuery(request, 'CreateOptions'))
    const { name = '' } = request.target
    const pod = findLive(machinery, call, name)
    if (pod === undefined) throw notFound(about(call, name))
    const spec = (pod['spec'] ?? {}) as { readonly nodeName?: string }
    if (spec.nodeName !== undefined && spec.nodeName !== '') {
      const what = { group: '', plural: 'pods/binding', kind: 'Pod', name }
      throw conflict(what, `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`)
    }
    const bound = { ...pod, spec: { ...spec, nodeName: node }, status: scheduled(pod, timeText(machinery.nowMs())) }
    stored(machinery, call, owned(machinery, call, bound, { live: pod, subresource: 'binding', sent: pod.metadata.managedFields }))
    return { kind: 'object', code: 201, object: success(201) }
  }
}

type Condition = { readonly type?: unknown }

function scheduled(pod: Unstructured, now: string): object {
  const status = (pod['status'] ?? {}) as { readonly conditions?: readonly Condition[] }
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
  return { ...status, conditions: [...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now }] }
}
