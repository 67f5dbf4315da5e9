import { createServer, type Socket } from 'node:net'

/** A backend that answers every bodiless request with its name and counts them; cheap enough to stand behind a load. */
export type Origin = { readonly name: string; readonly port: number; served: number; close(): Promise<void> }

export async function startOrigin(name: string, host = '127.0.0.1'): Promise<Origin> {
  const sockets = new Set<Socket>()
  const response = `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let pending = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      pending += chunk
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        pending = pending.slice(end + 4)
        origin.served++
        socket.write(response, 'latin1')
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, host, 4096, resolve))
  const bound = server.address()
  const origin: Origin = {
    name,
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    served: 0,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return origin
}
