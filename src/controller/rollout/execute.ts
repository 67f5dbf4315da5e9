import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import { managedByAnnotation, podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import type { Service } from '../../api/services.ts'
import type { Action, Target } from '../../core/rollout/decision.ts'
import type { Observed } from '../../core/rollout/observed.ts'
import type { JsonPatchStep, KubeClient, Patch, WriteOptions } from '../../kube/client.ts'
import { isKubeError, KubeError } from '../../kube/errors.ts'
import { pods, type Resource, replicaSets, services } from '../../kube/resource.ts'
import { rollouts, trafficSplits } from '../resources.ts'

export type Execution = {
  readonly client: KubeClient
  /** What the actions were decided from. */
  readonly rollout: Rollout
  readonly observed: Observed
  readonly signal: AbortSignal
}

/** What the server made of a write: where the stores show less than this, they are behind. */
export type Written = {
  readonly resource: Resource
  readonly object: KubeObject
  /** `gone`: it was deleted; `object` is all that is known of it. */
  readonly kind: 'created' | 'changed' | 'gone'
}

export const fieldManager = 'spillway-controller'
const callMs = 10_000

/** Carries an action out, if what it was decided from still holds. Rejects with a KubeError; undefined: nothing was left to do. */
export async function execute(action: Action, { client, rollout, observed, signal }: Execution): Promise<Written | undefined> {
  const { namespace = '' } = rollout.metadata
  const call: WriteOptions = { signal, timeoutMs: callMs, fieldManager }
  const at = (target: Target): { readonly namespace: string; readonly name: string } => ({ namespace, name: target.name })

  async function create(resource: Resource, object: KubeObject): Promise<Written> {
    const placed = { ...object, metadata: { ...object.metadata, namespace } }
    try {
      return { resource, kind: 'created', object: await client.create(resource, placed, call) }
    } catch (error) {
      if (!isKubeError(error, 'alreadyExists')) throw error
      // It may be our own: an answer that was lost, or a store that is behind.
      const found = await client.get<KubeObject>(resource, { namespace, name: object.metadata.name }, { signal, timeoutMs: callMs })
      if (found.metadata.deletionTimestamp !== undefined || controllerUid(found) !== controllerUid(placed)) throw error
      return { resource, kind: 'created', object: found }
    }
  }

  async function patch(resource: Resource, target: Target, change: Patch): Promise<Written> {
    return { resource, kind: 'changed', object: await client.patch<KubeObject>(resource, at(target), change, call) }
  }

  async function remove(resource: Resource, target: Target, resourceVersion?: string): Promise<Written> {
    const preconditions = { uid: target.uid, ...(resourceVersion !== undefined && { resourceVersion }) }
    await client
      .delete(resource, at(target), { preconditions, propagationPolicy: 'Background', signal, timeoutMs: callMs })
      .catch((error: unknown) => {
        if (!isKubeError(error, 'notFound')) throw error
      })
    return { resource, kind: 'gone', object: { metadata: { namespace, name: target.name, uid: target.uid } } }
  }

  switch (action.kind) {
    case 'createReplicaSet':
      return create(replicaSets, action.replicaSet)
    case 'scaleReplicaSet':
      return patch(replicaSets, action.target, resized(action, observed))
    case 'annotateReplicaSet':
      return patch(replicaSets, action.target, annotated(action.target, action.annotations, action.resourceVersion))
    case 'deleteReplicaSet':
      return remove(replicaSets, action.target, action.resourceVersion)
    case 'selectPods': {
      const change = selection(action, observed.services.get(action.target.name), rollout.metadata.name)
      return change && patch(services, action.target, change)
    }
    case 'createService':
      return create(services, action.service)
    case 'updateService': {
      const { ports, selector } = action.spec
      const fields = [...(ports ? [set('/spec/ports', ports)] : []), ...(selector ? [set('/spec/selector', selector)] : [])]
      return patch(services, action.target, json(action.target, ...versioned(action.resourceVersion), ...fields))
    }
    case 'deleteService':
      return remove(services, action.target)
    case 'createSplit':
      return create(trafficSplits, action.split)
    case 'updateSplit':
      return patch(trafficSplits, action.target, json(action.target, ...versioned(action.resourceVersion), set('/spec', action.spec)))
    case 'deleteSplit':
      return remove(trafficSplits, action.target)
    case 'evictPod':
      await client.create(pods, eviction(action.target, namespace), { ...call, subresource: 'eviction', once: true })
      return { resource: pods, kind: 'gone', object: { metadata: { namespace, name: action.target.name, uid: action.target.uid } } }
    case 'setReplicas':
      return patch(rollouts, itself(rollout), json(itself(rollout), tested('/spec/replicas', null), set('/spec/replicas', action.replicas)))
    case 'annotateRollout':
      return patch(rollouts, itself(rollout), annotated(itself(rollout), action.annotations, undefined))
    default:
      return unreachable(action)
  }
}

/** Whether the object is no longer what the write was decided from: nobody's fault, and to be decided anew. */
export function isStale(error: unknown): boolean {
  if (isKubeError(error, 'conflict', 'notFound')) return true
  // A `test` that failed names no field; what a validation refuses does.
  return isKubeError(error, 'invalid') && error.causes.every(({ field }) => field === '' || field === 'metadata.uid')
}

function itself({ metadata: { name, uid = '' } }: Rollout): Target {
  return { name, uid }
}

function controllerUid({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

function tested(path: string, value: unknown): JsonPatchStep {
  return { op: 'test', path, value }
}

/** Whether there is such a field already or not. */
function set(path: string, value: unknown): JsonPatchStep {
  return { op: 'add', path, value }
}

function versioned(resourceVersion: string | undefined): readonly JsonPatchStep[] {
  return resourceVersion === undefined ? [] : [tested('/metadata/resourceVersion', resourceVersion)]
}

function json({ uid }: Target, ...steps: readonly JsonPatchStep[]): Patch {
  return { kind: 'json', body: [tested('/metadata/uid', uid), ...steps] }
}

function annotated({ uid }: Target, annotations: Readonly<Record<string, string | null>>, resourceVersion: string | undefined): Patch {
  return { kind: 'merge', body: { metadata: { uid, ...(resourceVersion !== undefined && { resourceVersion }), annotations } } }
}

type Resizing = Extract<Action, { readonly kind: 'scaleReplicaSet' }>

/** Its size, and its annotations: only as far as they differ from those that were seen. */
function resized({ target, from, to, annotations = {} }: Resizing, { replicaSets }: Observed): Patch {
  const seen = replicaSets.find(({ metadata }) => metadata.uid === target.uid)?.metadata.annotations
  const differing = Object.entries(annotations).filter(([key, value]) => (seen?.[key] ?? null) !== value)
  const steps =
    seen === undefined && differing.length > 0
      ? [tested('/metadata/annotations', null), set('/metadata/annotations', Object.fromEntries(differing))]
      : differing.map(([key, value]): JsonPatchStep => {
          const path = `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
          return value === null ? { op: 'remove', path } : set(path, value)
        })
  return json(target, tested('/spec/replicas', from), set('/spec/replicas', to), ...steps)
}

type Selection = Extract<Action, { readonly kind: 'selectPods' }>

/** Undefined: it stands so already. Throws a conflict where it is not as it was when that was decided. */
function selection({ target, from, to }: Selection, service: Service | undefined, rollout: string): Patch | undefined {
  if (service === undefined || service.metadata.uid !== target.uid) throw changed(`services ${target.name}: not there any more`)
  const { selector } = service.spec
  const { annotations, resourceVersion, uid } = service.metadata
  if (selector?.[podTemplateHashLabel] === (to ?? undefined) && annotations?.[managedByAnnotation] === (to === null ? undefined : rollout))
    return undefined
  if (selector?.[podTemplateHashLabel] !== from) throw changed(`services ${target.name}: selects other pods by now`)
  const metadata = { uid, resourceVersion, annotations: { [managedByAnnotation]: to === null ? null : rollout } }
  return { kind: 'merge', body: { metadata, spec: { selector: { [podTemplateHashLabel]: to } } } }
}

function changed(message: string): KubeError {
  return new KubeError({ kind: 'conflict', reason: 'Conflict', message })
}

/** policy/v1 Eviction, of this pod and of none that has its name by then. */
function eviction({ name, uid }: Target, namespace: string): KubeObject & { readonly deleteOptions: unknown } {
  return { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: { preconditions: { uid } } }
}

function unreachable(action: never): never {
  throw new Error(`no such action: ${JSON.stringify(action)}`)
}
