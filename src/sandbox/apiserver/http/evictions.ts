import type { Cluster } from '../../cluster.ts'
import { isObject } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { ApiError } from '../apiError.ts'
import { selectorMatches } from '../kinds/metadata.ts'
import type { Machinery } from '../requests/machinery.ts'
import { remove } from '../requests/remove.ts'
import { callOf, header, type SubresourceHandler } from './apiRequest.ts'
import { objectMedia, parseObject } from './body.ts'
import { parseDeleteOptions } from './deleteOptions.ts'

/** Answers `POST …/pods/NAME/eviction`: a deletion that budgets may put off. */
export function evictions(machinery: Machinery, cluster: Cluster): SubresourceHandler {
  return async (request) => {
    if (request.method !== 'POST') {
      throw new ApiError({
        code: 405,
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
        details: {},
      })
    }
    const { namespace, name = '' } = request.target
    const body = parseObject((await request.body()).toString(), objectMedia(header(request.headers, 'content-type')), 'Eviction')
    const asked = isObject(body['deleteOptions']) ? JSON.stringify(body['deleteOptions']) : ''
    const { dryRun, ...options } = parseDeleteOptions(asked, 'json', request.query)
    const pod = cluster.find<Unstructured>('pods', { namespace, name })
    if (pod !== undefined) refuseDisruption(pod, cluster.list<Unstructured>('poddisruptionbudgets.policy', { namespace }))
    const call = callOf(request, { manager: { name: '', asked: false }, dryRun, fieldValidation: 'Ignore' })
    remove(machinery, call, name, options)
    return { kind: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
  }
}

/** Throws 429 if a budget allows no pod of these to go now. */
function refuseDisruption(pod: Unstructured, budgets: readonly Unstructured[]): void {
  for (const { metadata, spec, status } of budgets) {
    const selector = isObject(spec) ? spec['selector'] : undefined
    if (!selectorMatches(selector, pod.metadata.labels)) continue
    const allowed = isObject(status) ? status['disruptionsAllowed'] : 0
    if (typeof allowed === 'number' && allowed > 0) continue
    throw new ApiError({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${metadata.name} does not allow evicting pods currently because it allows 0 disruptions`,
          },
        ],
      },
    })
  }
}
