import type { Pod } from '../../../api/pod.ts'
import { msOf } from '../../../api/time.ts'
import { isPodActive, readySinceMs } from '../podAvailability.ts'

/** `count` of `pods`, those first that are missed least. `related`: all pods of the same Deployment, this set's included. */
export function victims(pods: readonly Pod[], count: number, related: readonly Pod[], nowMs: number): readonly Pod[] {
  if (count >= pods.length) return pods
  const onNode = new Map<string, number>()
  for (const pod of related) if (isPodActive(pod)) onNode.set(nodeOf(pod), (onNode.get(nodeOf(pod)) ?? 0) + 1)
  return pods.toSorted((a, b) => comparePods(a, b, onNode, nowMs)).slice(0, count)
}

const phases = ['Pending', 'Unknown', 'Running']

/** Below 0: `a` goes before `b`. */
function comparePods(a: Pod, b: Pod, onNode: ReadonlyMap<string, number>, nowMs: number): number {
  const readyA = readySinceMs(a)
  const readyB = readySinceMs(b)
  return (
    Number(nodeOf(a) !== '') - Number(nodeOf(b) !== '') ||
    phases.indexOf(a.status?.phase ?? 'Pending') - phases.indexOf(b.status?.phase ?? 'Pending') ||
    Number(readyA !== undefined) - Number(readyB !== undefined) ||
    deletionCost(a) - deletionCost(b) ||
    (onNode.get(nodeOf(b)) ?? 0) - (onNode.get(nodeOf(a)) ?? 0) ||
    (readyA !== undefined && readyB !== undefined && readyA !== readyB ? compareAges(a, b, [readyA, readyB, nowMs]) : 0) ||
    compareRestarts(a, b) ||
    compareCreations(a, b, nowMs)
  )
}

function nodeOf(pod: Pod): string {
  return pod.spec.nodeName ?? ''
}

/** As `controller.kubernetes.io/pod-deletion-cost` states it; what is no number costs nothing. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? ''
  const cost = /^-?(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : 0
  return Math.abs(cost) < 2 ** 31 ? cost : 0
}

/** The younger goes first, but pods of about the same age (to a power of two) in the order of their uids: so that not always the newest are hit. */
function compareAges(a: Pod, b: Pod, [timeA, timeB, nowMs]: readonly [number, number, number]): number {
  return magnitude(nowMs - timeA) - magnitude(nowMs - timeB) || ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1)
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1
}

/** Who has restarted more goes first; sidecars count after the others. */
function compareRestarts(a: Pod, b: Pod): number {
  const [regularA, sidecarA] = mostRestarts(a)
  const [regularB, sidecarB] = mostRestarts(b)
  return regularB - regularA || sidecarB - sidecarA
}

function mostRestarts({ spec, status }: Pod): readonly [number, number] {
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name))
  const of = (statuses: readonly { readonly restartCount: number }[]): number => Math.max(0, ...statuses.map(({ restartCount }) => restartCount))
  return [of(status?.containerStatuses ?? []), of((status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)))]
}

function compareCreations(a: Pod, b: Pod, nowMs: number): number {
  const createdA = msOf(a.metadata.creationTimestamp) ?? nowMs
  const createdB = msOf(b.metadata.creationTimestamp) ?? nowMs
  return createdA === createdB ? 0 : compareAges(a, b, [createdA, createdB, nowMs])
}
