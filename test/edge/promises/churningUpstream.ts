import { createServer, type Server, type Socket } from 'node:net'
import { reset } from '../http/reset.ts'

/** What all upstreams of a test saw: how often each request reached one, by its target. */
export type Seen = Map<string, number>

/** An upstream that can be restarted in all the ways in which pods are, and that closes kept connections when it likes. */
export type ChurningUpstream = {
  readonly port: number
  /** Stops accepting, finishes what is under way, closes; then begins anew at the same port. */
  restart(): Promise<void>
  /** As by SIGKILL: connections are reset whatever they carry; then begins anew. */
  kill(): Promise<void>
  /** Ends for good, gracefully. */
  end(): Promise<void>
}

export const closesWithinMs = 10

export type Churn = {
  readonly seen: Seen
  /** A whole number below the bound. */
  random(below: number): number
  /** Kept connections are closed after so long without a request. */
  readonly idleMs?: number
  /** Of 1,000 answers, how many are followed by the end of their connection, up to `closesWithinMs` later. */
  closes?: number
  readonly answerMs: number
}

export async function startChurningUpstream(churn: Churn): Promise<ChurningUpstream> {
  const busy = new Map<Socket, boolean>()
  let server: Server
  let port = 0
  let ending = false

  async function listen(): Promise<void> {
    ending = false
    server = createServer({ noDelay: true }, (socket) => serve(socket))
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', 4096, resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') port = address.port
  }

  function serve(socket: Socket): void {
    busy.set(socket, false)
    let text = ''
    socket.setEncoding('latin1')
    // What came while this process stood still is read first: that time was not idle.
    const giveUp = (): void => void (busy.get(socket) === false && socket.destroy())
    if (churn.idleMs !== undefined) socket.setTimeout(churn.idleMs, () => setImmediate(giveUp))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => busy.delete(socket))
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      if (end < 0 || text.length < end + 4 + Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0)) return
      const target = text.slice(text.indexOf(' ') + 1, text.indexOf(' HTTP'))
      text = ''
      busy.set(socket, true)
      churn.seen.set(target, (churn.seen.get(target) ?? 0) + 1)
      setTimeout(() => answer(socket), churn.answerMs)
    })
  }

  function answer(socket: Socket): void {
    if (socket.destroyed) return
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${ending ? 'Connection: close\r\n' : ''}\r\nok`)
    busy.set(socket, false)
    if (ending) socket.end()
    else if (churn.random(1_000) < (churn.closes ?? 0)) setTimeout(() => busy.get(socket) === false && socket.destroy(), churn.random(closesWithinMs))
  }

  async function close(): Promise<void> {
    ending = true
    // Right after the event loop has accepted: who has connected is served, where the kernel would reset those that wait.
    await new Promise((resolve) => setImmediate(resolve))
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const [socket, isBusy] of busy) if (!isBusy) socket.end()
    await closed
  }

  await listen()
  return {
    port,
    async restart() {
      await close()
      await listen()
    },
    async kill() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of busy.keys()) reset(socket)
      await closed
      await listen()
    },
    end: close,
  }
}
