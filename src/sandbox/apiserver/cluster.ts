import type { KubeObject } from '../../api/meta.ts'
import type { Cluster, ClusterEvent, ResourceName, UpdatedPart } from '../cluster.ts'
import type { ObjectKey, Unstructured } from '../unstructured.ts'
import { notFound } from './apiError.ts'
import { masters, serviceAccountUser } from './auth/user.ts'
import type { Kind } from './kinds/kind.ts'
import { bindPod } from './requests/bindPod.ts'
import { create } from './requests/create.ts'
import { type Call, type Machinery, served } from './requests/machinery.ts'
import { apiVersionOf } from './requests/objectMeta.ts'
import { remove } from './requests/remove.ts'
import { readScale, writeScale } from './requests/scale.ts'
import { update } from './requests/update.ts'
import { findLive } from './requests/write.ts'

/** The cluster for who runs in the same process; `writer` is who writes. */
export function clusterOf(machinery: Machinery, writer: string): Cluster {
  const { store, kinds } = machinery
  const kindOf = (resource: ResourceName): Kind => {
    const [kind] = kinds.storedAs(resource)
    if (kind === undefined) throw notFound({ group: '', plural: resource, kind: resource, name: '' })
    return kind
  }
  const user = { ...serviceAccountUser('kube-system', writer, ''), groups: [masters] }
  const callOf = (resource: ResourceName, namespace: string | undefined): Call => ({
    kind: kindOf(resource),
    namespace,
    user,
    manager: { name: writer, asked: true },
    dryRun: false,
    fieldValidation: 'Ignore',
    warn: () => undefined,
  })
  const find = (resource: ResourceName, at: ObjectKey, subresource?: 'scale'): Unstructured | undefined => {
    if (kinds.storedAs(resource).length === 0) return undefined
    const call = callOf(resource, at.namespace)
    const found = findLive(machinery, call, at.name)
    return found === undefined || subresource === undefined ? found : readScale(machinery, call, at.name)
  }
  const change = (resource: ResourceName, object: Unstructured, subresource?: UpdatedPart): Unstructured => {
    const { name, namespace } = object.metadata
    const call = callOf(resource, namespace)
    if (subresource === 'scale') return writeScale(machinery, call, object, name)
    if (subresource === 'binding') return bindPod(machinery, call, object)
    return update(machinery, call, typed(call.kind, object), { name, subresource })
  }

  return {
    kinds: () =>
      firstOfEach(kinds.all(), kindOf).map((kind) => ({
        resource: kind.storedAs,
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        namespaced: kind.namespaced,
      })),
    find: <T extends KubeObject>(resource: ResourceName, at: ObjectKey, subresource?: 'scale') =>
      find(resource, at, subresource) as unknown as T | undefined,
    list<T extends KubeObject>(resource: ResourceName, { namespace }: { readonly namespace?: string | undefined } = {}) {
      const [kind] = kinds.storedAs(resource)
      if (kind === undefined) return []
      const all = store.list(resource, namespace)
      return (kind.conversion === undefined ? all : all.map((object) => served(kind, object))) as unknown as readonly T[]
    },
    create<T extends KubeObject>(resource: ResourceName, object: T) {
      const call = callOf(resource, object.metadata.namespace)
      return create(machinery, call, typed(call.kind, object as unknown as Unstructured)) as unknown as T
    },
    update: <T extends KubeObject>(resource: ResourceName, object: T, subresource?: UpdatedPart) =>
      change(resource, object as unknown as Unstructured, subresource) as unknown as T,
    delete: (resource, { namespace, name }, options = {}) => void remove(machinery, callOf(resource, namespace), name, options),
    follow(resources, onEvent) {
      const wanted = resources === 'all' ? undefined : new Set(resources)
      return store.subscribe(({ type, resource, object, previous }) => {
        if (wanted !== undefined && !wanted.has(resource)) return
        const [kind] = kinds.storedAs(resource)
        if (kind === undefined) return
        const shown = (each: Unstructured): KubeObject => served(kind, each) as unknown as KubeObject
        const event: ClusterEvent = { type, resource, object: shown(object), previous: previous === undefined ? undefined : shown(previous) }
        onEvent(event)
      })
    },
    as: (name) => clusterOf(machinery, name),
  }
}

function typed(kind: Kind, object: Unstructured): Unstructured {
  return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }
}

/** Each resource once, under the kind that its objects are seen as. */
function firstOfEach(all: readonly Kind[], kindOf: (resource: ResourceName) => Kind): readonly Kind[] {
  return [...new Set(all.filter(({ verbs }) => verbs.includes('get')).map(({ storedAs }) => storedAs))].map(kindOf)
}
