import type { Socket } from 'node:net'

/**
 * Buffers for what is too large to travel as a string: used again once they are written, because a 64 KiB allocation per read costs page faults
 * and drives the collector (reply-64k: a third of the user time; bench/results).
 */

/** A whole read, and the framing of a chunk around it. */
const bulkBytes = 65_536 + 64
/** Kept for the next burst: 1 MiB per worker. */
const sparesMaximum = 16
const spares: ArrayBuffer[] = []

/** A buffer of this size; its content is whatever was there before. */
export function takeBulk(size: number): Buffer {
  if (size > bulkBytes) return Buffer.allocUnsafeSlow(size)
  return Buffer.from(spares.pop() ?? new ArrayBuffer(bulkBytes), 0, size)
}

/** To be called once nothing reads from `buffer` any more. */
export function giveBack(buffer: Buffer): void {
  const memory = buffer.buffer
  if (memory instanceof ArrayBuffer && memory.byteLength === bulkBytes && spares.length < sparesMaximum) spares.push(memory)
}

type CountingHandle = { readonly bytesWritten: number; readonly writeQueueSize: number; readonly _parent?: CountingHandle }

/**
 * How much the system has taken of what was written: tells a slow reader from one that does not read. node counts only what it handed over; a TLS
 * socket's own handle knows no more than that, the one below it does.
 */
export function takenBytes(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: CountingHandle | null }
  if (handle == null) return 0
  const counting = handle._parent ?? handle
  return counting.bytesWritten - counting.writeQueueSize
}

/** Writes latin1 text, or a buffer of `takeBulk`, which is given back once the system has it. False: more than a little waits in memory. */
export function writeTo(socket: Socket, data: string | Buffer): boolean {
  if (typeof data === 'string') return socket.write(data, 'latin1')
  // After an error the system may still hold the memory: the collector takes it then.
  return socket.write(data, (error) => {
    if (error == null) giveBack(data)
  })
}
