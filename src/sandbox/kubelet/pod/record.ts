import type { Container } from '../../../api/container.ts'
import type { Pod, PodSpec } from '../../../api/pod.ts'

/** What the kubelet knows of a pod that it runs. Replaced, never changed, so that decisions are functions of it. */
export type PodRecord = {
  readonly startedAtMs: number
  /** Its volumes are there and it has an address: containers may start. */
  readonly isPrepared: boolean
  /** It has or had an address; stays when the pod has ended. */
  readonly ip: string | undefined
  /** Why it could not be prepared is told; not tried again before this. */
  readonly prepareAgainMs: number | undefined
  /** By name; those that were never touched are absent. */
  readonly containers: Readonly<Record<string, ContainerRecord>>
  /** Ended by the kubelet itself. */
  readonly eviction: { readonly reason: string; readonly message: string } | undefined
  /** Nothing of it runs any more, nor will. */
  readonly isFinished: boolean
}

export type ContainerRecord = {
  /** The newest run, which may have ended. */
  readonly run?: Run
  readonly previous?: EndedRun
  /** Why it does not run, told in its state. */
  readonly waiting?: { readonly reason: string; readonly message?: string }
  /** Not tried before. */
  readonly againMs?: number
  readonly crashes?: Delay
  readonly pulls?: Delay & { readonly message: string }
  /** It is to be killed, and started again if its pod's policy says so. */
  readonly condemned?: { readonly message: string; readonly graceSeconds: number }
}

export type Run = {
  /** Hexadecimal. */
  readonly id: string
  /** 0 for the first run. */
  readonly attempt: number
  readonly imageId: string
  readonly startedAtMs: number
  /** Its start-up probe has passed, if it has one; its postStart hook is over. */
  readonly isStarted: boolean
  readonly isReady: boolean
  readonly exit?: Exit
}

export type Exit = {
  readonly exitCode: number
  readonly finishedAtMs: number
  /** `Completed`, `Error`, `StartError` … */
  readonly reason: string
  readonly message?: string
}

export type EndedRun = Run & { readonly exit: Exit }

/** A wait that grows: how long it is, and when it was last made longer. */
export type Delay = { readonly delayMs: number; readonly sinceMs: number }

export const newRecord = (startedAtMs: number): PodRecord => ({
  startedAtMs,
  isPrepared: false,
  ip: undefined,
  prepareAgainMs: undefined,
  containers: {},
  eviction: undefined,
  isFinished: false,
})

/** `sidecar`: an init container that runs on beside the others. */
export type ContainerRole = 'init' | 'sidecar' | 'main'

export type Member = { readonly container: Container; readonly role: ContainerRole; readonly record: ContainerRecord }

/** In the order in which they start. */
export function membersOf({ spec }: Pick<Pod, 'spec'>, { containers }: Pick<PodRecord, 'containers'>): readonly Member[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map((container) => ({
    container,
    role: roleOf(spec, container),
    record: containers[container.name] ?? {},
  }))
}

export function roleOf({ initContainers = [] }: PodSpec, container: Container): ContainerRole {
  if (!initContainers.some(({ name }) => name === container.name)) return 'main'
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init'
}

export function isRunning({ record }: Pick<Member, 'record'>): boolean {
  return record.run !== undefined && record.run.exit === undefined
}

/** Whether a container of that role that has ended so is started again. */
export function isRestarted(role: ContainerRole, { restartPolicy = 'Always' }: PodSpec, exitCode: number): boolean {
  if (role === 'sidecar') return true
  if (role === 'init') return exitCode !== 0 && restartPolicy !== 'Never'
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0)
}

export function withContainer(record: PodRecord, name: string, change: (container: ContainerRecord) => ContainerRecord): PodRecord {
  return { ...record, containers: { ...record.containers, [name]: change(record.containers[name] ?? {}) } }
}
