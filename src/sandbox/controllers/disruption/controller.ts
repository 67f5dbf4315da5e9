import { isDeepStrictEqual } from 'node:util'
import type { Scale } from '../../../api/autoscaling.ts'
import type { OwnerReference } from '../../../api/meta.ts'
import type { Pod } from '../../../api/pod.ts'
import type { PodDisruptionBudget } from '../../../api/policy.ts'
import { selects } from '../../../api/selector.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import type { Cluster } from '../../cluster.ts'
import { referenceTo } from '../../events.ts'
import { resourceOf } from '../groups.ts'
import { keyOf, parseKey } from '../key.ts'
import { controllerOf } from '../ownership.ts'
import type { Controller, World } from '../runner.ts'
import { budgetStatus, failedStatus, needsScale } from './budget.ts'

const budgets = 'poddisruptionbudgets.policy'
const sized = ['deployments.apps', 'replicasets.apps', 'statefulsets.apps']

/** Tells how many pods of a budget may go now. */
export const disruptionController: Controller = {
  name: 'controllermanager',
  follows: [budgets, 'pods', ...sized],
  keysOf({ resource, object, previous }, cluster) {
    if (resource === budgets) return [keyOf(object)]
    const all = cluster.list<PodDisruptionBudget>(budgets, { namespace: object.metadata.namespace })
    if (resource !== 'pods') return all.filter(needsScale).map(keyOf)
    const states = previous === undefined ? [object] : [previous, object]
    return all.filter(({ spec }) => states.some(({ metadata }) => selects(spec.selector, metadata.labels))).map(keyOf)
  },
  sync(key, world) {
    const { cluster, recorder, nowMs } = world
    const budget = cluster.find<PodDisruptionBudget>(budgets, parseKey(key))
    if (budget === undefined) return undefined
    const { namespace } = budget.metadata
    const pods = cluster.list<Pod>('pods', { namespace }).filter(({ metadata }) => selects(budget.spec.selector, metadata.labels))
    if (pods.length === 0) recorder.record(aboutBudget(budget), { type: 'Normal', reason: 'NoPods', message: 'No matching pods found' })
    const expected = needsScale(budget) ? expectedPods(budget, pods, world) : pods.length
    if (typeof expected === 'string') {
      const message = `Failed to calculate the number of expected pods: ${expected}`
      recorder.record(aboutBudget(budget), { type: 'Warning', reason: 'CalculateExpectedPodCountFailed', message })
      write({ ...budget, status: failedStatus(budget, expected, nowMs) }, budget, cluster)
      return undefined
    }
    const { status, againMs } = budgetStatus(budget, pods, expected, nowMs)
    write({ ...budget, status }, budget, cluster)
    return againMs
  },
}

function aboutBudget(budget: PodDisruptionBudget) {
  return referenceTo(budget, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' })
}

function write(next: PodDisruptionBudget, before: PodDisruptionBudget, cluster: Cluster): void {
  if (!isDeepStrictEqual(next.status, before.status)) cluster.update(budgets, next, 'status')
}

/** The sizes of all that make these pods; a text: why that is not known. */
function expectedPods(budget: PodDisruptionBudget, pods: readonly Pod[], { cluster, recorder }: World): number | string {
  const sizes = new Map<string, number>()
  let isUnmanaged = false
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (owner === undefined) {
      isUnmanaged = true
      continue
    }
    const found = topScale(owner, pod.metadata.namespace, cluster)
    if (typeof found === 'string') return found
    if (found === undefined) return `found no controllers for pod "${pod.metadata.name}"`
    sizes.set(found.metadata.uid!, found.spec?.replicas ?? 0)
  }
  if (isUnmanaged) {
    const message = `Some of the pods that this budget selects have no controller, so that how many there should be is not known. An integer in ".spec.minAvailable" needs no such number.`
    recorder.record(aboutBudget(budget), { type: 'Warning', reason: 'UnmanagedPods', message })
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/** Of the owner, or of the Deployment whose set it is. */
function topScale(owner: OwnerReference, namespace: string | undefined, cluster: Cluster): Scale | string | undefined {
  const resource = resourceOf(owner, cluster)
  if (resource === undefined) return undefined
  const found = cluster.find(resource, { namespace, name: owner.name })
  if (found?.metadata.uid !== owner.uid) return undefined
  const above = controllerOf(found)
  if (above?.kind === 'Deployment') return topScale(above, namespace, cluster)
  try {
    return cluster.find<Scale>(resource, { namespace, name: owner.name }, 'scale')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${resource} does not implement the scale subresource`
  }
}
