// A client with an event loop of its own, so that what it measures is not the soak's own load. Run as a worker thread.
import { connect, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import type { Address } from '../../test/edge/http/client.ts'

/** Answered by the edge itself: how long its event loop keeps a request waiting. */
const request = 'OPTIONS * HTTP/1.1\r\nHost: probe\r\n\r\n'
const everyMs = 50
const deadlineMs = 10_000

function ask(socket: Socket): Promise<number> {
  const sentMs = performance.now()
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
    const settle = (work: () => void): void => {
      clearTimeout(late)
      socket.removeAllListeners('data').removeAllListeners('close')
      work()
    }
    socket.on('data', () => settle(() => resolve(performance.now() - sentMs)))
    socket.on('close', () => settle(() => reject(new Error('the probe was closed'))))
    socket.write(request)
  })
}

async function run(address: Address): Promise<void> {
  let socket: Socket | undefined
  for (;;) {
    const startedMs = performance.now()
    if (socket === undefined || socket.destroyed) {
      socket = connect({ ...address, noDelay: true })
      socket.on('error', () => undefined) // `close` follows
    }
    const answer = await ask(socket).then(
      (latencyMs) => ({ latencyMs }),
      (error: unknown) => ({ problem: String(error) }),
    )
    parentPort?.postMessage(answer)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedMs + everyMs - performance.now())))
  }
}

export type ProbeMessage = { readonly latencyMs: number } | { readonly problem: string }

await run(workerData as Address)
