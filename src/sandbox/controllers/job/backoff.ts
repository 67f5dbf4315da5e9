import { type Pod, podCondition } from '../../../api/pod.ts'
import { msOf } from '../../../api/time.ts'

/** Failures in a row, and when (wall ms) the last of them was. */
export type JobBackoff = { readonly failures: number; readonly lastMs: number }

export const noBackoff: JobBackoff = { failures: 0, lastMs: 0 }

const firstMs = 10_000
const longestMs = 600_000

/** A success begins anew; failures after it count. */
export function backoffAfter(before: JobBackoff, succeeded: readonly Pod[], failed: readonly Pod[]): JobBackoff {
  if (succeeded.length === 0 && failed.length === 0) return before
  const lastSuccessMs = Math.max(...succeeded.map(finishedAtMs))
  const failures = failed.map(finishedAtMs).filter((ms) => succeeded.length === 0 || ms > lastSuccessMs)
  const base = succeeded.length === 0 ? before : noBackoff
  return failures.length === 0 ? base : { failures: base.failures + failures.length, lastMs: Math.max(...failures) }
}

/** When (wall ms) the next pod may be made. */
export function retryAtMs({ failures, lastMs }: JobBackoff): number {
  return failures === 0 ? 0 : lastMs + Math.min(firstMs * 2 ** Math.min(failures - 1, 30), longestMs)
}

/** The best that is known of when it ended. */
export function finishedAtMs(pod: Pod): number {
  const { metadata, spec, status = {} } = pod
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name))
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))]
  const ends = statuses.map(({ state }) => msOf(state?.terminated?.finishedAt))
  if (ends.length > 0 && ends.every((ms) => ms !== undefined)) return Math.max(...(ends as number[]))
  const ready = podCondition(pod, 'Ready')
  const unreadyMs = ready?.status === 'False' ? msOf(ready.lastTransitionTime) : undefined
  if (unreadyMs !== undefined) return unreadyMs
  const deletedMs = msOf(metadata.deletionTimestamp)
  if (deletedMs !== undefined) return deletedMs - (metadata.deletionGracePeriodSeconds ?? 0) * 1_000
  return msOf(metadata.creationTimestamp) ?? 0
}
