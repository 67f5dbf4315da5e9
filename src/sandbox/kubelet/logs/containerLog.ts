import { join } from 'node:path'
import type { ContainerStateTerminated, Pod } from '../../../api/pod.ts'
import { badRequest } from '../../apiserver/apiError.ts'

/** Which container's log is meant. Throws as the server does where that is not clear. */
export function namedContainer({ metadata, spec }: Pod, asked: string | undefined): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec
  const all = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name)
  if (asked === undefined || asked === '') {
    if (all.length === 1) return all[0]!
    const inits = initContainers.map(({ name }) => name)
    const others = containers.map(({ name }) => name)
    const choice = inits.length === 0 ? `[${others.join(' ')}]` : `[${[...inits, ...others].join(' ')}]`
    throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: ${choice}`)
  }
  if (all.includes(asked)) return asked
  throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`)
}

/** The number of the run whose log is meant. Throws, as the kubelet words it, where there is none. */
export function runOfLog({ metadata, status }: Pod, container: string, previous: boolean): { readonly containerId: string } {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const found = statuses.find(({ name }) => name === container)
  const said = `container "${container}" in pod "${metadata.name}"`
  if (found === undefined) throw badRequest(`${said} is not available`)
  const { state, lastState, containerID } = found
  const last = idOf(lastState?.terminated)
  if (previous) {
    if (last === undefined) throw badRequest(`previous terminated ${said} not found`)
    return { containerId: last }
  }
  if (state?.running !== undefined && containerID !== undefined) return { containerId: numberOf(containerID) }
  if (state?.terminated !== undefined || lastState?.terminated !== undefined) {
    const id = idOf(state?.terminated) ?? last
    if (id === undefined) throw badRequest(`${said} is terminated`)
    return { containerId: id }
  }
  throw badRequest(`${said} is waiting to start: ${waitingText(state?.waiting?.reason ?? '')}`)
}

function waitingText(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled"
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason
}

function idOf(terminated: ContainerStateTerminated | undefined): string | undefined {
  return terminated?.containerID === undefined ? undefined : numberOf(terminated.containerID)
}

const numberOf = (containerId: string): string => containerId.slice(containerId.indexOf('://') + 3)

/** The folder of a pod's logs. */
export function logFolder(directory: string, { metadata }: Pick<Pod, 'metadata'>): string {
  return join(directory, 'logs', `${metadata.namespace}_${metadata.name}_${metadata.uid}`)
}

export function logPath(folder: string, container: string, containerId: string): string {
  return join(folder, container, `${containerId.slice(0, 32)}.log`)
}
