import type { Pod, PodCondition } from '../../../api/pod.ts'
import type { PodDisruptionBudget } from '../../../api/policy.ts'
import { timestampOf } from '../../../api/time.ts'
import { notFound } from '../../apiserver/apiError.ts'
import type { Cluster, DeleteOptions } from '../../cluster.ts'
import type { ObjectKey } from '../../unstructured.ts'
import { mayEvict } from './mayEvict.ts'

const budgets = 'poddisruptionbudgets.policy'

/** POST to pods/eviction: deletes a pod if its budget allows, and says why in the pod's conditions. Throws ApiError. */
export function evict(cluster: Cluster, at: ObjectKey, options: DeleteOptions, nowMs: number): void {
  const pod = cluster.find<Pod>('pods', at)
  if (pod === undefined) throw notFound({ group: '', plural: 'pods', kind: 'Pod', name: at.name })
  const eviction = mayEvict(pod, cluster.list<PodDisruptionBudget>(budgets, { namespace: at.namespace }), nowMs)
  if (eviction.kind === 'refused') throw eviction.error
  const { charged } = eviction
  if (charged !== undefined) cluster.update<PodDisruptionBudget>(budgets, { ...charged.budget, status: charged.status }, 'status')
  const told: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastProbeTime: null,
    lastTransitionTime: timestampOf(nowMs),
  }
  const conditions = [...(pod.status?.conditions ?? []).filter(({ type }) => type !== told.type), told]
  const { resourceVersion } = cluster.update<Pod>('pods', { ...pod, status: { ...pod.status, conditions } }, 'status').metadata
  const { preconditions } = options
  // The condition was a write of ours, on top of the version that was asked for.
  const renewed =
    preconditions?.resourceVersion === undefined || resourceVersion === undefined ? {} : { preconditions: { ...preconditions, resourceVersion } }
  cluster.delete('pods', at, { ...options, ...renewed })
}
