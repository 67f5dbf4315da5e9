import { rm } from 'node:fs/promises'
import type { Pod } from '../../../api/pod.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import { type EventRecorder, referenceTo, type Told } from '../../events.ts'
import type { Folders } from '../environment/places.ts'
import { logFolder } from '../logs/containerLog.ts'
import { fullName, type PodContext } from './context.ts'
import { openCrew } from './crew.ts'
import { type Decision, decide, type Step } from './decide.ts'
import { type Grace, openGrace } from './grace.ts'
import { facts, openAddress, type PodPorts } from './ground.ts'
import { podFolder, writePodKubeconfig, writeVolumes } from './preparing.ts'
import { membersOf, type PodRecord, withContainer } from './record.ts'
import { restoredRecord } from './restored.ts'
import type { Ground } from './starting.ts'
import { podStatus } from './status.ts'

/** Runs one pod, from when it has a node until nothing of it is left. */
export type Worker = {
  update(pod: Pod): void
  /** The cluster has forgotten the pod: it ends at once, and leaves nothing. */
  remove(): void
  /** Something that it waits for or holds a copy of has changed. */
  refresh(): void
  /** Ends it for a reason of the node's own. */
  evict(reason: string, message: string): void
  ports(): PodPorts | undefined
  readonly done: Promise<void>
}

/** A pod that was deleted by force may end for this long. */
const forcedGraceSeconds = 1
const defaultGraceSeconds = 30
/** Between tries to mount volumes: doubled each time. */
const mountWaits = { firstMs: 500, longestMs: 122_000 }

export function startWorker(initial: Pod, context: PodContext, signal: AbortSignal): Worker {
  let pod = initial
  let record: PodRecord = restoredRecord(initial, context.nowMs())
  let ports: PodPorts | undefined
  let ground: Ground | undefined
  let mountDelayMs = mountWaits.firstMs
  let isRemoved = false
  let refreshing = Promise.resolve()
  /** While it ends; what it is asked for may come to be less. */
  let grace: Grace | undefined
  const ending = new AbortController()
  let wake = Promise.withResolvers<void>()
  const wakeUp = (): void => wake.resolve()
  signal.addEventListener('abort', wakeUp)

  const change = (next: PodRecord): void => {
    record = next
    wakeUp()
  }
  const tell = (told: Told, fieldPath?: string): void => recordAbout(context.recorder, pod, told, fieldPath)
  const crew = openCrew({
    context,
    pod: () => pod,
    record: () => record,
    change,
    publish,
    ending: ending.signal,
    tell,
  })

  function isEnding(): boolean {
    return isRemoved || pod.metadata.deletionTimestamp !== undefined || record.eviction !== undefined
  }

  /** Writes down how the pod stands. */
  function publish(): void {
    const { namespace, name, uid } = pod.metadata
    const current = context.cluster.find<Pod>('pods', { namespace, name })
    if (isRemoved || current === undefined || current.metadata.uid !== uid) return
    pod = current
    const status = podStatus({ pod, record, hostIp: context.node.ip, nowMs: context.nowMs() })
    context.cluster.update('pods', { ...current, status }, 'status')
  }

  async function run(): Promise<void> {
    // One that ended under an earlier kubelet stands as that left it.
    let isQuiet = record.isFinished
    while (!signal.aborted) {
      wake = Promise.withResolvers()
      if (!isQuiet) publish()
      isQuiet = false
      const decision = decideNow()
      if (decision.steps.length === 0) {
        if (record.isFinished) break
        await nap(decision.wakeAtMs)
        continue
      }
      const wasEnding = isEnding()
      for (const step of decision.steps) {
        if (signal.aborted || isEnding() !== wasEnding) break
        isQuiet = await carryOut(step)
      }
    }
    if (signal.aborted) return
    if (!isRemoved && pod.metadata.deletionTimestamp !== undefined) deleteForGood()
  }

  function decideNow(): Decision {
    const asIfDeleted = isRemoved && pod.metadata.deletionTimestamp === undefined
    const seen = asIfDeleted ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date(context.nowMs()).toISOString() } } : pod
    return decide(seen, record, context.nowMs(), context.waits.crashes)
  }

  /** True: what it did is told with what comes next. */
  async function carryOut(step: Step): Promise<boolean> {
    switch (step.kind) {
      case 'prepare':
        await prepare()
        return false
      case 'start':
        await crew.start(step, ground!)
        return false
      case 'backOff':
        crew.backOff(step)
        return false
      case 'kill':
        await crew.kill(step)
        return true
      case 'evict':
        evict(step.reason, step.message)
        return true
      case 'stop':
        grace ??= openGrace(graceSeconds() * 1_000)
        await crew.stopAll(grace)
        return true
      case 'finish':
        await finish()
        return false
    }
  }

  function graceSeconds(): number {
    if (isRemoved) return forcedGraceSeconds
    const { metadata, spec } = pod
    return Math.max(metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? defaultGraceSeconds, forcedGraceSeconds)
  }

  async function prepare(): Promise<void> {
    ports ??= await openAddress(pod, context)
    const known = facts(pod, ports.ip, context)
    const written = await writeVolumes(pod, known, context)
    if (written.kind === 'failed') {
      tell({ type: 'Warning', reason: 'FailedMount', message: written.message })
      change({ ...record, prepareAgainMs: context.nowMs() + mountDelayMs })
      mountDelayMs = Math.min(2 * mountDelayMs, mountWaits.longestMs)
      return
    }
    ground = await groundOf(written.folders, ports)
    record = { ...record, isPrepared: true, ip: ports.ip, prepareAgainMs: undefined }
  }

  async function groundOf(folders: Folders, address: PodPorts): Promise<Ground> {
    const kubeconfig = await writePodKubeconfig(pod, context)
    return { pod, facts: facts(pod, address.ip, context), folders, address, kubeconfig }
  }

  /** Volumes get what they hold now; what could not start may try again. */
  async function refresh(): Promise<void> {
    mountDelayMs = mountWaits.firstMs
    let next: PodRecord = { ...record, prepareAgainMs: undefined }
    for (const { container, record: each } of membersOf(pod, record)) {
      if (each.waiting?.reason !== 'CreateContainerConfigError') continue
      next = withContainer(next, container.name, ({ againMs: _, ...kept }) => kept)
    }
    change(next)
    const address = ports
    if (ground === undefined || address === undefined || isEnding()) return
    const written = await writeVolumes(pod, ground.facts, context)
    // What it mounted stays while that is gone.
    if (written.kind === 'ready') ground = await groundOf(written.folders, address)
  }

  async function finish(): Promise<void> {
    crew.stopProbes()
    if (ports !== undefined) await ports.close()
    ports = undefined
    await refreshing
    if (isEnding()) await rm(podFolder(context.directory, pod), { recursive: true, force: true })
    record = { ...record, isPrepared: false, isFinished: true }
  }

  function evict(reason: string, message: string): void {
    tell({ type: 'Normal', reason, message })
    change({ ...record, eviction: { reason, message } })
    end()
  }

  /** What takes its time is cut short from now on. */
  function end(): void {
    ending.abort()
    crew.stopProbes(['startup', 'liveness'])
    crew.hurry(graceSeconds() * 1_000)
    wakeUp()
  }

  function deleteForGood(): void {
    const { namespace, name, uid } = pod.metadata
    try {
      context.cluster.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, ...(uid !== undefined && { preconditions: { uid } }) })
    } catch (error) {
      // Somebody else has deleted it, by force.
      if (!(error instanceof ApiError)) throw error
    }
  }

  async function nap(wakeAtMs: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const waitMs = wakeAtMs === undefined ? undefined : Math.min(Math.max(wakeAtMs - context.nowMs(), 0), 2 ** 31 - 1)
    if (waitMs !== undefined) timer = setTimeout(wakeUp, waitMs)
    await wake.promise
    clearTimeout(timer)
  }

  /** Nothing of the pod is left on disk. */
  async function forget(): Promise<void> {
    await rm(podFolder(context.directory, pod), { recursive: true, force: true })
    await rm(logFolder(context.directory, pod), { recursive: true, force: true })
  }

  const removed = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => removed.resolve())
  const done = run()
    .catch((error: unknown) => context.onError(`pod ${fullName(initial)}`, error))
    .then(() => removed.promise)
    .then(async () => {
      if (!signal.aborted) await forget()
    })
    .catch((error: unknown) => context.onError(`pod ${fullName(initial)}`, error))

  return {
    update(next) {
      const wasEnding = pod.metadata.deletionTimestamp !== undefined
      pod = next
      if (next.metadata.deletionTimestamp !== undefined) {
        if (!wasEnding) end()
        grace?.shorten(graceSeconds() * 1_000)
      }
      wakeUp()
    },
    remove() {
      isRemoved = true
      end()
      grace?.shorten(forcedGraceSeconds * 1_000)
      removed.resolve()
    },
    refresh() {
      refreshing = refreshing.then(refresh).catch((error: unknown) => context.onError(`volumes of pod ${fullName(pod)}`, error))
    },
    evict,
    ports: () => ports,
    done,
  }
}

function recordAbout(recorder: EventRecorder, pod: Pod, told: Told, fieldPath: string | undefined): void {
  recorder.record(referenceTo(pod, { apiVersion: 'v1', kind: 'Pod' }, fieldPath), told)
}
