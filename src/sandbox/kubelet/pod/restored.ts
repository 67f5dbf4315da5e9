import type { ContainerStatus, Pod } from '../../../api/pod.ts'
import { msOf } from '../../../api/time.ts'
import { isTerminalPhase } from './phase.ts'
import { type ContainerRecord, newRecord, type PodRecord } from './record.ts'

/** What is known of a pod that an earlier kubelet has run: all of it has ended with that. Init containers that were done need not run again. */
export function restoredRecord(pod: Pod, nowMs: number): PodRecord {
  const { status } = pod
  const startedAtMs = msOf(status?.startTime)
  if (startedAtMs === undefined) return newRecord(nowMs)
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  return {
    ...newRecord(startedAtMs),
    ip: status?.podIP,
    isFinished: isTerminalPhase(status?.phase),
    containers: Object.fromEntries(all.map((each) => [each.name, containerRecord(each, nowMs)])),
  }
}

function containerRecord({ state, lastState, containerID, restartCount, imageID }: ContainerStatus, nowMs: number): ContainerRecord {
  if (containerID === undefined) return {}
  const ended = state?.terminated ?? (state?.running === undefined ? lastState?.terminated : undefined)
  const exit =
    ended === undefined
      ? { exitCode: 255, reason: 'Unknown', finishedAtMs: nowMs }
      : {
          exitCode: ended.exitCode,
          reason: ended.reason ?? 'Error',
          finishedAtMs: msOf(ended.finishedAt) ?? nowMs,
          ...(ended.message !== undefined && { message: ended.message }),
        }
  return {
    run: {
      id: containerID.slice(containerID.indexOf('://') + 3),
      attempt: restartCount,
      imageId: imageID,
      startedAtMs: msOf(ended?.startedAt ?? state?.running?.startedAt) ?? nowMs,
      isStarted: false,
      isReady: false,
      exit,
    },
  }
}
