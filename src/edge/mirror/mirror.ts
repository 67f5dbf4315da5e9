import { leastRequestOfTwo } from '../choose.ts'
import type { TrafficPolicy } from '../config.ts'
import type { Context } from '../context.ts'
import { anyIdle } from '../endpoints.ts'
import type { RequestBody } from '../http1/requestBody.ts'
import { Method, type RequestHead } from '../http1/requestHead.ts'
import { matchesAny } from '../match.ts'
import { Copy, outcomeAt } from './copy.ts'
import { isDue, type MirrorTarget } from './targets.ts'

/** Of a request's body, as it is sent: with the framing of its chunks. Beyond, no copy is sent. */
export const bodyBytesMaximum = 65_536

/** A request that has been sent on, or at least its beginning. */
type Original = {
  readonly context: Context
  readonly policy: TrafficPolicy
  readonly method: number
  /** What goes before it on each connection. */
  readonly preamble: string
  /** The head as sent, and what came of the body with it. */
  readonly head: string
  /** That part of the body where it is larger. */
  readonly body: Buffer | undefined
  readonly request: RequestBody
  /** It waits for a connection. */
  readonly queued: boolean
}

/** Sends copies of a request to those mirrors whose turn it is, after the request itself. Where its end has yet to come: what collects it till then. */
export function mirror(original: Original, targets: readonly MirrorTarget[], head: RequestHead): UnfinishedCopies | undefined {
  // A tunnel cannot be copied.
  if (head.upgrade !== '') return undefined
  const due = targets.filter((target) => matchesAny(target.matches, head) && isDue(target))
  if (due.length === 0) return undefined
  const { context, queued, request } = original
  const knownBytes = Math.max(request.out.length, head.contentLength)
  // Whoever makes requests wait, or turns some away, has no room for copies.
  const overloaded = queued || context.shedding.ofRequests > 0
  if (overloaded || knownBytes > bodyBytesMaximum) {
    for (const target of due) drop(target, overloaded)
    return undefined
  }
  if (!request.done) return UnfinishedCopies.begin(original, due, knownBytes)
  for (const target of due) send(original, target, original.body)
  return undefined
}

function drop(target: MirrorTarget, forWantOfRoom = false): void {
  target.block[outcomeAt.dropped]!++
  if (forWantOfRoom) target.load.countLimited()
}

/** Room for what is kept of a copy until it can be sent: each mirror accounts for all of it, also of what several share. */
function holds(target: MirrorTarget, bytes: number): boolean {
  const fits = target.load.hold(bytes)
  if (!fits) drop(target, true)
  return fits
}

/** One write, of a whole request. */
function send(original: Original, target: MirrorTarget, body: Buffer | undefined): void {
  const { context, policy, preamble, head } = original
  const { usable } = target.endpoints
  // With each request tried anew, a dead mirror would cost more than one that lives: a probe finds out when it is back.
  if (usable.length === 0) {
    target.block[outcomeAt.failed]!++
    return
  }
  const bytes = preamble.length + head.length + target.line.length + (body?.length ?? 0)
  if (!target.load.begin(bytes)) return drop(target, true)
  const endpoint = leastRequestOfTwo(usable, Math.random)
  const upstream = endpoint.take(context, policy, anyIdle)
  if (upstream === undefined) {
    target.load.end(bytes)
    return drop(target, true)
  }
  new Copy({ context, policy, block: target.block, load: target.load, endpoint, upstream, bytes, toHead: original.method === Method.Head })
  const fieldsEnd = head.indexOf('\r\n\r\n') + 2
  const { socket } = upstream
  socket.cork()
  socket.write(preamble + head.slice(0, fieldsEnd) + target.line + head.slice(fieldsEnd), 'latin1')
  if (body !== undefined) socket.write(body)
  socket.uncork()
}

const leastCapacity = 4_096

/** Copies of one request that wait for its end: nothing is sent to a mirror that may turn out to be half a request. */
export class UnfinishedCopies {
  readonly #original: Original
  /** For what comes after the head. */
  readonly #bytesMaximum: number
  #targets: readonly MirrorTarget[]
  /** What of the body came after the head. */
  #body: Buffer
  #bodyBytes: number
  #heldBytes: number

  private constructor(original: Original, targets: readonly MirrorTarget[], body: Buffer, heldBytes: number) {
    this.#original = original
    this.#targets = targets
    this.#body = body
    this.#bodyBytes = original.body?.copy(body) ?? 0
    // A small beginning is part of the head.
    this.#bytesMaximum = bodyBytesMaximum - (original.body === undefined ? original.request.out.length : 0)
    this.#heldBytes = heldBytes
  }

  /** `knownBytes`: of the body that are sure to come. Undefined where no target has room for them. */
  static begin(original: Original, targets: readonly MirrorTarget[], knownBytes: number): UnfinishedCopies | undefined {
    const capacity = Math.max(leastCapacity, knownBytes)
    const heldBytes = original.head.length + capacity
    const roomy = targets.filter((target) => holds(target, heldBytes))
    return roomy.length === 0 ? undefined : new UnfinishedCopies(original, roomy, Buffer.allocUnsafeSlow(capacity), heldBytes)
  }

  /** The request's latest piece has been written upstream; its memory is not yet used again. */
  add(): void {
    if (this.#targets.length === 0) return
    const { out, done } = this.#original.request
    const end = this.#bodyBytes + out.length
    if (end > this.#body.length && !this.#grow(end)) return
    if (typeof out === 'string') this.#body.latin1Write(out, this.#bodyBytes)
    else out.copy(this.#body, this.#bodyBytes)
    this.#bodyBytes = end
    if (done) this.#send()
  }

  /** The request is over; what has not been sent by now had no end. */
  close(): void {
    if (this.#targets.length > 0) this.#drop()
  }

  #send(): void {
    const [targets, body] = [this.#targets, this.#body.subarray(0, this.#bodyBytes)]
    this.#forget()
    for (const target of targets) send(this.#original, target, body)
  }

  #grow(bytes: number): boolean {
    if (bytes > this.#bytesMaximum) return this.#drop()
    const capacity = Math.min(this.#bytesMaximum, Math.max(bytes, 2 * this.#body.length))
    const more = capacity - this.#body.length
    this.#targets = this.#targets.filter((target) => {
      const fits = holds(target, more)
      if (!fits) target.load.release(this.#heldBytes)
      return fits
    })
    if (this.#targets.length === 0) return this.#forget()
    this.#heldBytes += more
    const grown = Buffer.allocUnsafeSlow(capacity)
    this.#body.copy(grown, 0, 0, this.#bodyBytes)
    this.#body = grown
    return true
  }

  #drop(): false {
    for (const target of this.#targets) drop(target)
    return this.#forget()
  }

  #forget(): false {
    for (const target of this.#targets) target.load.release(this.#heldBytes)
    this.#targets = []
    this.#body = Buffer.alloc(0)
    return false
  }
}
