import { isDeepStrictEqual } from 'node:util'
import type { HorizontalPodAutoscaler, Scale } from '../../../api/autoscaling.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import type { Cluster, ResourceName } from '../../cluster.ts'
import { referenceTo } from '../../events.ts'
import { groupOf, resourceOf } from '../groups.ts'
import { keyOf, parseKey } from '../key.ts'
import type { Controller } from '../runner.ts'
import { type Change, observed, sizeFor, unreachable } from './decide.ts'

const autoscalers = 'horizontalpodautoscalers.autoscaling'
const periodMs = 15_000

/** Keeps targets within their bounds, and says that nothing is measured here. */
export const autoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler',
  follows: [autoscalers],
  // Its own writes are no reason to look again.
  keysOf: ({ type, object, previous }) =>
    type === 'MODIFIED' && isDeepStrictEqual((object as HorizontalPodAutoscaler).spec, (previous as HorizontalPodAutoscaler).spec)
      ? []
      : [keyOf(object)],
  sync(key, { cluster, recorder, nowMs }) {
    const autoscaler = cluster.find<HorizontalPodAutoscaler>(autoscalers, parseKey(key))
    if (autoscaler === undefined) return undefined
    const { status, told } = attempt(autoscaler, cluster, nowMs)
    for (const each of told) recorder.record(referenceTo(autoscaler, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }), each)
    if (!isDeepStrictEqual(status, autoscaler.status)) cluster.update<HorizontalPodAutoscaler>(autoscalers, { ...autoscaler, status }, 'status')
    return nowMs + periodMs
  },
}

function attempt(autoscaler: HorizontalPodAutoscaler, cluster: Cluster, nowMs: number): Change {
  const { apiVersion = 'v1', kind, name } = autoscaler.spec.scaleTargetRef
  const resource = resourceOf({ apiVersion, kind }, cluster)
  if (resource === undefined) return unreachable(autoscaler, `no matches for kind "${kind}" in group "${groupOf(apiVersion)}"`, nowMs)
  const scale = scaleOf(resource, { namespace: autoscaler.metadata.namespace, name }, cluster)
  if (typeof scale === 'string') return unreachable(autoscaler, scale, nowMs)
  const current = scale.spec?.replicas ?? 0
  const size = sizeFor(autoscaler.spec, current)
  if (size.kind === 'rescale') cluster.update<Scale>(resource, { ...scale, spec: { replicas: size.replicas } }, 'scale')
  return observed(autoscaler, current, size, nowMs)
}

/** A text: why there is none. */
function scaleOf(resource: ResourceName, at: { readonly namespace: string | undefined; readonly name: string }, cluster: Cluster): Scale | string {
  try {
    return cluster.find<Scale>(resource, at, 'scale') ?? `${resource} "${at.name}" not found`
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return error.message
  }
}
