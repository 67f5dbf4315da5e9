import { type Server, Socket, type SocketConstructorOpts } from 'node:net'

/** What may wait in memory for a slow client, beside one read from the upstream. Smaller, and every second 64 KiB read would pause its upstream. */
export const bufferedBytes = 131_072

/** node's own handle of a TCP connection. */
export type TcpHandle = {
  readonly bytesRead: number
  setNoDelay(on: boolean): void
  getpeername(name: { address?: string }): number
  close(done?: () => void): void
  /** Closes by a reset; an error code, and nothing done, once a FIN is on its way. */
  reset(done?: () => void): number
}

/** A connection as it was accepted: nothing has been read, unless a socket says otherwise. A handle becomes what serves it without a socket between. */
export type Arrival = Socket | TcpHandle

type ListeningHandle = { readonly fd?: number; onconnection: (error: number, handle: TcpHandle) => void; listen?(backlog: number): number }

/**
 * Takes connections over before node wraps them, to wrap them with `onread`: node allocates 64 KiB for each read of an accepted socket and has no
 * option against it, though it has one for sockets that connect. Worth 5 µs of 33 per request: 27, 30 and 26 µs of CPU against 38, 29 and 33 without,
 * keepalive-get of bench/, in turn. Should node ever change inside, connections come the documented way.
 */
export function acceptInto(server: Server, accept: (arrival: Arrival) => void): void {
  const listening = handleOf(server)
  if (typeof listening?.onconnection !== 'function') server.on('connection', accept)
  else
    listening.onconnection = (error, handle) => {
      if (error !== 0) server.emit('error', new Error(`accept failed (${error})`))
      else accept(handle)
    }
}

/** Of the system; undefined where node does not tell. */
export function descriptorOf(server: Server): number | undefined {
  return handleOf(server)?.fd
}

/** How many more connections may wait to be accepted; those that wait already stay. Beyond that the system lets those who connect try again. */
export function keepWaiting(server: Server, most: number): void {
  handleOf(server)?.listen?.(most)
}

function handleOf(server: Server): ListeningHandle | undefined {
  return (server as unknown as { _handle?: ListeningHandle })._handle
}

/** How a socket reads without allocating: `callback` is a method of the socket. */
export type OnRead = { readonly buffer: Buffer; callback(this: Socket, length: number, bytes: Uint8Array): boolean }

/** A socket that waits to be resumed: nobody is there to be called yet. */
export function socketOf(arrival: Arrival, onread: OnRead): Socket {
  if (arrival instanceof Socket) return arrival
  const options = { handle: arrival, allowHalfOpen: true, writableHighWaterMark: bufferedBytes, manualStart: true, onread }
  return new Socket(options as unknown as SocketConstructorOpts)
}

export function turnAway(arrival: Arrival): void {
  if (arrival instanceof Socket) arrival.destroy()
  else arrival.close()
}
