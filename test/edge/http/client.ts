import { connect, type Socket } from 'node:net'
import { Malformed, type Message, readResponses, statusOf } from './message.ts'
import { reset } from './reset.ts'

export type Address = { readonly host: string; readonly port: number }

/** How a connection ended, seen from the client: `open` while it has not. */
export type End = 'open' | 'fin' | 'reset'

export type Client = {
  readonly socket: Socket
  /** All that came, as latin1. */
  text: string
  end: End
  /** Resolves when the condition holds after some bytes or the end; false when the deadline came first. */
  until(condition: () => boolean, deadlineMs: number): Promise<boolean>
  write(text: string): void
  fin(): void
  reset(): void
}

/** A raw connection; `localAddress` chooses the peer address that the edge sees. */
export async function openClient(address: Address, localAddress?: string): Promise<Client> {
  const socket = connect({ ...address, ...(localAddress === undefined ? {} : { localAddress }), noDelay: true, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.removeAllListeners('error')
  return clientOn(socket)
}

/** A client on a socket that is connected, whatever lies below it. */
export function clientOn(socket: Socket): Client {
  socket.setEncoding('latin1')
  const waiting = new Set<() => void>()
  const news = (): void => {
    for (const look of waiting) look()
  }
  const client: Client = {
    socket,
    text: '',
    end: 'open',
    until(condition, deadlineMs) {
      if (condition()) return Promise.resolve(true)
      return new Promise((resolve) => {
        const done = (held: boolean): void => {
          clearTimeout(timer)
          waiting.delete(look)
          resolve(held)
        }
        const look = (): void => {
          if (condition()) done(true)
        }
        const timer = setTimeout(() => done(false), deadlineMs)
        waiting.add(look)
      })
    },
    write(text) {
      if (!socket.destroyed && socket.writable) socket.write(text, 'latin1')
    },
    fin() {
      if (!socket.destroyed) socket.end()
    },
    reset() {
      reset(socket)
    },
  }
  socket.on('data', (chunk: string) => {
    client.text += chunk
    news()
  })
  socket.on('end', () => {
    if (client.end === 'open') client.end = 'fin'
    socket.end()
    news()
  })
  socket.on('error', () => {
    if (client.end === 'open') client.end = 'reset'
    news()
  })
  socket.on('close', () => {
    if (client.end === 'open') client.end = 'reset'
    news()
  })
  return client
}

/** The responses so far to requests of these methods; `problem` says why a strict recipient would not read them. */
export function responsesOf(client: Client, methods: readonly string[]): { responses: Message[]; rest: string; problem?: string } {
  try {
    return readResponses(client.text, methods, client.end === 'fin')
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { responses: [], rest: client.text, problem: error.message }
  }
}

/** Complete final responses so far. */
export function answersOf(client: Client, methods: readonly string[]): Message[] {
  return responsesOf(client, methods).responses.filter((response) => response.complete && (statusOf(response) >= 200 || statusOf(response) === 101))
}

/** Sends one request on a connection of its own and waits for its answer; the connection is destroyed afterwards. */
export async function ask(address: Address, request: string, deadlineMs = 5_000, localAddress?: string): Promise<Message | undefined> {
  const client = await openClient(address, localAddress)
  const methods = [request.slice(0, request.indexOf(' '))]
  client.write(request)
  await client.until(() => answersOf(client, methods).length > 0 || client.end !== 'open', deadlineMs)
  client.socket.destroy()
  return answersOf(client, methods)[0]
}

/**
 * Tells when an edge's (only) worker has read what was sent before. A probe on a connection of its own is answered
 * after the sockets that became readable before it; on a new connection, also after earlier connections were accepted.
 * Callers that come while a probe is under way share the next one.
 */
export type Pulse = { read(): Promise<void>; accepted(): Promise<void>; close(): void }

const probe = 'OPTIONS * HTTP/1.1\r\nHost: probe\r\n\r\n'
const probeDeadlineMs = 2_000

export function startPulse(address: Address): Pulse {
  let kept: Client | undefined
  let answered = 0
  const read = shared(async () => {
    if (kept === undefined || kept.end !== 'open') {
      kept = await openClient(address)
      answered = 0
    }
    const client = kept
    const before = answered
    client.write(probe)
    await client.until(() => (answered += takeAnswers(client)) > before || client.end !== 'open', probeDeadlineMs)
  })
  const accepted = shared(async () => {
    const client = await openClient(address)
    client.write(probe)
    await client.until(() => takeAnswers(client) > 0 || client.end !== 'open', probeDeadlineMs)
    client.socket.destroy()
  })
  return { read, accepted, close: () => kept?.socket.destroy() }
}

function takeAnswers(client: Client): number {
  const answers = answersOf(client, ['OPTIONS']).length
  if (answers > 0) client.text = ''
  return answers
}

/** A view of `work` whose callers each get a run that began after their call. */
function shared(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running.then(async () => {
      // A turn's delay gathers the callers of the same turn.
      await new Promise<void>((resolve) => setImmediate(resolve))
      next = undefined
      const run = work()
      running = Promise.allSettled([run])
      await run
    })
    return next
  }
}
