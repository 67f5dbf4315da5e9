import type { ContainerStatus, Pod, PodPhase, PodStatus } from '../../../api/pod.ts'
import { timestampOf } from '../../../api/time.ts'
import { podConditions } from './conditions.ts'
import { containerStatus } from './containerStatus.ts'
import { isTerminalPhase, phaseOf } from './phase.ts'
import { membersOf, type PodRecord } from './record.ts'

export type StatusObserved = { readonly pod: Pod; readonly record: PodRecord; readonly hostIp: string; readonly nowMs: number }

/** What a pod's status says of what the kubelet knows. `pod` is as the cluster has it. */
export function podStatus({ pod, record, hostIp, nowMs }: StatusObserved): PodStatus {
  const { spec } = pod
  const members = membersOf(pod, record)
  const isEnding = pod.metadata.deletionTimestamp !== undefined || record.eviction !== undefined
  const reached = record.eviction === undefined ? phaseOf(spec, members, record.isFinished) : 'Failed'
  const hasInits = (spec.initContainers ?? []).length > 0
  const statuses = members.map((member) => ({ ...containerStatus(member, { hasInits, isEnding }), role: member.role }))
  const conditions = podConditions({ pod, statuses, phase: reached, isPrepared: record.isPrepared, nowMs })
  const phase = phaseTold(pod, record, reached)
  const shown = record.isFinished ? accountedFor(statuses, hasInits) : statuses
  const { ip, eviction } = record
  return {
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase,
    conditions,
    ...(eviction !== undefined && phase === 'Failed' && eviction),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
    startTime: pod.status?.startTime ?? timestampOf(record.startedAtMs),
    ...(hasInits && { initContainerStatuses: shown.filter(({ role }) => role !== 'main').map(withoutRole) }),
    containerStatuses: shown.filter(({ role }) => role === 'main').map(withoutRole),
    ...(pod.status?.qosClass !== undefined && { qosClass: pod.status.qosClass }),
  }
}

/** That a pod has ended is told only when nothing of it runs any more; then it has, whatever its containers say. */
function phaseTold({ status }: Pod, { isFinished }: PodRecord, reached: PodPhase): PodPhase {
  if (isTerminalPhase(status?.phase)) return status!.phase!
  if (isFinished) return isTerminalPhase(reached) ? reached : 'Failed'
  return isTerminalPhase(reached) ? (status?.phase ?? 'Pending') : reached
}

type Shown = ContainerStatus & { readonly role: 'init' | 'sidecar' | 'main' }

/** Of a pod that has ended, no container may seem to be about to run; those after an init container that failed never were. */
function accountedFor(statuses: readonly Shown[], hasInits: boolean): readonly Shown[] {
  const wasInitialized = !hasInits || statuses.some(({ role, state, lastState }) => role === 'main' && (!state?.waiting || lastState?.terminated))
  const lastTried = statuses.findLastIndex(({ role, state, lastState }) => role !== 'main' && (!state?.waiting || lastState?.terminated))
  return statuses.map((status, at) => {
    if (status.state?.terminated !== undefined) return status
    const isTried = status.role === 'main' ? wasInitialized : at <= Math.max(0, lastTried)
    return isTried ? { ...status, state: { terminated: lost } } : status
  })
}

const lost = { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated' } as const

function withoutRole({ role: _, ...status }: Shown): ContainerStatus {
  return status
}
