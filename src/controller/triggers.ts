import type { KubeObject } from '../api/meta.ts'
import { keyOf, pods, type Resource, replicaSets, services } from '../kube/resource.ts'
import type { Change, Store } from '../kube/store.ts'
import { servicesOfIngress } from './ingressServices.ts'
import { rollouts, trafficSplits } from './resources.ts'
import { servicesNamed } from './rollout/servicesNamed.ts'
import { isOurs, rolloutKeyOf, rolloutsNaming, type Stores } from './stores.ts'

export type Listener = {
  /** A Rollout that what has changed may matter to. */
  add(key: string): void
  deleted(resource: Resource, object: KubeObject): void
}

/** Tells, for each change of anything, which Rollouts to look at; returns what ends that. */
export function subscribeKeys(stores: Stores, { add, deleted }: Listener): () => void {
  function follow<T extends KubeObject>(store: Store<T>, resource: Resource | undefined, keysOf: (object: T) => readonly string[]): () => void {
    return store.subscribe((change: Change<T>) => {
      if (change.kind === 'deleted' && resource !== undefined) deleted(resource, change.object)
      const versions = change.kind === 'modified' ? [change.before, change.object] : [change.object]
      for (const key of new Set(versions.flatMap(keysOf))) add(key)
    })
  }

  function ownerOf(object: KubeObject): readonly string[] {
    const key = rolloutKeyOf(object)
    return key === undefined ? [] : [key]
  }

  /** Of a ReplicaSet's pod, or of its backend Service. */
  function ownerOfPart({ metadata }: KubeObject): readonly string[] {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
    // A ReplicaSet that is not known yet tells of itself when it comes, and what is its own is looked at then.
    return owner === undefined ? [] : stores.replicaSets.by('uid', owner.uid).flatMap(ownerOf)
  }

  const ends = [
    follow(stores.rollouts, rollouts, (rollout) => [
      keyOf(rollout),
      // Those that share a Service with it: the younger must not have it.
      ...servicesNamed(rollout).flatMap((name) => rolloutsNaming(stores, { metadata: { ...rollout.metadata, name } })),
    ]),
    follow(stores.replicaSets, replicaSets, ownerOf),
    follow(stores.pods, pods, ownerOfPart),
    follow(stores.services, services, (service) => [...rolloutsNaming(stores, service), ...ownerOfPart(service)]),
    follow(stores.ingresses, undefined, (ingress) =>
      isOurs(ingress) ? servicesOfIngress(ingress).flatMap((name) => rolloutsNaming(stores, { metadata: { ...ingress.metadata, name } })) : [],
    ),
    follow(stores.splits, trafficSplits, (split) => [keyOf(split)]),
  ]
  return () => {
    for (const end of ends) end()
  }
}
