import { connect, type Socket } from 'node:net'
import type { Address } from './client.ts'

export type Answer = { readonly status: number; readonly head: string; readonly body: string }

export type Load = {
  readonly address: Address
  readonly connections: number
  /** Requests in all; or undefined: until `stop` aborts. */
  readonly requests?: number
  readonly stop?: AbortSignal
  /** The whole request with this number; without a body, or with its length given. */
  request(index: number): string
  onAnswer(index: number, answer: Answer): void
  /** Whether a connection that broke under this request may be replaced without counting as a failure. */
  mayBreak?(index: number): boolean
  readonly deadlineMs: number
}

/** Requests one after the other on each of some kept connections. Resolves to what failed: nothing, if all is well. */
export async function runLoad(load: Load): Promise<string[]> {
  const failed: string[] = []
  let next = 0
  const more = (): number | undefined =>
    load.stop?.aborted === true || (load.requests !== undefined && next >= load.requests) || failed.length > 20 ? undefined : next++
  await Promise.all(Array.from({ length: load.connections }, () => lane(load, more, failed)))
  return failed
}

type Taken = { index: number; text: string }

function lane(load: Load, more: () => number | undefined, failed: string[]): Promise<void> {
  return new Promise((resolve) => {
    let socket: Socket | undefined
    let taken: Taken | undefined
    let late: NodeJS.Timeout | undefined
    const finish = (): void => {
      clearTimeout(late)
      socket?.destroy()
      resolve()
    }
    const send = (): void => {
      const index = more()
      if (index === undefined) return finish()
      taken = { index, text: '' }
      clearTimeout(late)
      late = setTimeout(() => {
        failed.push(`request ${index}: no answer in ${load.deadlineMs} ms`)
        finish()
      }, load.deadlineMs)
      if (socket === undefined || socket.destroyed) socket = open()
      socket.write(load.request(index), 'latin1')
    }
    const open = (): Socket => {
      const opened = connect({ ...load.address, noDelay: true })
      opened.setEncoding('latin1')
      let why = 'closed'
      let made = false
      opened.on('connect', () => {
        made = true
      })
      opened.on('data', (chunk: string) => {
        if (taken === undefined || opened !== socket) return
        taken.text += chunk
        const answer = wholeAnswer(taken.text)
        if (answer === undefined) return
        const { index } = taken
        taken = undefined
        load.onAnswer(index, answer)
        if (/\r\nconnection: *close/i.test(answer.head)) {
          opened.destroy()
          socket = undefined
        }
        send()
      })
      opened.on('error', (error) => {
        why = error.message
      })
      opened.on('close', () => {
        if (opened !== socket) return
        socket = undefined
        if (taken === undefined) return
        if (!made || load.mayBreak?.(taken.index) !== true)
          failed.push(`request ${taken.index}: ${why} after ${JSON.stringify(taken.text.slice(0, 100))}`)
        send()
      })
      return opened
    }
    send()
  })
}

/** Undefined until all of a response with a length, or in chunks, is there. */
export function wholeAnswer(text: string): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = text.slice(0, headEnd)
  const status = Number(head.slice(9, 12))
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length !== null) {
    const body = text.slice(headEnd + 4)
    return body.length < Number(length[1]) ? undefined : { status, head, body }
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, head, body: '' }
  const chunks = text.slice(headEnd + 2)
  return chunks.endsWith('\r\n0\r\n\r\n') ? { status, head, body: chunks } : undefined
}
