import type { Socket } from 'node:net'
import { takenBytes } from './bulk.ts'
import type { Context } from './context.ts'

/** The end of a client's connection: what was written goes out, however slowly it is read; what comes is thrown away; neither takes for ever. */

/**
 * After the last byte went out: how long, and how many bytes, a client may still send before it is cut off. Closing at once would let the kernel
 * reset the connection and destroy the response on its way (RFC 9112 §9.6).
 */
const lingerMs = 2000
const lingerBytes = 65_536

/** A client's connection, as far as its end goes. */
export type Leaving = {
  readonly context: Context
  readonly socket: Socket
  deadlineMs: number
  /** What it had taken of all that was written to it, when somebody looked last. */
  taken: number
  /** Bytes that came since its last response. */
  lingered: number
}

export function takeLeave(client: Leaving): void {
  const { context, socket } = client
  if (socket.writableLength > 0) {
    client.deadlineMs = context.nowMs + context.table.policy.bodyIdleMs
    client.taken = takenBytes(socket)
    socket.end(() => linger(client))
  } else {
    linger(client)
    socket.end()
  }
  if (socket.isPaused()) socket.resume()
}

function linger(client: Leaving): void {
  client.deadlineMs = client.context.nowMs + lingerMs
}

/** While its response is on its way still, a client may send what it likes: to cut it off would cut the response off. */
export function readOn(client: Leaving, length: number): void {
  if (!client.socket.writableFinished) return
  client.lingered += length
  if (client.lingered > lingerBytes) client.socket.destroy()
}

/** Whether it reads: then it may go on. Of one that does not, the caller makes an end that does not look like the response's. */
export function mayStay(client: Leaving): boolean {
  const { context, socket } = client
  if (socket.writableFinished) socket.destroy()
  else if (!isTaking(client)) return false
  else client.deadlineMs = context.nowMs + context.table.policy.bodyIdleMs
  return true
}

/** Whether a client has taken anything since the last look. */
export function isTaking(client: Pick<Leaving, 'socket' | 'taken'>): boolean {
  const before = client.taken
  client.taken = takenBytes(client.socket)
  return client.taken > before
}

/**
 * Ends a connection so that its peer cannot take what it got for all of it. Where everything was sent and the FIN is on its way, it stays with
 * that: the system would refuse the reset (EINVAL), and node would then never close the socket.
 */
export function breakOff(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy()
  else socket.resetAndDestroy()
}
