import { type Ingress, ingressClassAnnotation } from '../api/ingress.ts'
import type { KubeObject, Metadata } from '../api/meta.ts'
import type { ContainerStatus, Pod } from '../api/pod.ts'
import type { Rollout } from '../api/rollout.ts'
import { edgeIngressClass, instanceIdLabel, managedByAnnotation, podTemplateHashLabel } from '../api/rolloutLabels.ts'
import type { Service } from '../api/services.ts'
import type { TrafficSplit } from '../api/trafficSplit.ts'
import type { ReplicaSet } from '../api/workloads.ts'
import type { Informer, Informers } from '../kube/informers.ts'
import { ingresses, keyOf, pods, replicaSets, services } from '../kube/resource.ts'
import type { Store } from '../kube/store.ts'
import { servicesOfIngress } from './ingressServices.ts'
import { rollouts, trafficSplits } from './resources.ts'
import { servicesNamed } from './rollout/servicesNamed.ts'

/** All that is known of the cluster, as last told by the server. */
export type Stores = {
  readonly rollouts: Store<Rollout>
  readonly replicaSets: Store<ReplicaSet>
  readonly pods: Store<Pod>
  readonly services: Store<Service>
  readonly ingresses: Store<Ingress>
  readonly splits: Store<TrafficSplit>
}

export type Scope = {
  /** Absent: all of them. */
  readonly namespace?: string
  /** '': Rollouts that no controller is named for. */
  readonly instanceId: string
}

/** Begins to follow all of it; `synced` resolves once each has been seen whole. */
export function openStores(informers: Informers, { namespace, instanceId }: Scope): Stores & { synced(signal: AbortSignal): Promise<void> } {
  const within = namespace === undefined ? {} : { namespace }
  const ofInstance = instanceId === '' ? `!${instanceIdLabel}` : `${instanceIdLabel}=${instanceId}`
  const trim = withoutFieldOwners as <T extends KubeObject>(object: T) => T
  const all = {
    rollouts: informers.of<Rollout>({ resource: rollouts, ...within, labelSelector: ofInstance, trim, indexes: { service: servicesNamedBy } }),
    replicaSets: informers.of<ReplicaSet>({
      resource: replicaSets,
      ...within,
      labelSelector: podTemplateHashLabel,
      trim,
      indexes: { owner: ownerUid, uid: ownUid },
    }),
    pods: informers.of<Pod>({ resource: pods, ...within, labelSelector: podTemplateHashLabel, trim: trimPod, indexes: { owner: ownerUid } }),
    services: informers.of<Service>({ resource: services, ...within, trim, indexes: { owner: ownerUid, managedBy } }),
    ingresses: informers.of<Ingress>({ resource: ingresses, ...within, trim, indexes: { namespace: namespaceOfOurs } }),
    splits: informers.of<TrafficSplit>({ resource: trafficSplits, ...within, trim }),
  }
  return {
    rollouts: all.rollouts.store,
    replicaSets: all.replicaSets.store,
    pods: all.pods.store,
    services: all.services.store,
    ingresses: all.ingresses.store,
    splits: all.splits.store,
    async synced(signal) {
      await Promise.all(Object.values(all).map((informer: Pick<Informer<unknown>, 'synced'>) => informer.synced(signal)))
    },
  }
}

export function isOurs({ metadata, spec }: Ingress): boolean {
  return (spec?.ingressClassName ?? metadata.annotations?.[ingressClassAnnotation]) === edgeIngressClass
}

/** The key of the object that controls this one, where that is a Rollout. */
export function rolloutKeyOf({ metadata: { namespace = '', ownerReferences = [] } }: KubeObject): string | undefined {
  const owner = ownerReferences.find(({ controller }) => controller === true)
  return owner?.kind === 'Rollout' && owner.apiVersion.startsWith('argoproj.io/') ? `${namespace}/${owner.name}` : undefined
}

function servicesNamedBy(rollout: Rollout): readonly string[] {
  return servicesNamed(rollout).map((name) => `${rollout.metadata.namespace}/${name}`)
}

function ownerUid({ metadata }: KubeObject): readonly string[] {
  return (metadata.ownerReferences ?? []).filter(({ controller }) => controller === true).map(({ uid }) => uid)
}

function ownUid({ metadata: { uid } }: KubeObject): readonly string[] {
  return uid === undefined ? [] : [uid]
}

function managedBy({ metadata: { namespace = '', annotations } }: Service): readonly string[] {
  const name = annotations?.[managedByAnnotation]
  return name === undefined ? [] : [`${namespace}/${name}`]
}

function namespaceOfOurs(ingress: Ingress): readonly string[] {
  return isOurs(ingress) && servicesOfIngress(ingress).length > 0 ? [ingress.metadata.namespace ?? ''] : []
}

type Owned = Metadata & { readonly managedFields?: unknown }

/** Half of an object is who owns its fields. */
function withoutFieldOwners<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata }: Owned = object.metadata
  return { ...object, metadata }
}

/** Of the many pods, what tells whether they serve, and why not. */
function trimPod({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences } = metadata
  const { containerStatuses, initContainerStatuses } = status ?? {}
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(labels && { labels }),
      ...(ownerReferences && { ownerReferences }),
    },
    spec: {
      containers: [],
      ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }),
      ...(spec?.readinessGates && { readinessGates: spec.readinessGates }),
    },
    status: {
      ...(status?.phase && { phase: status.phase }),
      ...(status?.reason && { reason: status.reason }),
      ...(status?.message && { message: status.message }),
      ...(status?.conditions && { conditions: status.conditions }),
      ...(containerStatuses && { containerStatuses: containerStatuses.map(trimContainer) }),
      ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(trimContainer) }),
    },
  }
}

function trimContainer({ name, ready, restartCount, image, state, lastState }: ContainerStatus): ContainerStatus {
  return { name, ready, restartCount, image, imageID: '', ...(state && { state }), ...(lastState && { lastState }) }
}

/** Keys of the Rollouts that name a Service. */
export function rolloutsNaming(stores: Pick<Stores, 'rollouts'>, service: KubeObject): readonly string[] {
  return stores.rollouts.by('service', keyOf(service)).map(keyOf)
}
