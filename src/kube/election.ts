import { setTimeout as delay } from 'node:timers/promises'
import type { Lease } from '../api/node.ts'
import type { KubeClient } from './client.ts'
import { isKubeError } from './errors.ts'
import { type ElectionTimes, electionTimes, type Observed, observe, plan } from './lease.ts'
import { leases, type ObjectRef } from './resource.ts'

/** Whether this process may write at this moment, and for how long yet. */
export type Leadership = {
  /** Of the lease, by the monotonic clock, in ms; 0: it is not ours. Ask before each write, and give up on the write when this is over. */
  remainingMs(): number
  /** Throws unless the lease is ours; else a signal that aborts when it ends, for the request that is about to be made. */
  guard(): AbortSignal
}

export type ElectionOptions = {
  readonly client: KubeClient
  readonly lease: Required<ObjectRef>
  /** Unique to this process. */
  readonly identity: string
  readonly times?: Partial<ElectionTimes>
  /** Called with each failure to read or write the lease. */
  onFailure?(error: Error): void
  readonly now?: () => number
}

export class NotLeading extends Error {
  override readonly name = 'NotLeading'
}

/**
 * Waits for the lease, runs `lead` while it is held, and gives it back. Resolves when `lead` or the signal has ended; rejects with NotLeading where
 * the lease was lost: whoever has led must then end, for what it knows may be out of date. `lead`'s signal aborts when the lease is lost.
 */
export async function runElected(
  options: ElectionOptions,
  signal: AbortSignal,
  lead: (leadership: Leadership, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { now = () => performance.now() } = options
  const times = { ...electionTimes, ...options.times }
  const holder = openHolder(options, times, now)
  if (!(await holder.acquire(signal))) return
  const lost = new AbortController()
  const keeping = new AbortController()
  const kept = holder.keep(AbortSignal.any([signal, keeping.signal])).catch((error: unknown) => lost.abort(error))
  try {
    await lead(holder.leadership, AbortSignal.any([signal, lost.signal])).catch((error: unknown) => {
      // That it ended so is what it was asked to do.
      if (!lost.signal.aborted) throw error
    })
  } finally {
    keeping.abort()
    await kept
    await holder.release()
  }
  if (lost.signal.aborted) throw lost.signal.reason
}

type Holder = {
  readonly leadership: Leadership
  /** False: the signal aborted before. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Until the signal aborts. Rejects with NotLeading when the lease could not be renewed in time. */
  keep(signal: AbortSignal): Promise<void>
  /** So that the next one need not wait; a failure only makes it wait. */
  release(): Promise<void>
}

function openHolder({ client, lease: ref, identity, onFailure }: ElectionOptions, times: ElectionTimes, now: () => number): Holder {
  let observed: Observed | undefined
  /** Monotonic; until when what we wrote gives us the lease. */
  let heldUntilMs = 0
  /** A write was begun, and nothing has told since what became of it. */
  let isUncertain = false

  const remainingMs = (): number => Math.max(0, heldUntilMs - now())

  /** One look, and one write where it is due. True: the lease is ours. `deadlineMs` from now. */
  async function turn(signal: AbortSignal, deadlineMs: number): Promise<boolean> {
    const call = { signal, once: true, timeoutMs: deadlineMs }
    const found = await client.get<Lease>(leases, ref, call).catch((error: unknown) => {
      if (isKubeError(error, 'notFound')) return undefined
      throw error
    })
    observed = observe(observed, found, now())
    const wish = plan(observed, { identity, ref, times, nowMs: now(), wallTime: new Date() })
    if (wish.kind === 'wait') return false
    // Counted from before the write: what others see of it, they see later.
    const askedMs = now()
    const left = { signal, once: true, timeoutMs: deadlineMs - (now() - askedMs) }
    isUncertain = true
    const written = wish.kind === 'create' ? await client.create(leases, wish.lease, left) : await client.update(leases, wish.lease, left)
    isUncertain = false
    observed = observe(observed, written, now())
    heldUntilMs = askedMs + times.leaseMs
    return true
  }

  return {
    leadership: {
      remainingMs,
      guard() {
        const leftMs = remainingMs()
        if (leftMs <= 0) throw new NotLeading(`${identity} does not hold the lease ${ref.namespace}/${ref.name}`)
        return AbortSignal.timeout(Math.ceil(leftMs))
      },
    },
    async acquire(signal) {
      while (!signal.aborted) {
        try {
          if (await turn(signal, times.renewDeadlineMs)) return true
        } catch (error) {
          if (signal.aborted) break
          // Another was faster, which is no failure.
          if (!isKubeError(error, 'conflict', 'alreadyExists')) onFailure?.(asError(error))
        }
        await delay(times.retryMs * (1 + Math.random() * 0.2), undefined, { signal }).catch(() => undefined)
      }
      // A write whose answer was not waited for may have made it ours.
      await release()
      return false
    },
    async keep(signal) {
      let renewedMs = now()
      for (;;) {
        await delay(times.retryMs, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
        try {
          const leftMs = Math.min(renewedMs + times.renewDeadlineMs - now(), remainingMs())
          if (leftMs > 0 && (await turn(signal, leftMs))) renewedMs = now()
          else if (leftMs > 0) break
        } catch (error) {
          if (signal.aborted) return
          onFailure?.(asError(error))
        }
        if (now() - renewedMs >= times.renewDeadlineMs || remainingMs() <= 0) break
      }
      heldUntilMs = 0
      throw new NotLeading(`${identity} lost the lease ${ref.namespace}/${ref.name}`)
    },
    release,
  }

  async function release(): Promise<void> {
    const leftMs = remainingMs()
    heldUntilMs = 0
    const timeoutMs = times.retryMs
    try {
      // What was written last may have taken effect without our having seen the answer.
      if (leftMs <= 0 && !isUncertain) return
      const lease = await client.get<Lease>(leases, ref, { timeoutMs })
      if (lease.spec?.holderIdentity !== identity) return
      await client.update(leases, { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 } }, { timeoutMs })
    } catch (error) {
      onFailure?.(asError(error))
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
