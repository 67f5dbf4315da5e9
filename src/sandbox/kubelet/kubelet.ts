import { createHash } from 'node:crypto'
import { mkdir, readdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResourceList } from '../../api/container.ts'
import type { Pod } from '../../api/pod.ts'
import type { Cluster, ClusterEvent } from '../cluster.ts'
import { openEventRecorder, referenceTo } from '../events.ts'
import { refersTo } from './environment/references.ts'
import type { ImageProgram } from './images.ts'
import { openLogFiles } from './logs/logFile.ts'
import { type LogRequest, podLog } from './logs/podLog.ts'
import { watchCollisions } from './network/collisions.ts'
import { openAddresses } from './network/loopback.ts'
import { lowestPort } from './network/lowestPort.ts'
import { keepNode, machineCapacity } from './node/node.ts'
import { startScheduler } from './node/scheduler.ts'
import { defaultWaits, type PodAccess, type PodContext, type PodWaits } from './pod/context.ts'
import { startWorker, type Worker } from './pod/worker.ts'
import { openProcesses } from './processes/processes.ts'
import { startServices } from './services/services.ts'

export type KubeletOptions = {
  readonly cluster: Cluster
  /** Which programs stand for which images; a later one wins against an equal one before it. */
  readonly images: readonly ImageProgram[]
  /** Of pods' volumes and logs. A kubelet that finds it again finds what an earlier one has left running, and ends that. */
  readonly directory: string
  /** Where programs are started, as `--image` names them. */
  readonly workingDirectory: string
  /** What every program is given: PATH and the like. */
  readonly variables: Readonly<Record<string, string>>
  readonly access: PodAccess
  readonly signal: AbortSignal
  readonly nodeName?: string
  /** Whether each pod has a loopback address of its own; as the system can, if absent. */
  readonly ownAddresses?: boolean
  readonly waits?: PodWaits
  readonly nowMs?: () => number
  readonly onError?: (what: string, error: unknown) => void
}

export type Kubelet = {
  readonly nodeName: string
  /** What a container has written. Throws ApiError, at once, where there is nothing to read. */
  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<Buffer>
  /** Ends a pod for a reason of the node's own. */
  evict(at: { readonly namespace: string; readonly name: string }, because: { readonly reason: string; readonly message: string }): void
  /** Kills all pods. They stand in the cluster as they stood, and are started again by the next kubelet. */
  stop(): Promise<void>
}

const nodeIp = '127.0.0.1'
/** Tokens last an hour. */
const refreshMs = 25 * 60_000

export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { signal, nodeName = 'sandbox', nowMs = Date.now, onError = reportError } = options
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  const directory = await realpath(options.directory)
  const id = createHash('sha256').update(directory).digest('hex').slice(0, 32)
  const cluster = options.cluster.as('kubelet')
  const ending = new AbortController()
  const processes = await openProcesses(id, (error) => onError('pods may outlive this sandbox', error))
  const addresses = openAddresses(options.ownAddresses ?? process.platform === 'linux')
  const collisions = watchCollisions()
  const capacity: ResourceList = machineCapacity()
  const logFiles = openLogFiles(nowMs)
  const recorder = openEventRecorder({ cluster, component: 'kubelet', host: nodeName, nowMs })
  const context: PodContext = {
    cluster,
    recorder,
    processes,
    addresses,
    logs: logFiles,
    images: options.images,
    node: { name: nodeName, ip: nodeIp, allocatable: capacity },
    directory,
    workingDirectory: options.workingDirectory,
    variables: options.variables,
    access: options.access,
    lowestPort: lowestPort(),
    waits: options.waits ?? defaultWaits,
    nowMs,
    onRunning: collisions.add,
    onStopped: collisions.remove,
    onError,
  }
  const workers = new Map<string, Worker>()

  function add(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const worker = workers.get(uid)
    if (worker !== undefined) worker.update(pod)
    else {
      const started = startWorker(pod, context, ending.signal)
      workers.set(uid, started)
      void started.done.then(() => workers.delete(uid))
    }
  }

  function heed({ type, resource, object }: ClusterEvent): void {
    if (resource === 'pods') {
      const pod = object as Pod
      if (pod.spec.nodeName !== nodeName) return
      if (type === 'DELETED') workers.get(pod.metadata.uid ?? '')?.remove()
      else add(pod)
      return
    }
    const { namespace, name } = object.metadata
    for (const pod of cluster.list<Pod>('pods', { namespace })) {
      if (refersTo(pod, resource === 'secrets' ? 'secrets' : 'configmaps', name)) workers.get(pod.metadata.uid ?? '')?.refresh()
    }
  }

  const endNode = keepNode(options.cluster, { name: nodeName, ip: nodeIp, capacity }, nowMs)
  recorder.record(referenceTo({ metadata: { name: nodeName, uid: nodeName } }, { apiVersion: '', kind: 'Node' }), starting)
  await forgetGone(directory, cluster)
  const endFollowing = cluster.follow(['pods', 'configmaps', 'secrets'], heed)
  for (const pod of cluster.list<Pod>('pods')) if (pod.spec.nodeName === nodeName) add(pod)
  const endScheduler = startScheduler({ cluster: options.cluster, nodeName, nowMs })
  const portOf = (uid: string, port: number): number => workers.get(uid)?.ports()?.portOf(port) ?? port
  const services = startServices({ cluster: options.cluster, addresses, portOf, nowMs, onError })
  const refreshing = setInterval(() => {
    for (const worker of workers.values()) worker.refresh()
  }, refreshMs)

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      signal.removeEventListener('abort', stop)
      for (const end of [endFollowing, endScheduler, endNode, collisions.stop]) end()
      clearInterval(refreshing)
      ending.abort(new Error('the kubelet stops'))
      await Promise.all([processes.stop(), services.stop()])
      addresses.stop()
    })()
    return stopping
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) await stop()
  return {
    nodeName,
    logs: (request, ended) => podLog(request, { cluster, directory, changes: logFiles, nowMs, signal: ended }),
    evict(at, { reason, message }) {
      const uid = cluster.find<Pod>('pods', at)?.metadata.uid
      workers.get(uid ?? '')?.evict(reason, message)
    },
    stop,
  }
}

const starting = { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' } as const

/** Folders of pods that an earlier kubelet ran and that are gone now. */
async function forgetGone(directory: string, cluster: Cluster): Promise<void> {
  const uids = new Set(cluster.list<Pod>('pods').map(({ metadata }) => metadata.uid ?? ''))
  for (const [folder, uidOf] of [
    ['pods', (name: string) => name],
    ['logs', (name: string) => name.slice(name.lastIndexOf('_') + 1)],
  ] as const) {
    const names = await readdir(join(directory, folder)).catch(() => [])
    for (const name of names) if (!uids.has(uidOf(name))) await rm(join(directory, folder, name), { recursive: true, force: true })
  }
}

function reportError(what: string, error: unknown): void {
  console.error(`spillway sandbox: ${what}:`, error)
}
