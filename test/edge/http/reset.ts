import type { Socket } from 'node:net'

/**
 * Breaks a connection off with a reset, unless its FIN is on its way: the system refuses a reset then (EINVAL), and node never closes the socket,
 * which leaves the process spinning when it ends.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && socket.writableLength === 0) socket.destroy()
  else socket.resetAndDestroy()
}
