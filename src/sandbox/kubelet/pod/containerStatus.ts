import type { VolumeMount } from '../../../api/container.ts'
import type { ContainerState, ContainerStatus, VolumeMountStatus } from '../../../api/pod.ts'
import { timestampOf } from '../../../api/time.ts'
import type { EndedRun, Member, Run } from './record.ts'

/** Runtime and number, as `containerd://…` elsewhere. */
export const containerIdOf = ({ id }: Pick<Run, 'id'>): string => `process://${id}`

export type StatusContext = {
  /** Whether the pod has init containers, in whose time the others wait. */
  readonly hasInits: boolean
  /** The pod ends: why a container waits to run again does not matter any more. */
  readonly isEnding: boolean
}

export function containerStatus({ container, role, record }: Member, { hasInits, isEnding }: StatusContext): ContainerStatus {
  const { run, previous } = record
  const waiting = isEnding ? undefined : record.waiting
  const ended = run !== undefined && isEnded(run) ? run : undefined
  const isRunning = run !== undefined && ended === undefined
  const state = waiting !== undefined ? { waiting } : stateOf(run, hasInits)
  const last = waiting !== undefined ? (ended ?? previous) : previous
  const resources = container.resources ?? {}
  return {
    name: container.name,
    state,
    lastState: last === undefined ? {} : { terminated: terminated(last) },
    ready: role === 'init' ? ended?.exit.exitCode === 0 : isRunning && run.isReady,
    started: isRunning && (role === 'init' || run.isStarted),
    restartCount: run?.attempt ?? 0,
    image: container.image ?? '',
    imageID: run?.imageId ?? '',
    ...(run !== undefined && {
      containerID: containerIdOf(run),
      ...(Object.keys(resources.requests ?? {}).length > 0 && { allocatedResources: resources.requests! }),
      resources,
    }),
    ...(container.volumeMounts !== undefined && container.volumeMounts.length > 0 && { volumeMounts: container.volumeMounts.map(mountStatus) }),
  }
}

export function isEnded(run: Run): run is EndedRun {
  return run.exit !== undefined
}

function stateOf(run: Run | undefined, hasInits: boolean): ContainerState {
  if (run === undefined) return { waiting: { reason: hasInits ? 'PodInitializing' : 'ContainerCreating' } }
  if (isEnded(run)) return { terminated: terminated(run) }
  return { running: { startedAt: timestampOf(run.startedAtMs) } }
}

function terminated(run: EndedRun): NonNullable<ContainerState['terminated']> {
  const { exitCode, reason, message, finishedAtMs } = run.exit
  return {
    containerID: containerIdOf(run),
    exitCode,
    reason,
    ...(message !== undefined && { message }),
    startedAt: timestampOf(run.startedAtMs),
    finishedAt: timestampOf(finishedAtMs),
  }
}

function mountStatus({ name, mountPath, readOnly }: VolumeMount): VolumeMountStatus {
  return { name, mountPath, ...(readOnly === true && { readOnly, recursiveReadOnly: 'Disabled' as const }) }
}
