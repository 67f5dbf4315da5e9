import { isDeepStrictEqual } from 'node:util'
import type { TrafficSplit, TrafficSplitStatus } from '../../api/trafficSplit.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { openQueue, type Worked } from '../../kube/queue.ts'
import { keyOf } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { explain } from '../../lib/explain.ts'
import type { Log } from '../../lib/log.ts'
import { trafficSplits } from '../resources.ts'
import { isUrgent, splitStatus } from './splitStatus.ts'
import type { Traffic } from './traffic.ts'

/** Writes what the edges do into the status of each TrafficSplit, for people to read; nothing is decided by it. */
export type StatusWriter = {
  /** For the leader alone. Until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>
}

export type StatusWriterTimes = {
  /** Edges that acknowledge together are told together. */
  readonly gatherMs: number
  /** Between counts of one that has several versions, and of one at rest. */
  readonly progressingMs: number
  readonly restingMs: number
  /** Between counts of any two: decisions are to be written first. */
  readonly countsMs: number
}
export const statusWriterTimes: StatusWriterTimes = { gatherMs: 200, progressingMs: 5_000, restingMs: 60_000, countsMs: 100 }

export function openStatusWriter(options: {
  readonly client: Pick<KubeClient, 'patch'>
  readonly splits: Pick<Store<TrafficSplit>, 'get' | 'values' | 'subscribe'>
  readonly traffic: Pick<Traffic, 'edgesOf' | 'measured' | 'subscribe'>
  /** Aborts when this process may not write any more; throws where it may not now. */
  guard(): AbortSignal
  readonly log: Log
  readonly times?: Partial<StatusWriterTimes>
}): StatusWriter {
  const { client, splits, traffic, guard, log } = options
  const times = { ...statusWriterTimes, ...options.times }
  /** When counts were last written (monotonic), by uid. */
  const written = new Map<string, number>()
  let countsWrittenMs = Number.NEGATIVE_INFINITY
  const queue = openQueue({
    workers: 4,
    onFailure: (key, error, failures) => log.warn('the status of a traffic split was not written', { split: key, failures, error: explain(error) }),
  })

  function soon(key: string): void {
    queue.add(key, performance.now() + times.gatherMs)
  }

  async function work(key: string, signal: AbortSignal): Promise<Worked> {
    const split = splits.get(key)
    if (split === undefined || split.metadata.deletionTimestamp !== undefined) return { kind: 'done' }
    const { uid = '' } = split.metadata
    const nowMs = performance.now()
    const intervalMs = split.spec.backends.length > 1 ? times.progressingMs : times.restingMs
    const status = splitStatus(split, { edges: traffic.edgesOf(key), measured: traffic.measured(key, uid), now: Date.now() })
    if (!isUrgent(split.status, status)) {
      const dueMs = Math.max((written.get(uid) ?? Number.NEGATIVE_INFINITY) + intervalMs, countsWrittenMs + times.countsMs)
      if (nowMs < dueMs) return { kind: 'again', atMs: dueMs }
      if (isDeepStrictEqual(split.status?.traffic, status.traffic)) return { kind: 'again', atMs: nowMs + intervalMs }
      countsWrittenMs = nowMs
    }
    written.set(uid, nowMs)
    await write(split, status, signal)
    return { kind: 'again', atMs: nowMs + intervalMs }
  }

  async function write({ metadata }: TrafficSplit, status: TrafficSplitStatus, signal: AbortSignal): Promise<void> {
    const { namespace = '', name, uid } = metadata
    const body = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ] as const
    try {
      await client.patch(
        trafficSplits,
        { namespace, name },
        { kind: 'json', body },
        { subresource: 'status', signal: AbortSignal.any([signal, guard()]) },
      )
    } catch (error) {
      // Another of its name, or none: what is known of it comes by the watch.
      if (!isKubeError(error, 'notFound', 'invalid')) throw error
    }
  }

  return {
    async run(signal) {
      const ends = [
        splits.subscribe(({ kind, object }) => {
          if (kind === 'deleted') written.delete(object.metadata.uid ?? '')
          else soon(keyOf(object))
        }),
        traffic.subscribe((keys) => {
          for (const key of keys === 'all' ? [...splits.values()].map(keyOf) : keys) soon(key)
        }),
      ]
      try {
        await queue.run(work, signal)
      } finally {
        for (const end of ends) end()
      }
    },
  }
}
