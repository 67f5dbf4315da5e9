import type { TrafficPolicy } from '../config.ts'
import type { Context } from '../context.ts'
import { type MirrorOutcome, mirrorAt, mirrorOutcomes } from '../counters.ts'
import type { EndpointPool } from '../endpoints.ts'
import { observe } from '../record.ts'
import type { Carrying, UpstreamConnection } from '../upstream.ts'
import type { MirrorLoad } from './load.ts'
import { Reading, Reply } from './reply.ts'

/** Offsets into a backend's block. */
export const outcomeAt = Object.fromEntries(mirrorOutcomes.map((outcome, index) => [outcome, mirrorAt.outcomes + index])) as Record<
  MirrorOutcome,
  number
>

const classes: readonly MirrorOutcome[] = ['2xx', '3xx', '4xx', '5xx']

export type CopyStart = {
  readonly context: Context
  readonly policy: TrafficPolicy
  /** The counters of the backend that gets the copy. */
  readonly block: Float64Array
  readonly load: MirrorLoad
  readonly endpoint: EndpointPool<Copy>
  readonly upstream: UpstreamConnection<Copy>
  /** Of the head alone, for the load. */
  readonly bytes: number
  readonly toHead: boolean
}

/** A copy that was sent, until its answer is read or given up. Nothing waits for it, and nothing of it is tried again. */
export class Copy {
  readonly #start: CopyStart
  readonly #reply: Reply
  readonly #sentMs: number

  /** The room for it has been taken. */
  constructor(start: CopyStart) {
    this.#start = start
    this.#reply = new Reply(start.toHead)
    this.#sentMs = start.context.nowMs
    start.endpoint.inFlight++
    start.upstream.carry(this)
    if (start.upstream.connected) this.connected()
  }

  connected(): void {
    const { upstream, context, policy } = this.#start
    upstream.deadlineMs = context.nowMs + policy.responseHeadMs
  }

  received(bytes: Buffer, length: number): void {
    const { context, block, upstream, policy } = this.#start
    const waited = this.#reply.status === 0
    const reading = this.#reply.read(bytes, length, context.table.limits, context.responseHead)
    if (waited && this.#reply.status !== 0) {
      observe(block, mirrorAt.duration, context.nowMs - this.#sentMs)
      // For all of the rest: an answer without an end would hold its place for ever.
      upstream.deadlineMs = context.nowMs + policy.bodyIdleMs
    }
    this.#settle(reading)
  }

  ended(): void {
    this.#settle(this.#reply.ended())
  }

  failed(): void {
    this.#end('failed', false)
  }

  /** A deadline has passed. Who has answered has done so, whatever is left of it. */
  timedOut(): void {
    this.#settle(this.#reply.status === 0 ? Reading.Broken : Reading.Enough)
  }

  #settle(reading: number): void {
    if (reading === Reading.More) return
    if (reading === Reading.Broken) this.#end('failed', false)
    else this.#end(classes[Math.floor(this.#reply.status / 100) - 2]!, reading === Reading.Done && this.#mayKeep())
  }

  /** One that answered before it had read the whole request is not to get another behind it. */
  #mayKeep(): boolean {
    const { upstream, policy } = this.#start
    const { reusable, keepAliveSeconds } = this.#reply
    if (!reusable || upstream.socket.writableLength > 0) return false
    if (keepAliveSeconds >= 0) upstream.idleMs = Math.min(policy.upstreamIdleMs, Math.max(0, keepAliveSeconds * 1000 - 1000))
    return upstream.idleMs > 0
  }

  #end(outcome: MirrorOutcome, keep: boolean): void {
    const { block, load, endpoint, upstream, bytes } = this.#start
    block[outcomeAt[outcome]]!++
    endpoint.inFlight--
    load.end(bytes)
    if (keep) upstream.release()
    else upstream.destroy()
  }
}

/** What an upstream connection's events mean to the copy on it. */
export const copying: Carrying<Copy> = {
  connected: (copy) => copy.connected(),
  received: (copy, bytes, length) => copy.received(bytes, length),
  ended: (copy) => copy.ended(),
  failed: (copy, kind) => (kind === 'timeout' ? copy.timedOut() : copy.failed()),
  // No copy waits for a connection.
  vacant: () => false,
  waitedTooLong: () => undefined,
}
