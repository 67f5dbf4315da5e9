import { connect, type Socket } from 'node:net'
import type { Address } from '../http/client.ts'
import { type Answer, wholeAnswer } from '../http/load.ts'

/** Requests that come at their time, whatever becomes of those before: a server that falls behind is not spared. */
export type OpenLoop = {
  readonly address: Address
  readonly perSecond: number
  /** Ends when it aborts, and each request has its answer. */
  readonly stop: AbortSignal
  /** The whole request with this number. One that says `Connection: close` gets a connection of its own. */
  request(index: number): string
  onAnswer(index: number, answer: Answer): void
  readonly deadlineMs: number
}

export type OpenLoopResult = {
  readonly sent: number
  readonly failed: readonly string[]
  /** Requests under way at a time, at most: what a stall of the machine made of an even rate. */
  readonly mostInFlight: number
}

const tickMs = 5
/** As an agent keeps them. More, opened while the machine stood still, would be idle for long and then closed under. */
const mostIdle = 64
/** More tell nothing new. */
const mostFailures = 50

/** Kept connections are used in turn, so that none is idle for long; a further one is opened when all are busy. */
export async function runOpenLoop(loop: OpenLoop): Promise<OpenLoopResult> {
  const idle: Kept[] = []
  const failed: string[] = []
  const under = new Set<Promise<void>>()
  const startedAt = performance.now()
  let sent = 0
  let mostInFlight = 0

  function fail(index: number, why: string): void {
    if (failed.length < mostFailures) failed.push(`request ${index} after ${Math.round(performance.now() - startedAt)} ms: ${why}`)
  }

  async function one(index: number): Promise<void> {
    const text = loop.request(index)
    const own = /\r\nconnection: *close\r\n/i.test(text)
    const kept = (own ? undefined : idle.shift()) ?? openKept(loop.address, (gone) => remove(idle, gone))
    const answer = await kept.ask(text, loop.deadlineMs)
    if (typeof answer === 'string') fail(index, answer)
    else loop.onAnswer(index, answer)
    if (own || idle.length >= mostIdle || typeof answer === 'string' || /\r\nconnection: *close/i.test(answer.head)) kept.socket.destroy()
    else if (!kept.socket.destroyed) idle.push(kept)
  }

  while (!loop.stop.aborted) {
    for (const due = ((performance.now() - startedAt) / 1_000) * loop.perSecond; sent < due; ) {
      const work = one(sent++).finally(() => under.delete(work))
      under.add(work)
      mostInFlight = Math.max(mostInFlight, under.size)
    }
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
  await Promise.all(under)
  for (const { socket } of idle) socket.destroy()
  return { sent, failed, mostInFlight }
}

type Kept = { readonly socket: Socket; ask(text: string, deadlineMs: number): Promise<Answer | string> }

/** `onGone` is called when its server, or an error, has ended it. */
function openKept(address: Address, onGone: (kept: Kept) => void): Kept {
  const socket = connect({ ...address, noDelay: true })
  socket.setEncoding('latin1')
  let text = ''
  let reused = false
  let settle: ((outcome: Answer | string) => void) | undefined
  let why = 'closed'
  const kept: Kept = {
    socket,
    ask(request, deadlineMs) {
      text = ''
      return new Promise((resolve) => {
        const late = setTimeout(() => settle?.(`no answer in ${deadlineMs} ms`), deadlineMs)
        settle = (outcome) => {
          clearTimeout(late)
          settle = undefined
          reused = true
          resolve(outcome)
        }
        if (socket.destroyed) settle(why)
        else socket.write(request, 'latin1')
      })
    },
  }
  socket.on('data', (chunk: string) => {
    text += chunk
    const answer = wholeAnswer(text)
    if (answer !== undefined) settle?.(answer)
  })
  socket.on('error', (error) => {
    why = error.message
  })
  socket.on('end', () => onGone(kept))
  socket.on('close', () => {
    onGone(kept)
    settle?.(`${why} on a ${reused ? 'kept' : 'new'} connection after ${JSON.stringify(text.slice(0, 100))}`)
  })
  return kept
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}
