import type { Container } from '../../api/container.ts'
import type { ContainerState, ContainerStatus, Pod } from '../../api/pod.ts'
import type { Piece } from './text.ts'

export type PodSummary = { readonly status: string; readonly ready: string; readonly restarts: number }

/** As kubectl sums up a pod in one word. */
export function podSummary(pod: Pod): PodSummary {
  const { metadata, spec, status = {} } = pod
  const initial = initializing(spec.initContainers ?? [], status.initContainerStatuses ?? [])
  const containers = status.containerStatuses ?? []
  const running = containers.filter(({ ready, state }) => ready && state?.running !== undefined)
  // The first container's trouble goes before that of the others.
  const trouble = containers.map(({ state = {} }) => troubleOf(state)).find((reason) => reason !== '')
  const word = initial ?? trouble ?? (status.reason || status.phase || 'Unknown')
  const settled = word === 'Completed' && initial === undefined && running.length > 0 ? 'Running' : word
  const restarts = (initial === undefined ? containers : (status.initContainerStatuses ?? [])).reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  )
  return {
    status: metadata.deletionTimestamp === undefined ? settled : status.reason === 'NodeLost' ? 'Unknown' : 'Terminating',
    ready: `${initial === undefined ? running.length : 0}/${spec.containers.length}`,
    restarts,
  }
}

/** Undefined: all that comes first is done, or serves as a sidecar. */
function initializing(containers: readonly Container[], statuses: readonly ContainerStatus[]): string | undefined {
  for (const [index, { name, state = {}, started, ready }] of statuses.entries()) {
    const isSidecar = containers.some((container) => container.name === name && container.restartPolicy === 'Always')
    if (state.terminated?.exitCode === 0 || (isSidecar && started === true && ready)) continue
    if (isSidecar && started === true) return undefined
    const reason = troubleOf(state)
    if (reason !== '' && reason !== 'PodInitializing') return `Init:${reason}`
    return `Init:${index}/${containers.length}`
  }
  return undefined
}

function troubleOf({ waiting, terminated }: ContainerState): string {
  if (waiting?.reason) return waiting.reason
  if (terminated === undefined) return ''
  if (terminated.reason) return terminated.reason
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`
}

const progressing = ['Pending', 'Terminating', 'ContainerCreating', 'PodInitializing']
const bad = ['Failed', 'InvalidImageName', 'CrashLoopBackOff', 'OOMKilled']
const warning = ['ImagePullBackOff', 'RegistryUnavailable']

export function podIcon(status: string): Piece {
  if (status.startsWith('Init:') || progressing.includes(status)) return { text: '◌', color: 'blue' }
  if (bad.includes(status) || /^(Signal|ExitCode):/.test(status)) return { text: '✖', color: 'red' }
  if (warning.includes(status) || /^Err|Error$/.test(status)) return { text: '⚠', color: 'red' }
  if (status === 'Running' || status === 'Completed' || status === 'Succeeded') return { text: '✔', color: 'green' }
  return status === 'Unknown' ? { text: '?', color: 'yellow' } : ' '
}
