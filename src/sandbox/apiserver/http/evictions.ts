import type { Pod } from '../../../api/pod.ts'
import type { PodDisruptionBudget } from '../../../api/policy.ts'
import type { Cluster } from '../../cluster.ts'
import { evict } from '../../controllers/disruption/evict.ts'
import { mayEvict } from '../../controllers/disruption/mayEvict.ts'
import { isObject } from '../../json.ts'
import type { ObjectKey } from '../../unstructured.ts'
import { badRequest, notAllowed, notFound } from '../apiError.ts'
import { objectIn, type SubresourceHandler } from './apiRequest.ts'
import { parseDeleteOptions } from './deleteOptions.ts'
import { success } from './status.ts'

/** Answers `POST …/pods/NAME/eviction`: a deletion that budgets may put off. */
export function evictions(cluster: Cluster, nowMs: () => number): SubresourceHandler {
  return async (request) => {
    if (request.method !== 'POST') throw notAllowed()
    const { namespace, name = '' } = request.target
    const body = await objectIn(request, 'Eviction')
    const meant = isObject(body['metadata']) ? String(body['metadata']['name'] ?? '') : ''
    if (meant !== '' && meant !== name) throw badRequest('name in URL does not match name in Eviction object')
    const asked = isObject(body['deleteOptions']) ? JSON.stringify(body['deleteOptions']) : ''
    const { dryRun, ...options } = parseDeleteOptions(asked, 'json', request.query)
    if (dryRun) rehearse(cluster, { namespace, name }, nowMs())
    else evict(cluster, { namespace, name }, options, nowMs())
    return { kind: 'object', code: 201, object: success(201) }
  }
}

/** Throws what an eviction would. */
function rehearse(cluster: Cluster, at: ObjectKey, nowMs: number): void {
  const pod = cluster.find<Pod>('pods', at)
  if (pod === undefined) throw notFound({ group: '', plural: 'pods', kind: 'Pod', name: at.name })
  const eviction = mayEvict(pod, cluster.list<PodDisruptionBudget>('poddisruptionbudgets.policy', { namespace: at.namespace }), nowMs)
  if (eviction.kind === 'refused') throw eviction.error
}
