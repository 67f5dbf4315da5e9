/** Carries out actions as an executor must: each only if what it was decided from still holds. */
import type { KubeObject } from '../../../src/api/meta.ts'
import { managedByAnnotation, podTemplateHashLabel } from '../../../src/api/rolloutLabels.ts'
import type { Action, Target } from '../../../src/core/rollout/decision.ts'
import { type Kind, type Kinds, Refusal, type Store } from './store.ts'

/** `evict`: whether a budget lets this pod go; throws a Refusal if not. */
export type Executor = { readonly store: Store; readonly rollout: Target; evict(pod: string): void }

export function execute(action: Action, { store, rollout, evict }: Executor): void {
  switch (action.kind) {
    case 'createReplicaSet':
      return create(store, 'ReplicaSet', action.replicaSet)
    case 'scaleReplicaSet': {
      const set = held(store, 'ReplicaSet', action.target)
      demand((set.spec.replicas ?? 1) === action.from, set)
      return store.update('ReplicaSet', annotated({ ...set, spec: { ...set.spec, replicas: action.to } }, action.annotations ?? {}))
    }
    case 'annotateReplicaSet': {
      const set = atVersion(store, 'ReplicaSet', action.target, action.resourceVersion)
      return store.update('ReplicaSet', annotated(set, action.annotations))
    }
    case 'deleteReplicaSet':
      atVersion(store, 'ReplicaSet', action.target, action.resourceVersion)
      return store.remove('ReplicaSet', action.target.name)
    case 'selectPods': {
      const service = held(store, 'Service', action.target)
      const { [podTemplateHashLabel]: selected, ...selector } = service.spec.selector ?? {}
      demand(selected === action.from, service)
      const next = action.to === null ? selector : { ...selector, [podTemplateHashLabel]: action.to }
      const manager = action.to === null ? null : rollout.name
      return store.update('Service', annotated({ ...service, spec: { ...service.spec, selector: next } }, { [managedByAnnotation]: manager }))
    }
    case 'createService':
      return create(store, 'Service', action.service)
    case 'updateService': {
      const service = atVersion(store, 'Service', action.target, action.resourceVersion)
      return store.update('Service', { ...service, spec: { ...service.spec, ...action.spec } })
    }
    case 'deleteService':
      held(store, 'Service', action.target)
      return store.remove('Service', action.target.name)
    case 'createSplit':
      return create(store, 'TrafficSplit', action.split)
    case 'updateSplit': {
      const split = atVersion(store, 'TrafficSplit', action.target, action.resourceVersion)
      return store.update('TrafficSplit', { ...split, spec: action.spec })
    }
    case 'deleteSplit':
      held(store, 'TrafficSplit', action.target)
      return store.remove('TrafficSplit', action.target.name)
    case 'evictPod':
      held(store, 'Pod', action.target)
      return evict(action.target.name)
    case 'setReplicas': {
      const latest = held(store, 'Rollout', rollout)
      demand(latest.spec.replicas === undefined, latest)
      return store.update('Rollout', { ...latest, spec: { ...latest.spec, replicas: action.replicas } })
    }
    case 'annotateRollout': {
      const latest = held(store, 'Rollout', rollout)
      return store.update('Rollout', annotated(latest, action.annotations))
    }
  }
}

/** One of its name and of the same owner is our own: an answer was lost, or knowledge is late. */
function create<K extends Kind>(store: Store, kind: K, object: Kinds[K]): void {
  const present = store.get(kind, object.metadata.name)
  if (present !== undefined && ownerOf(present) === ownerOf(object)) return
  store.create(kind, object)
}

function ownerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

/** The very object, not another of its name. */
function held<K extends Kind>(store: Store, kind: K, { name, uid }: Target): Kinds[K] {
  const object = store.get(kind, name)
  if (object === undefined) throw new Refusal('NotFound', `${kind} ${name} not found`)
  demand(object.metadata.uid === uid, object)
  return object
}

function atVersion<K extends Kind>(store: Store, kind: K, target: Target, resourceVersion: string | undefined): Kinds[K] {
  const object = held(store, kind, target)
  demand(object.metadata.resourceVersion === resourceVersion, object)
  return object
}

function demand(holds: boolean, { metadata }: KubeObject): void {
  if (!holds) throw new Refusal('Conflict', `${metadata.name} was changed since it was read`)
}

function annotated<T extends KubeObject>(object: T, changes: Readonly<Record<string, string | null>>): T {
  const annotations = Object.fromEntries(
    Object.entries({ ...object.metadata.annotations, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  )
  return { ...object, metadata: { ...object.metadata, annotations } }
}
