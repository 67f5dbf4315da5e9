import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../../../api/pod.ts'
import { selects } from '../../../api/selector.ts'
import type { ReplicaSet } from '../../../api/workloads.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import { referenceTo } from '../../events.ts'
import { keyOf, parseKey } from '../key.ts'
import { adopted, claim, controllerOf, controllerReference, released } from '../ownership.ts'
import { isPodActive } from '../podAvailability.ts'
import { podFromTemplate } from '../podFromTemplate.ts'
import { podOwnerKeys } from '../podOwnerKeys.ts'
import { type Controller, isNamespaceEnding, type World } from '../runner.ts'
import { type ReplicaFailure, replicaSetStatus } from './status.ts'
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
    const { status, againMs } = replicaSetStatus(set, pods, failure?.said, nowMs)
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

type Failure = { readonly said: ReplicaFailure; readonly cause: ApiError }

/** Makes or deletes pods until their number is right, or until the first refusal. */
function manage(set: ReplicaSet, pods: readonly Pod[], world: World): Failure | undefined {
  const missing = (set.spec.replicas ?? 1) - pods.length
  if (missing > 0) return create(set, Math.min(missing, burstPods), world)
  if (missing < 0) return remove(set, victims(pods, Math.min(-missing, burstPods), relatedPods(set, world), world.nowMs), world)
  return undefined
}

function create(set: ReplicaSet, count: number, { cluster, recorder }: World): Failure | undefined {
  const about = referenceTo(set, replicaSetKind)
  const pod = podFromTemplate(set, set.spec.template!, controllerReference(set, replicaSetKind))
  for (let made = 0; made < count; made++) {
    try {
      const { name } = cluster.create('pods', pod).metadata
      recorder.record(about, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${name}` })
    } catch (error) {
      if (isNamespaceEnding(error)) return undefined
      if (!(error instanceof ApiError)) throw error
      recorder.record(about, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` })
      return { said: { reason: 'FailedCreate', message: error.message }, cause: error }
    }
  }
  return undefined
}

function remove(set: ReplicaSet, pods: readonly Pod[], { cluster, recorder }: World): Failure | undefined {
  const about = referenceTo(set, replicaSetKind)
  for (const { metadata } of pods) {
    try {
      cluster.delete('pods', metadata)
      recorder.record(about, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${metadata.name}` })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 404) continue
      recorder.record(about, { type: 'Warning', reason: 'FailedDelete', message: `Error deleting: ${error.message}` })
      return { said: { reason: 'FailedDelete', message: `unable to delete pods: ${error.message}` }, cause: error }
    }
  }
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
