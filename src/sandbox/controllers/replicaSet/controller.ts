import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../../../api/pod.ts'
import { selects } from '../../../api/selector.ts'
import type { ReplicaSet } from '../../../api/workloads.ts'
import { referenceTo } from '../../events.ts'
import { keyOf, parseKey } from '../key.ts'
import { adopted, claim, controllerOf, controllerReference, released } from '../ownership.ts'
import { isPodActive } from '../podAvailability.ts'
import { createPods, deletePods, type PodFailure } from '../podControl.ts'
import { podFromTemplate } from '../podFromTemplate.ts'
import { podOwnerKeys } from '../podOwnerKeys.ts'
import type { Controller, World } from '../runner.ts'
import { replicaSetStatus } from './status.ts'
import { victims } from './victims.ts'

const replicaSets = 'replicasets.apps'
const replicaSetKind = { apiVersion: 'apps/v1', kind: 'ReplicaSet' }
/** How many pods are made or deleted before all is looked at again. */
const burstPods = 500

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  follows: [replicaSets, 'pods'],
  keysOf: (event, cluster) =>
    event.resource === replicaSets
      ? [keyOf(event.object)]
      : podOwnerKeys(event, 'ReplicaSet', () => cluster.list<ReplicaSet>(replicaSets, { namespace: event.object.metadata.namespace })),
  sync(key, world) {
    const { cluster, nowMs } = world
    const set = cluster.find<ReplicaSet>(replicaSets, parseKey(key))
    if (set === undefined) return undefined
    const pods = claimPods(set, world)
    const failure = set.metadata.deletionTimestamp === undefined ? manage(set, pods, world) : undefined
    const { status, againMs } = replicaSetStatus(set, pods, failure, nowMs)
    // What was read stays true meanwhile but for this object's version: nobody else writes during a sync.
    if (!isDeepStrictEqual(status, set.status)) cluster.update(replicaSets, { ...set, status }, 'status')
    if (failure !== undefined) throw failure.cause
    return againMs
  },
}

/** The active pods that are its own, after adoption. */
function claimPods(set: ReplicaSet, { cluster }: World): readonly Pod[] {
  const { namespace } = set.metadata
  const active = cluster.list<Pod>('pods', { namespace }).filter(isPodActive)
  const { owned, adopt, release } = claim(set, active, (pod) => selects(set.spec.selector, pod.metadata.labels))
  for (const pod of release) cluster.update('pods', released(pod, set.metadata.uid))
  const reference = controllerReference(set, replicaSetKind)
  return [...owned, ...adopt.map((pod) => cluster.update('pods', adopted(pod, reference)))]
}

/** Makes or deletes pods until their number is right, or until the first refusal. */
function manage(set: ReplicaSet, pods: readonly Pod[], world: World): PodFailure | undefined {
  const missing = (set.spec.replicas ?? 1) - pods.length
  const about = referenceTo(set, replicaSetKind)
  if (missing > 0) {
    const pod = podFromTemplate(set, set.spec.template!, controllerReference(set, replicaSetKind))
    return createPods(about, Array<Pod>(Math.min(missing, burstPods)).fill(pod), world)
  }
  if (missing < 0) return deletePods(about, victims(pods, Math.min(-missing, burstPods), relatedPods(set, world), world.nowMs), world)
  return undefined
}

/** Pods of all sets of the same owner: a Deployment's old and new ones. */
function relatedPods(set: ReplicaSet, { cluster }: World): readonly Pod[] {
  const { namespace, uid } = set.metadata
  const owner = controllerOf(set)?.uid
  const sets = owner === undefined ? [] : cluster.list<ReplicaSet>(replicaSets, { namespace }).filter((other) => controllerOf(other)?.uid === owner)
  const uids = new Set([uid, ...sets.map(({ metadata }) => metadata.uid)])
  return cluster.list<Pod>('pods', { namespace }).filter((pod) => uids.has(controllerOf(pod)?.uid))
}
