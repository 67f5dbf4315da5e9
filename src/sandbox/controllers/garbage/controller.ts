import type { KubeObject, OwnerReference } from '../../../api/meta.ts'
import type { Cluster } from '../../cluster.ts'
import { kindOf } from '../groups.ts'
import { parseKey } from '../key.ts'
import { released } from '../ownership.ts'
import type { Controller } from '../runner.ts'
import { judge, type Owner, type OwnerState, type Verdict } from './decide.ts'
import { type Identity, identityText, openDependents, orphanFinalizer, parseIdentity, waitsForDependents } from './dependents.ts'

/** Deletes what has no owner left, holds owners that wait for their dependents, and frees dependents of those that leave them behind. Any kind. */
export function openGarbageCollector(): Controller {
  const dependents = openDependents()
  return {
    name: 'garbage-collector-controller',
    follows: 'all',
    keysOf(event, cluster) {
      const { identities, owners } = dependents.follow(event)
      if (owners.length === 0) return identities
      const { namespace } = event.object.metadata
      return [...identities, ...owners.flatMap((reference) => identityOf(reference, namespace, cluster) ?? []).map(identityText)]
    },
    sync(key, { cluster }) {
      const identity = parseIdentity(key)
      const object = findSame(identity, cluster)
      if (object === undefined) return undefined
      const below = dependents.of(identity.uid).flatMap((text) => {
        const dependent = parseIdentity(text)
        const found = findSame(dependent, cluster)
        return found === undefined ? [] : [{ identity: dependent, object: found }]
      })
      const { ownerReferences = [], namespace } = object.metadata
      const owners = ownerReferences.map((reference): Owner => ({ reference, state: stateOf(reference, namespace, cluster) }))
      const verdict = judge(
        object,
        owners,
        below.map(({ object }) => object),
      )
      if (verdict.kind === 'orphan')
        for (const { identity, object: dependent } of below) cluster.update(identity.resource, released(dependent, object.metadata.uid))
      execute(verdict, { identity, object }, cluster)
      return undefined
    },
  }
}

/** Undefined if it has gone, be there another one of its name. */
function findSame({ resource, key, uid }: Identity, cluster: Cluster): KubeObject | undefined {
  const found = cluster.find(resource, parseKey(key))
  return found?.metadata.uid === uid ? found : undefined
}

/** An owner is in the namespace of its dependents, or in none. */
function identityOf({ apiVersion, kind, name, uid }: OwnerReference, namespace: string | undefined, cluster: Cluster): Identity | undefined {
  const found = kindOf({ apiVersion, kind }, cluster)
  if (found === undefined || (found.namespaced && !namespace)) return undefined
  return { resource: found.resource, key: found.namespaced ? `${namespace}/${name}` : name, uid }
}

function stateOf(reference: OwnerReference, namespace: string | undefined, cluster: Cluster): OwnerState {
  const identity = identityOf(reference, namespace, cluster)
  if (identity === undefined) return 'unknown'
  const owner = findSame(identity, cluster)
  return owner === undefined ? 'absent' : waitsForDependents(owner) ? 'waiting' : 'solid'
}

function execute(verdict: Verdict, { identity, object }: { readonly identity: Identity; readonly object: KubeObject }, cluster: Cluster): void {
  const { resource, uid } = identity
  switch (verdict.kind) {
    case 'keep':
      return
    case 'orphan':
      cluster.update(resource, unheld(object, orphanFinalizer))
      return
    case 'unhold':
      cluster.update(resource, unheld(object, verdict.finalizer))
      return
    case 'disown':
      cluster.update(
        resource,
        verdict.uids.reduce((left, owner) => released(left, owner), object),
      )
      return
    case 'remove':
      if (verdict.unblock) cluster.update(resource, unblocked(object))
      cluster.delete(resource, object.metadata, { propagationPolicy: verdict.policy, preconditions: { uid } })
  }
}

function unheld(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [], ...metadata } = object.metadata
  const left = finalizers.filter((each) => each !== finalizer)
  return { ...object, metadata: { ...metadata, ...(left.length > 0 && { finalizers: left }) } }
}

function unblocked(object: KubeObject): KubeObject {
  const ownerReferences = (object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false }))
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}
