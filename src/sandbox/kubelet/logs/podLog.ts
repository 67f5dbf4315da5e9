import type { Pod } from '../../../api/pod.ts'
import { notFound } from '../../apiserver/apiError.ts'
import type { Cluster } from '../../cluster.ts'
import { logFolder, logPath, namedContainer, runOfLog } from './containerLog.ts'
import type { LogChanges } from './logFile.ts'
import { type LogQuery, readLog } from './readLog.ts'

export type LogRequest = LogQuery & {
  readonly namespace: string
  readonly pod: string
  /** May be left out for a pod of one container. */
  readonly container?: string
  /** Of the run before the present one. */
  readonly previous?: boolean
}

export type LogSource = {
  readonly cluster: Cluster
  readonly directory: string
  readonly changes: LogChanges
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

/** The log of a container, as it is asked for. Throws ApiError before anything is read. */
export function podLog(request: LogRequest, { cluster, directory, changes, nowMs, signal }: LogSource): AsyncIterable<Buffer> {
  const { namespace, pod: name, container: asked, previous = false, ...query } = request
  const pod = cluster.find<Pod>('pods', { namespace, name })
  if (pod === undefined) throw notFound({ group: '', plural: 'pods', kind: 'Pod', name })
  const container = namedContainer(pod, asked)
  // As there: of a pod without a node, nothing is said.
  if (!pod.spec.nodeName) return nothing()
  const { containerId } = runOfLog(pod, container, previous)
  return readLog(logPath(logFolder(directory, pod), container, containerId), { query, changes, nowMs: nowMs(), signal })
}

async function* nothing(): AsyncGenerator<Buffer> {
  yield* []
}
