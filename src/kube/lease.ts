import type { Lease } from '../api/node.ts'
import type { ObjectRef } from './resource.ts'

export type ElectionTimes = {
  /** How long others wait after the last sign of the holder. */
  readonly leaseMs: number
  /** How long the holder goes on trying before it gives up. */
  readonly renewDeadlineMs: number
  readonly retryMs: number
}
/** As client-go's. */
export const electionTimes: ElectionTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

/** A lease as read, and since when it has looked so: by our own clock, since those of other machines may say anything. */
export type Observed = { readonly lease: Lease | undefined; readonly sinceMs: number }

export function observe(before: Observed | undefined, lease: Lease | undefined, nowMs: number): Observed {
  if (before !== undefined && before.lease?.metadata.resourceVersion === lease?.metadata.resourceVersion) return { lease, sinceMs: before.sinceMs }
  return { lease, sinceMs: nowMs }
}

export type Wish = { readonly kind: 'wait' } | { readonly kind: 'create' | 'update'; readonly lease: Lease }

/** What to do about the lease: take it where nobody has it or its holder has been silent for its whole time, renew it where it is ours, else wait. */
export function plan(
  { lease, sinceMs }: Observed,
  self: {
    readonly identity: string
    readonly ref: Required<ObjectRef>
    readonly times: ElectionTimes
    readonly nowMs: number
    readonly wallTime: Date
  },
): Wish {
  const { identity, ref, times, nowMs, wallTime } = self
  const now = microTime(wallTime)
  // Rounded up: others must not think that it is over before we do.
  const leaseDurationSeconds = Math.max(1, Math.ceil(times.leaseMs / 1_000))
  if (lease === undefined) {
    const spec = { holderIdentity: identity, leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions: 0 }
    return { kind: 'create', lease: { metadata: { ...ref }, spec } }
  }
  const { holderIdentity = '', leaseTransitions = 0, acquireTime = now, leaseDurationSeconds: theirs } = lease.spec ?? {}
  const isOurs = holderIdentity === identity
  const theirMs = (theirs ?? leaseDurationSeconds) * 1_000
  if (!isOurs && holderIdentity !== '' && nowMs - sinceMs < theirMs) return { kind: 'wait' }
  const spec = {
    ...lease.spec,
    holderIdentity: identity,
    leaseDurationSeconds,
    acquireTime: isOurs ? acquireTime : now,
    renewTime: now,
    leaseTransitions: isOurs ? leaseTransitions : leaseTransitions + 1,
  }
  // With the version that was read: of two who try, one is refused.
  return { kind: 'update', lease: { ...lease, spec } }
}

function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z')
}
