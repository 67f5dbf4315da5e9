import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Children } from './measure/children.ts'
import { within } from './measure/waiting.ts'
import type { Origin } from './origin.ts'

/**
 * An origin that reads nothing of its requests but where they end, so that the contender is the bottleneck even where requests are large.
 * Only `/seen` is looked into: the gate asks for it.
 */
export async function startRawOrigin(children: Children, core: number, signal: AbortSignal): Promise<Origin> {
  const child = children.start({ name: 'raw origin', command: process.execPath, args: [join(import.meta.filename)], core, isTalking: true })
  const ports = new Promise<Origin>((resolve, reject) => {
    child.onMessage((message) => resolve(message as Origin))
    void child.ended.then((how) => reject(new Error(`the raw origin ended: ${how}\n${child.complaint()}`)))
  })
  return within('start of the raw origin', ports, { deadlineMs: 5_000, signal })
}

const bodyBytes = 256
const headEnd = Buffer.from('\r\n\r\n')
const seenPath = Buffer.from('GET /seen ')

function responseOf(version: string, more = ''): string {
  return `HTTP/1.1 200 OK\r\nX-Backend: ${version}\r\n${more}Content-Length: ${bodyBytes}\r\n\r\n${version.padEnd(bodyBytes, '.')}`
}

function serve(version: string): Promise<number> {
  const response = Buffer.from(responseOf(version))
  const server = createServer({ noDelay: true }, (socket) => {
    let requests = 0
    socket.on('data', (bytes: Buffer) => {
      // A contender sends one request at a time: it ends where its last piece does.
      if (!bytes.subarray(-4).equals(headEnd)) return
      requests++
      if (bytes.subarray(0, seenPath.length).equals(seenPath)) tellSeen(socket, version, requests, bytes.toString('latin1'))
      else socket.write(response)
    })
    socket.on('error', () => socket.destroy())
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', 4096, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

function tellSeen(socket: Socket, version: string, requests: number, head: string): void {
  const forwardedFor = /\r\nx-forwarded-for: *([^\r]*)/i.exec(head)?.[1] ?? ''
  socket.write(responseOf(version, `X-Seen-Forwarded-For: ${forwardedFor}\r\nX-Seen-Requests: ${requests}\r\n`))
}

if (import.meta.main) {
  const [stablePort, canaryPort] = [await serve('stable'), await serve('canary')]
  process.send?.({ stablePort, canaryPort } satisfies Origin)
  process.on('disconnect', () => process.exit(0))
}
