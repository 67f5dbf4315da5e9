import type { ResourceList } from '../../../api/container.ts'
import type { Pod } from '../../../api/pod.ts'
import type { Cluster } from '../../cluster.ts'
import type { EventRecorder, Told } from '../../events.ts'
import type { ImageProgram } from '../images.ts'
import type { LogFiles } from '../logs/logFile.ts'
import type { Addresses } from '../network/loopback.ts'
import type { Processes } from '../processes/processes.ts'
import type { CrashBackoff } from './decide.ts'

/** What pods run in, the same for all of a node. */
export type PodContext = {
  readonly cluster: Cluster
  readonly recorder: EventRecorder
  readonly processes: Processes
  readonly addresses: Addresses
  readonly logs: LogFiles
  readonly images: readonly ImageProgram[]
  readonly node: { readonly name: string; readonly ip: string; readonly allocatable: ResourceList }
  /** Pods have their folders and logs in here. */
  readonly directory: string
  /** Where programs of images are started. */
  readonly workingDirectory: string
  /** What every process is given: PATH and the like. */
  readonly variables: Readonly<Record<string, string>>
  readonly access: PodAccess
  /** The first port that programs may listen on. */
  readonly lowestPort: number
  readonly waits: PodWaits
  readonly nowMs: () => number
  /** A container has begun to run, in that process group. */
  readonly onRunning: (container: RunningContainer) => void
  readonly onStopped: (container: RunningContainer) => void
  readonly onError: (what: string, error: unknown) => void
}

export type RunningContainer = {
  readonly pod: Pod
  readonly name: string
  readonly group: number
  readonly ip: string
  /** What it should listen on, if that is known. */
  readonly port: number | undefined
  tell(told: Told): void
}

/** How pods reach the API server. */
export type PodAccess = {
  /** Of a pod's ServiceAccount, bound to the pod. */
  mintToken(request: TokenFor): Promise<string> | string
  /** A kubeconfig for a pod. */
  kubeconfig?(request: TokenFor): Promise<string> | string
}

export type TokenFor = {
  readonly pod: Pod
  readonly serviceAccount: string
  readonly audience: string | undefined
  readonly expirationSeconds: number
}

export type PodWaits = {
  readonly crashes: CrashBackoff
  readonly pulls: CrashBackoff
  /** Until what could not be started is tried again. */
  readonly retryMs: number
}

export const defaultWaits: PodWaits = {
  crashes: { firstMs: 10_000, longestMs: 300_000 },
  pulls: { firstMs: 10_000, longestMs: 300_000 },
  retryMs: 10_000,
}

/** `NAME_NAMESPACE(UID)`, as the kubelet names a pod. */
export const fullName = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}(${metadata.uid})`
