/** Why pods of a version are not available, in words: for people who wait for them. */
import { type ContainerStatus, isPodReady, type Pod, podCondition } from '../../api/pod.ts'
import type { ReplicaSet } from '../../api/workloads.ts'

export type Trouble = {
  /** As Kubernetes calls it: `CrashLoopBackOff`, `Unschedulable`, `ImagePullBackOff` … */
  readonly reason: string
  readonly message: string
}

/** The worst of a ReplicaSet's pods that are not ready; undefined: all are, or they merely start. */
export function podTroubleOf(replicaSet: ReplicaSet, pods: readonly Pod[]): Trouble | undefined {
  const { uid } = replicaSet.metadata
  const own = pods.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true)
  const waiting = own.filter((pod) => !isPodReady(pod) && pod.metadata.deletionTimestamp === undefined)
  const found = waiting.map(troubleOf).filter((trouble) => trouble !== undefined)
  return found.toSorted((a, b) => b.weight - a.weight)[0]
}

/** Why a ReplicaSet cannot make pods: a quota, an admission. */
export function replicaFailureOf(replicaSets: readonly ReplicaSet[]): Trouble | undefined {
  for (const { metadata, status } of replicaSets) {
    const failure = status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    if (failure)
      return {
        reason: failure.reason ?? 'FailedCreate',
        message: plainText(`ReplicaSet ${metadata.name}: ${failure.message ?? 'its pods cannot be made'}`),
      }
  }
  return undefined
}

type Weighed = Trouble & { readonly weight: number }

/** Not told: they pass by themselves. */
const startingReasons = new Set(['ContainerCreating', 'PodInitializing', ''])

function troubleOf(pod: Pod): Weighed | undefined {
  const { name } = pod.metadata
  const scheduled = podCondition(pod, 'PodScheduled')
  if (scheduled?.status === 'False')
    return told(3, scheduled.reason ?? 'Unschedulable', `pod ${name} cannot be scheduled: ${scheduled.message ?? ''}`)
  if (pod.status?.phase === 'Failed') return told(3, pod.status.reason ?? 'Failed', `pod ${name} failed: ${pod.status.message ?? ''}`)
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const troubles = containers.map((container) => containerTrouble(name, container)).filter((trouble) => trouble !== undefined)
  return troubles.toSorted((a, b) => b.weight - a.weight)[0]
}

function containerTrouble(pod: string, { name, state, lastState, ready, started }: ContainerStatus): Weighed | undefined {
  const { waiting, terminated, running } = state ?? {}
  const ended = terminated ?? lastState?.terminated
  const exit =
    ended === undefined || ended.exitCode === 0
      ? ''
      : ` after exit code ${ended.exitCode}${ended.reason && ended.reason !== 'Error' ? ` (${ended.reason})` : ''}`
  if (waiting !== undefined && !startingReasons.has(waiting.reason ?? '')) {
    const reason = waiting.reason === 'ErrImagePull' ? 'ImagePullBackOff' : (waiting.reason ?? '')
    // What is said of a crash loop is how long it waits; the exit says more.
    const detail = exit === '' && waiting.message ? `: ${waiting.message}` : exit
    return told(4, reason, `container ${name} of pod ${pod} is in ${reason}${detail}`)
  }
  // Between two attempts it is the same trouble, whatever the moment's state is called.
  if (terminated !== undefined && terminated.exitCode !== 0) return told(4, 'CrashLoopBackOff', `container ${name} of pod ${pod} ended${exit}`)
  if (running === undefined || ready) return undefined
  if (exit !== '') return told(4, 'CrashLoopBackOff', `container ${name} of pod ${pod} runs again${exit}, and is not ready`)
  return started === false ? undefined : told(1, 'NotReady', `container ${name} of pod ${pod} runs but is not ready`)
}

function told(weight: number, reason: string, message: string): Weighed {
  return { weight, reason, message: plainText(message) }
}

const longest = 300

/** Text from the cluster, on one line, without what a terminal would obey. */
function plainText(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').replace(/[\s:]+$/, '')
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`
}
