import { isDeepStrictEqual } from 'node:util'
import type { Condition } from '../../api/condition.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { Namespace, NamespaceCondition } from '../../api/namespace.ts'
import { isPodTerminal, type Pod } from '../../api/pod.ts'
import { msOf, timestampOf } from '../../api/time.ts'
import { ApiError } from '../apiserver/apiError.ts'
import type { Cluster } from '../cluster.ts'
import type { Controller } from './runner.ts'

/** This controller's own, in spec.finalizers. */
const finalizer = 'kubernetes'
/** Pods go first: what they use is there to their end. */
const pods = 'pods'
/** How often (ms) to look again at content that stays: its own end wakes this controller. */
const patienceMs = 15_000

/** Empties namespaces that are being deleted, then lets them go. */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  follows: 'all',
  keysOf({ type, resource, object }, cluster) {
    if (resource === 'namespaces') return isEnding(object) ? [object.metadata.name] : []
    const { namespace } = object.metadata
    if (!namespace || (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined)) return []
    const home = cluster.find<Namespace>('namespaces', { name: namespace })
    return home !== undefined && isEnding(home) ? [namespace] : []
  },
  sync(name, { cluster, nowMs }) {
    const namespace = cluster.find<Namespace>('namespaces', { name })
    if (namespace === undefined || !isEnding(namespace) || namespace.spec?.finalizers?.includes(finalizer) !== true) return undefined
    const left = emptied(namespace, cluster, nowMs)
    const conditions = conditionsAfter(namespace.status?.conditions ?? [], left, nowMs)
    const status = { ...namespace.status, phase: 'Terminating' as const, conditions }
    const told = isDeepStrictEqual(status, namespace.status) ? namespace : cluster.update<Namespace>('namespaces', { ...namespace, status }, 'status')
    if (left.objects.length > 0 || left.failures.length > 0) return Math.min(left.overdueMs ?? Number.POSITIVE_INFINITY, nowMs + patienceMs)
    const finalizers = (told.spec?.finalizers ?? []).filter((each) => each !== finalizer)
    cluster.update<Namespace>('namespaces', { ...told, spec: { ...told.spec, finalizers } }, 'finalize')
    return undefined
  },
}

function isEnding({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** What stays, though its deletion was asked. `overdueMs` (wall): when pods have had all the time that they may take. */
type Left = {
  readonly objects: readonly { readonly resource: string; readonly object: KubeObject }[]
  readonly failures: readonly string[]
  readonly overdueMs?: number
}

function emptied({ metadata: { name, deletionTimestamp } }: Namespace, cluster: Cluster, nowMs: number): Left {
  const first = deleteAll([pods], name, cluster)
  if (first.objects.length > 0) {
    const graces = first.objects.map(({ object }) => (isPodTerminal(object as Pod) ? 0 : ((object as Pod).spec.terminationGracePeriodSeconds ?? 0)))
    const overdueMs = msOf(deletionTimestamp)! + Math.max(...graces) * 1_000
    const isHeld = first.objects.some(({ object }) => (object.metadata.finalizers ?? []).length > 0)
    if (overdueMs > nowMs) return { ...first, overdueMs }
    const failures = isHeld ? first.failures : [...first.failures, `unexpected items still remain in namespace: ${name} for gvr: /v1, Resource=pods`]
    return { ...first, failures }
  }
  const others = cluster.kinds().filter(({ namespaced, resource }) => namespaced && resource !== pods)
  return deleteAll(
    others.map(({ resource }) => resource),
    name,
    cluster,
  )
}

function deleteAll(resources: readonly string[], namespace: string, cluster: Cluster): Left {
  const failures: string[] = []
  for (const resource of resources) {
    for (const { metadata } of cluster.list(resource, { namespace })) {
      try {
        if (metadata.deletionTimestamp === undefined) cluster.delete(resource, metadata, { propagationPolicy: 'Background' })
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (error.code !== 404) failures.push(error.message)
      }
    }
  }
  return { objects: resources.flatMap((resource) => cluster.list(resource, { namespace }).map((object) => ({ resource, object }))), failures }
}

type Type = NamespaceCondition['type']
type Facts = Pick<Condition, 'status' | 'reason' | 'message'>

/** What a namespace says when there is nothing to say. */
const quiet: Readonly<Record<Type, Facts>> = {
  NamespaceDeletionDiscoveryFailure: { status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
  NamespaceDeletionGroupVersionParsingFailure: {
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  NamespaceDeletionContentFailure: {
    status: 'False',
    reason: 'ContentDeleted',
    message: 'All content successfully deleted, may be waiting on finalization',
  },
  NamespaceContentRemaining: { status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' },
  NamespaceFinalizersRemaining: { status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
}

function conditionsAfter(before: readonly NamespaceCondition[], left: Left, nowMs: number): readonly NamespaceCondition[] {
  const facts: Record<Type, Facts> = { ...quiet, ...failed(left), ...remaining(left) }
  return (Object.keys(facts) as Type[]).map((type) => {
    const old = before.find((condition) => condition.type === type)
    const isSame = old !== undefined && old.status === facts[type].status
    return { type, ...facts[type], lastTransitionTime: isSame ? old.lastTransitionTime! : timestampOf(nowMs) }
  })
}

function failed({ failures }: Left): Partial<Record<Type, Facts>> {
  if (failures.length === 0) return {}
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`
  return { NamespaceDeletionContentFailure: { status: 'True', reason: 'ContentDeletionFailed', message } }
}

/** While pods are waited for, nothing is said of the rest: as upstream. */
function remaining({ objects }: Left): Partial<Record<Type, Facts>> {
  const rest = objects.filter(({ resource }) => resource !== pods)
  if (rest.length === 0) return {}
  const named = (resource: string): string => (resource.includes('.') ? resource : `${resource}.`)
  const content = counted(rest.map(({ resource }) => named(resource))).map(([resource, count]) => `${resource} has ${count} resource instances`)
  const holders = counted(rest.flatMap(({ object }) => object.metadata.finalizers ?? [])).map(
    ([name, count]) => `${name} in ${count} resource instances`,
  )
  return {
    NamespaceContentRemaining: { status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${content.join(', ')}` },
    ...(holders.length > 0 && {
      NamespaceFinalizersRemaining: {
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${holders.join(', ')}`,
      },
    }),
  }
}

function counted(names: readonly string[]): readonly (readonly [name: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
