import type { Cluster } from '../../cluster.ts'
import { isObject } from '../../json.ts'
import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { selectorMatches } from '../kinds/metadata.ts'
import { type Call, type Machinery, timeText } from '../requests/machinery.ts'
import { remove } from '../requests/remove.ts'
import { owned, stored } from '../requests/write.ts'
import { callOf, header, type SubresourceHandler } from './apiRequest.ts'
import { objectMedia, parseObject } from './body.ts'
import { parseDeleteOptions } from './deleteOptions.ts'
import { notAllowed } from './resources.ts'
import { success } from './status.ts'

/** Answers `POST …/pods/NAME/eviction`: a deletion that budgets may put off. */
export function evictions(machinery: Machinery, cluster: Cluster): SubresourceHandler {
  return async (request) => {
    if (request.method !== 'POST') throw notAllowed()
    const { namespace, name = '' } = request.target
    const body = parseObject((await request.body()).toString(), objectMedia(header(request.headers, 'content-type')), 'Eviction')
    const meant = isObject(body['metadata']) ? String(body['metadata']['name'] ?? '') : ''
    if (meant !== '' && meant !== name) throw badRequest('name in URL does not match name in Eviction object')
    const asked = isObject(body['deleteOptions']) ? JSON.stringify(body['deleteOptions']) : ''
    const { dryRun, ...options } = parseDeleteOptions(asked, 'json', request.query)
    const pod = cluster.find<Unstructured>('pods', { namespace, name })
    if (pod !== undefined) refuseDisruption(pod, cluster.list<Unstructured>('poddisruptionbudgets.policy', { namespace }))
    const call = callOf(request, { manager: { name: '', asked: false }, dryRun, fieldValidation: 'Ignore' })
    if (pod !== undefined && !dryRun) mark(machinery, call, pod)
    remove(machinery, call, name, options)
    return { kind: 'object', code: 201, object: success(201) }
  }
}

/** Throws 429 if a budget allows no pod of these to go now. */
function refuseDisruption(pod: Unstructured, budgets: readonly Unstructured[]): void {
  for (const { metadata, spec, status } of budgets) {
    const selector = isObject(spec) ? spec['selector'] : undefined
    if (!selectorMatches(selector, pod.metadata.labels)) continue
    const allowed = isObject(status) ? status['disruptionsAllowed'] : 0
    if (typeof allowed === 'number' && allowed > 0) continue
    const causes = [{ reason: 'DisruptionBudget', message: `The disruption budget ${metadata.name} ${because(isObject(status) ? status : {})}` }]
    const message = "Cannot evict pod as it would violate the pod's disruption budget."
    throw new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { causes } })
  }
}

function because({ desiredHealthy = 0, currentHealthy = 0 }: JsonObject): string {
  if (Number(currentHealthy) <= Number(desiredHealthy)) return `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return 'does not allow evicting pods currently because it allows 0 disruptions'
}

/** Writes down why it goes. */
function mark(machinery: Machinery, call: Call, pod: Unstructured): void {
  if (pod.metadata.deletionTimestamp !== undefined) return
  const status = (pod['status'] ?? {}) as { readonly conditions?: readonly { readonly type?: unknown }[] }
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timeText(machinery.nowMs()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const conditions = [...(status.conditions ?? []).filter(({ type }) => type !== condition.type), condition]
  const marked = { ...pod, status: { ...status, conditions } }
  stored(machinery, call, owned(machinery, call, marked, { live: pod, subresource: 'status', sent: pod.metadata.managedFields }))
}
