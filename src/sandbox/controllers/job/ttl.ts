import { msOf } from '../../../api/time.ts'
import type { Job } from '../../../api/workloads.ts'
import { keyOf, parseKey } from '../key.ts'
import type { Controller } from '../runner.ts'

const jobs = 'jobs.batch'

/** Deletes Jobs that have been finished for as long as they want to be kept. */
export const ttlController: Controller = {
  name: 'ttl-after-finished-controller',
  follows: [jobs],
  keysOf: ({ object }) => [keyOf(object)],
  sync(key, { cluster, nowMs }) {
    const job = cluster.find<Job>(jobs, parseKey(key))
    const expiresMs = job?.metadata.deletionTimestamp === undefined ? job && expiryMs(job) : undefined
    if (expiresMs === undefined) return undefined
    if (expiresMs > nowMs) return expiresMs
    const { uid } = job!.metadata
    cluster.delete(jobs, job!.metadata, { propagationPolicy: 'Foreground', ...(uid !== undefined && { preconditions: { uid } }) })
    return undefined
  },
}

/** Wall ms; undefined: it runs, or is kept for good. */
export function expiryMs({ spec, status }: Job): number | undefined {
  const ended = status?.conditions?.find(({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'))
  const endedMs = msOf(ended?.lastTransitionTime)
  return spec.ttlSecondsAfterFinished === undefined || endedMs === undefined ? undefined : endedMs + spec.ttlSecondsAfterFinished * 1_000
}
