import type { KubeObject } from '../../../api/meta.ts'
import type { Pod } from '../../../api/pod.ts'
import { selects } from '../../../api/selector.ts'
import type { Deployment, ReplicaSet } from '../../../api/workloads.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import type { Cluster, ClusterEvent } from '../../cluster.ts'
import { referenceTo } from '../../events.ts'
import { keyOf, parseKey } from '../key.ts'
import { adopted, claim, controllerOf, controllerReference, isControlledBy, released } from '../ownership.ts'
import { podOwnerKeys } from '../podOwnerKeys.ts'
import { type Controller, isNamespaceEnding, type World } from '../runner.ts'
import { newCondition, progressDeadlineMs, withCondition } from './conditions.ts'
import { decide } from './decide.ts'
import type { Action } from './draft.ts'
import { deploymentKind } from './newSet.ts'
import { isRolling } from './sizes.ts'
import { isSameTemplate } from './template.ts'

const deployments = 'deployments.apps'
const replicaSets = 'replicasets.apps'

export const deploymentController: Controller = {
  name: 'deployment-controller',
  follows: [deployments, replicaSets, 'pods'],
  keysOf(event, cluster) {
    if (event.resource === deployments) return [keyOf(event.object)]
    if (event.resource === 'pods') return recreatedBy(event, cluster)
    return podOwnerKeys(event, 'Deployment', () => cluster.list<Deployment>(deployments, { namespace: event.object.metadata.namespace }))
  },
  sync(key, world) {
    const { cluster, nowMs } = world
    const deployment = cluster.find<Deployment>(deployments, parseKey(key))
    if (deployment === undefined) return undefined
    const { namespace } = deployment.metadata
    const sets = claimSets(deployment, cluster)
    const pods = isRolling(deployment) ? [] : cluster.list<Pod>('pods', { namespace })
    const { actions, againMs } = decide({ deployment, sets, pods, nowMs })
    for (const action of actions) execute(action, deployment, world)
    return againMs
  },
}

/** Old pods that have gone make way for new ones, if one waits for that. */
function recreatedBy({ type, object }: ClusterEvent, cluster: Cluster): readonly string[] {
  const setName = controllerOf(object)?.name
  if (type !== 'DELETED' || setName === undefined) return []
  const { namespace } = object.metadata
  const set = cluster.find<ReplicaSet>(replicaSets, { namespace, name: setName })
  const owner = set && controllerOf(set)
  const deployment = owner && cluster.find<Deployment>(deployments, { namespace, name: owner.name })
  return deployment === undefined || isRolling(deployment) ? [] : [keyOf(deployment)]
}

function claimSets(deployment: Deployment, cluster: Cluster): readonly ReplicaSet[] {
  const { namespace, uid } = deployment.metadata
  const all = cluster.list<ReplicaSet>(replicaSets, { namespace })
  const { owned, adopt, release } = claim(deployment, all, (set) => selects(deployment.spec.selector, set.metadata.labels))
  for (const set of release) cluster.update(replicaSets, released(set, uid))
  const reference = controllerReference(deployment, deploymentKind)
  return [...owned, ...adopt.map((set) => cluster.update(replicaSets, adopted(set, reference)))]
}

function execute(action: Action, deployment: Deployment, { cluster, recorder, nowMs }: World): void {
  switch (action.kind) {
    case 'tell':
      return recorder.record(referenceTo(deployment, deploymentKind), action.told)
    case 'updateSet':
      cluster.update(replicaSets, latest(action.set))
      return
    case 'deleteSet':
      return cluster.delete(replicaSets, action.set.metadata)
    case 'updateStatus':
      cluster.update(deployments, action.deployment, 'status')
      return
    case 'createSet':
      return createSet(action.set, deployment, { cluster, recorder, nowMs })
  }
}

/** Without its version: one decision may change a set twice, and nobody else writes in between. */
function latest<T extends KubeObject>(object: T): T {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function createSet(set: ReplicaSet, deployment: Deployment, { cluster, recorder, nowMs }: World): void {
  try {
    cluster.create(replicaSets, set)
  } catch (error) {
    if (!(error instanceof ApiError) || isNamespaceEnding(error)) throw error
    const { status = {}, spec } = deployment
    if (error.reason === 'AlreadyExists') {
      const rival = cluster.find<ReplicaSet>(replicaSets, set.metadata)
      if (rival !== undefined && isControlledBy(rival, deployment) && isSameTemplate(rival.spec.template, spec.template)) return
      // Another template has the same hash: the next turn draws another.
      cluster.update(deployments, { ...deployment, status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } }, 'status')
      throw error
    }
    const message = `Failed to create new replica set "${set.metadata.name}": ${error.message}`
    if (progressDeadlineMs(deployment) !== undefined) {
      const condition = newCondition({ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message }, nowMs)
      cluster.update(deployments, { ...deployment, status: { ...status, conditions: withCondition(status.conditions ?? [], condition) } }, 'status')
    }
    recorder.record(referenceTo(deployment, deploymentKind), { type: 'Warning', reason: 'ReplicaSetCreateError', message })
    throw error
  }
}
