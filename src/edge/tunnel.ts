import { writeTo } from './bulk.ts'
import type { Exchange } from './exchange.ts'
import { copyOf } from './http1/encode.ts'

/** After a 101: bytes both ways, each side's end told to the other, the slower side holding the faster back. */

/** When silence is first probed. */
const tunnelProbeMs = 60_000

export function startTunnel(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
  exchange.becomeTunnel()
  exchange.upstream!.deadlineMs = 0
  exchange.upstream!.socket.on('drain', () => {
    if (!exchange.finished) exchange.client.resume()
  })
  // A tunnel may be silent for long: the kernel finds out when a peer has gone. Requests have deadlines for that.
  exchange.client.socket.setKeepAlive(true, tunnelProbeMs)
  touch(exchange)
  exchange.client.becomeTunnel()
  if (length > start) tunnelFromUpstream(exchange, bytes, start, length)
}

function touch(exchange: Exchange): void {
  exchange.context.nowMs = performance.now()
  exchange.client.deadlineMs = exchange.context.nowMs + exchange.policy.tunnelIdleMs
}

export function tunnelFromUpstream(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
  touch(exchange)
  exchange.countTunnelled(0, length - start)
  if (!exchange.client.write(copyOf(bytes, start, length))) {
    exchange.upstream!.socket.pause()
    exchange.client.congested = true
  }
}

export function tunnelFromClient(exchange: Exchange, bytes: Buffer, length: number): void {
  touch(exchange)
  exchange.countTunnelled(length, 0)
  if (!writeTo(exchange.upstream!.socket, copyOf(bytes, 0, length))) exchange.client.socket.pause()
}

/** The client has taken all that was written to it. */
export function tunnelDrained(exchange: Exchange): void {
  exchange.upstream?.socket.resume()
}

/** The upstream has closed its side. */
export function tunnelEnded(exchange: Exchange): void {
  touch(exchange)
  exchange.client.socket.end()
  if (exchange.client.halfClosed) exchange.tunnelClosed()
}

/** The client has closed its side. */
export function tunnelHalfClosed(exchange: Exchange): void {
  touch(exchange)
  const socket = exchange.upstream!.socket
  socket.end()
  if (socket.readableEnded) exchange.tunnelClosed()
}
