// A Cluster in memory, as simple as it can be, on a clock that a test turns: nothing happens but in settle() and advance().
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../../src/api/meta.ts'
import { timestampOf } from '../../../src/api/time.ts'
import { type ApiError, alreadyExists, conflict, notFound } from '../../../src/sandbox/apiserver/apiError.ts'
import type { Cluster, ClusterEvent, ClusterKind, DeleteOptions } from '../../../src/sandbox/cluster.ts'
import type { Clock } from '../../../src/sandbox/controllers/clock.ts'
import { type Controller, type Runner, startRunner } from '../../../src/sandbox/controllers/runner.ts'
import type { ObjectKey } from '../../../src/sandbox/unstructured.ts'

type Item = KubeObject & { readonly [field: string]: unknown }
type Write = { readonly resource: string; readonly verb: 'create' | 'update' | 'status' | 'delete'; readonly name: string }

export type MemoryCluster = {
  readonly cluster: Cluster
  readonly clock: Clock & { readonly startMs: number }
  /** All writes that the controllers or the test did, in order. */
  readonly writes: Write[]
  /** Calls to `create` of these resources throw this. */
  readonly refusals: Map<string, ApiError>
  run(controllers: readonly Controller[]): Runner
  /** Until nobody has anything more to do now. */
  settle(): void
  advance(ms: number): void
  /** What the kubelet does at the end. */
  removePod(namespace: string, name: string): void
  kinds: ClusterKind[]
}

const builtIn: readonly (readonly [string, string, string, boolean])[] = [
  ['pods', 'v1', 'Pod', true],
  ['nodes', 'v1', 'Node', false],
  ['services', 'v1', 'Service', true],
  ['endpoints', 'v1', 'Endpoints', true],
  ['events', 'v1', 'Event', true],
  ['configmaps', 'v1', 'ConfigMap', true],
  ['serviceaccounts', 'v1', 'ServiceAccount', true],
  ['namespaces', 'v1', 'Namespace', false],
  ['replicasets.apps', 'apps/v1', 'ReplicaSet', true],
  ['deployments.apps', 'apps/v1', 'Deployment', true],
  ['jobs.batch', 'batch/v1', 'Job', true],
  ['endpointslices.discovery.k8s.io', 'discovery.k8s.io/v1', 'EndpointSlice', true],
  ['poddisruptionbudgets.policy', 'policy/v1', 'PodDisruptionBudget', true],
  ['horizontalpodautoscalers.autoscaling', 'autoscaling/v2', 'HorizontalPodAutoscaler', true],
]

export function memoryCluster(): MemoryCluster {
  const store = new Map<string, Map<string, Item>>()
  const queue: (() => void)[] = []
  const followers: { readonly resources: readonly string[] | 'all'; onEvent(event: ClusterEvent): void }[] = []
  const alarms: { atMs: number; run: (() => void) | undefined }[] = []
  const writes: Write[] = []
  const refusals = new Map<string, ApiError>()
  const kinds: ClusterKind[] = builtIn.map(([resource, apiVersion, kind, namespaced]) => ({ resource, apiVersion, kind, namespaced }))
  const startMs = Date.UTC(2030, 0, 1)
  let nowMs = startMs
  let version = 0
  let serial = 0

  const clock = {
    startMs,
    nowMs: () => nowMs,
    wakeAt(atMs: number, run: () => void) {
      const alarm: { atMs: number; run: (() => void) | undefined } = { atMs, run }
      alarms.push(alarm)
      return () => {
        alarm.run = undefined
      }
    },
  }

  const keyText = ({ namespace, name }: ObjectKey): string => `${namespace ?? ''}/${name}`
  const table = (resource: string): Map<string, Item> => {
    if (!kinds.some((kind) => kind.resource === resource)) throw new Error(`the cluster has no ${resource}`)
    const found = store.get(resource) ?? new Map<string, Item>()
    store.set(resource, found)
    return found
  }
  const aboutOf = (resource: string, name: string) => {
    const [plural = '', ...group] = resource.split('.')
    return { group: group.join('.'), plural, kind: plural, name }
  }

  function tell(event: ClusterEvent): void {
    for (const { resources, onEvent } of followers) if (resources === 'all' || resources.includes(event.resource)) queue.push(() => onEvent(event))
  }

  function put(resource: string, object: Item, previous: Item | undefined): Item {
    const stored = Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion: String(++version) }) }) as Item
    table(resource).set(keyText(stored.metadata), stored)
    tell({ type: previous === undefined ? 'ADDED' : 'MODIFIED', resource, object: stored, previous })
    return stored
  }

  function drop(resource: string, object: Item): void {
    table(resource).delete(keyText(object.metadata))
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } }
    tell({ type: 'DELETED', resource, object: last, previous: object })
  }

  function create(resource: string, given: Item): Item {
    const refusal = refusals.get(resource)
    if (refusal !== undefined) throw refusal
    const { generateName, ...metadata } = given.metadata
    const name = metadata.name || `${generateName}${(serial++).toString(36).padStart(5, 'x')}`
    if (table(resource).has(keyText({ ...metadata, name }))) throw alreadyExists(aboutOf(resource, name))
    writes.push({ resource, verb: 'create', name })
    const kind = kinds.find((kind) => kind.resource === resource)!
    return put(
      resource,
      {
        ...given,
        apiVersion: kind.apiVersion,
        kind: kind.kind,
        metadata: {
          ...metadata,
          ...(generateName !== undefined && { generateName }),
          name,
          uid: `uid-${++serial}`,
          creationTimestamp: timestampOf(nowMs),
          ...('spec' in given && { generation: 1 }),
        },
        // What the real server fills in.
        ...(resource === 'services' && { spec: { clusterIP: '10.96.0.9', ipFamilies: ['IPv4'], ...(given['spec'] as object) } }),
        ...(resource === 'pods' && given['status'] === undefined && { status: { phase: 'Pending' } }),
      },
      undefined,
    )
  }

  function update(resource: string, given: Item, subresource?: string): Item {
    const old = table(resource).get(keyText(given.metadata))
    const about = aboutOf(resource, given.metadata.name)
    if (old === undefined) throw notFound(about)
    const { resourceVersion = old.metadata.resourceVersion, ...metadata } = given.metadata
    if (resourceVersion !== old.metadata.resourceVersion) throw conflict(about, 'the object has been modified')
    const { uid, creationTimestamp, deletionTimestamp, generation } = old.metadata
    const kept = {
      uid: uid!,
      creationTimestamp: creationTimestamp!,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      resourceVersion: old.metadata.resourceVersion!,
    }
    const isStatus = subresource === 'status'
    const changesSpec = !isStatus && !isDeepStrictEqual(given['spec'], old['spec'])
    const next = {
      ...given,
      metadata: { ...metadata, ...kept, ...(generation !== undefined && { generation: generation + Number(changesSpec) }) },
      ...(isStatus ? old['spec'] !== undefined && { spec: old['spec'] } : old['status'] !== undefined && { status: old['status'] }),
    } as Item
    if (isDeepStrictEqual(next, old)) return old
    writes.push({ resource, verb: isStatus ? 'status' : 'update', name: given.metadata.name })
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0 && resource !== 'pods') {
      drop(resource, next)
      return next
    }
    return put(resource, next, old)
  }

  function remove(resource: string, at: ObjectKey, options: DeleteOptions = {}): void {
    const old = table(resource).get(keyText(at))
    const about = aboutOf(resource, at.name)
    if (old === undefined) throw notFound(about)
    const { uid, resourceVersion } = options.preconditions ?? {}
    if ((uid ?? old.metadata.uid) !== old.metadata.uid) throw conflict(about, 'the uid differs')
    if ((resourceVersion ?? old.metadata.resourceVersion) !== old.metadata.resourceVersion) throw conflict(about, 'the object has been modified')
    writes.push({ resource, verb: 'delete', name: at.name })
    const finalizers = new Set(old.metadata.finalizers ?? [])
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion')
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan')
    const isScheduled = resource === 'pods' && (old['spec'] as { readonly nodeName?: string }).nodeName !== undefined
    if (finalizers.size === 0 && !(isScheduled && options.gracePeriodSeconds !== 0) && resource !== 'namespaces') return drop(resource, old)
    const deletionTimestamp = old.metadata.deletionTimestamp ?? timestampOf(nowMs)
    const next = { ...old, metadata: { ...old.metadata, ...(finalizers.size > 0 && { finalizers: [...finalizers] }), deletionTimestamp } }
    if (!isDeepStrictEqual(next, old)) put(resource, next, old)
  }

  const cluster: Cluster = {
    kinds: () => kinds,
    find: <T>(resource: string, at: ObjectKey) => table(resource).get(keyText(at)) as T | undefined,
    list: <T>(resource: string, within: { readonly namespace?: string | undefined } = {}) =>
      [...table(resource).values()].filter(({ metadata }) => within.namespace === undefined || metadata.namespace === within.namespace) as T[],
    create: <T>(resource: string, object: T) => create(resource, object as Item) as T,
    update: <T>(resource: string, object: T, subresource?: string) => update(resource, object as Item, subresource) as T,
    delete: remove,
    follow(resources, onEvent) {
      const follower = { resources, onEvent }
      followers.push(follower)
      return () => void followers.splice(followers.indexOf(follower), 1)
    },
    as: () => cluster,
  }

  function settle(): void {
    for (let steps = 0; ; steps++) {
      if (steps > 10_000) throw new Error('it does not come to rest')
      const event = queue.shift()
      if (event !== undefined) {
        event()
        continue
      }
      const due = alarms.findIndex(({ atMs }) => atMs <= nowMs)
      if (due < 0) return
      alarms.splice(due, 1)[0]!.run?.()
    }
  }

  return {
    cluster,
    clock,
    writes,
    refusals,
    kinds,
    run: (controllers) =>
      startRunner({
        cluster,
        controllers,
        clock,
        random: () => 0.5,
        onFailure(_, key, cause) {
          throw new Error(`sync of ${key}`, { cause })
        },
      }),
    settle,
    advance(ms) {
      const endMs = nowMs + ms
      for (;;) {
        settle()
        const next = Math.min(...alarms.filter(({ run }) => run !== undefined).map(({ atMs }) => atMs))
        if (next > endMs) break
        nowMs = next
      }
      nowMs = endMs
      settle()
    },
    removePod(namespace, name) {
      drop('pods', table('pods').get(keyText({ namespace, name }))!)
    },
  }
}
