// What can be seen of a pod over time, as lines that are alike wherever it ran.
import type { Event } from '../../../src/api/event.ts'
import type { ContainerState, ContainerStatus, Pod } from '../../../src/api/pod.ts'

/** One state of a pod. */
export function sceneOf({ metadata, status = {} }: Pod): string {
  const { phase, reason, message, podIP, conditions = [], initContainerStatuses = [], containerStatuses = [] } = status
  const parts = [
    ...(metadata.deletionTimestamp === undefined ? [] : [`ending in ${metadata.deletionGracePeriodSeconds}`]),
    `generation ${metadata.generation} seen ${status.observedGeneration ?? '-'}`,
    phase ?? '-',
    ...(reason === undefined ? [] : [`${reason}(${message})`]),
    ...(podIP === undefined ? [] : ['address']),
    conditions.map((c) => `${c.type}=${c.status}${c.reason ? `:${c.reason}` : ''}${c.message ? `(${c.message})` : ''}`).join(' '),
    [...initContainerStatuses, ...containerStatuses].map(containerText).join('; '),
  ]
  return alike(parts.join(' | '))
}

function containerText({ name, state, lastState, restartCount, ready, started, containerID, imageID, volumeMounts = [] }: ContainerStatus): string {
  const facts = [
    ready && 'ready',
    started && 'started',
    restartCount > 0 && `restarts=${restartCount}`,
    containerID !== undefined && 'id',
    imageID !== '' && 'image',
    volumeMounts.some((each) => !each.name.startsWith('kube-api-access')) && 'mounts',
    lastState && Object.keys(lastState).length > 0 && `last=${stateText(lastState)}`,
  ]
  return [name, stateText(state), ...facts.filter((fact) => fact !== false && fact !== undefined)].join(' ')
}

function stateText({ waiting, running, terminated }: ContainerState = {}): string {
  if (terminated) return `terminated:${terminated.reason}:${terminated.exitCode}${terminated.message ? `(${terminated.message})` : ''}`
  if (waiting) return `waiting:${waiting.reason}${waiting.message ? `(${waiting.message})` : ''}`
  return running ? 'running' : '-'
}

/** News of a pod, the same ones once. */
export function newsOf({ type, reason, message, involvedObject }: Event): string {
  return alike(`${type} ${reason} ${involvedObject.fieldPath ? `[${involvedObject.fieldPath}] ` : ''}${message}`)
}

/** Without what differs from run to run. */
function alike(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\b(10\.244|127\.\d+)\.\d+\.\d+/g, 'IP')
    .replace(/^(.*\|.*)[\r\n]+/g, '$1')
    .trim()
}

/** Neighbours that look alike are one. */
export function withoutRepeats(lines: readonly string[]): readonly string[] {
  return lines.filter((line, at) => line !== lines[at - 1])
}
