import { Worker } from 'node:worker_threads'
import type { AccessLogSink } from './accessLog/accessLogSink.ts'
import type { EdgeLog } from './log.ts'
import type { FromWorker, ToWorker, WorkerData } from './protocol.ts'

type Reply = Exclude<FromWorker, { readonly kind: 'log' | 'accessLog' }>

/** What became of a question: the worker's reply, or its end, or nothing in time. */
export type Answer = Reply | { readonly kind: 'gone' } | { readonly kind: 'late'; readonly afterMs: number }

export type WorkerThread = {
  /** Sends and waits for the next reply, at most `deadlineMs`; one question at a time. Replies to older versions are passed over. */
  ask(message: ToWorker, deadlineMs: number): Promise<Answer>
  tell(message: ToWorker): void
  /** Ends the thread with whatever it has in flight. */
  terminate(): Promise<void>
}

/**
 * A small young generation keeps a worker's memory down and is collected more often: with 12 MB a request cost 23 µs of CPU, with 3 MB 26 µs and 5 MB
 * less memory (keepalive-get of bench/, in turn).
 */
const maxYoungGenerationSizeMb = 4

/** `onExit` is called once, when nothing of the thread runs any more. */
export function startThread(options: {
  readonly url: URL
  readonly data: WorkerData
  /** What the worker may allocate: one that leaks ends alone (ERR_WORKER_OUT_OF_MEMORY) and is replaced, instead of taking the process along. */
  readonly maxOldGenerationSizeMb: number
  readonly log: EdgeLog
  readonly accessLog: AccessLogSink
  onExit(): void
}): WorkerThread {
  const { url, data, maxOldGenerationSizeMb, log, accessLog, onExit } = options
  const resourceLimits = { maxOldGenerationSizeMb, maxYoungGenerationSizeMb }
  const worker = new Worker(url, { workerData: data, name: `edge-${data.index}`, resourceLimits })
  const settled = Promise.withResolvers<void>()
  let gone = false
  let waiting: ((answer: Answer) => void) | undefined

  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'log') log[message.level](message.message, { ...message.fields, worker: data.index })
    else if (message.kind === 'accessLog')
      void accessLog.write(message.lines).then(() => worker.postMessage({ kind: 'accessLogWritten' } satisfies ToWorker))
    else waiting?.(message)
  })
  worker.on('messageerror', (error) => log.error('a message of a worker could not be read', { worker: data.index, error: error.message }))
  worker.on('error', (error) =>
    log.error('a worker failed', { worker: data.index, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
  worker.on('exit', () => {
    gone = true
    waiting?.({ kind: 'gone' })
    onExit()
    settled.resolve()
  })

  return {
    ask(message, deadlineMs) {
      if (gone) return Promise.resolve({ kind: 'gone' })
      return new Promise((resolve) => {
        const cancel = afterPatience(deadlineMs, () => settle({ kind: 'late', afterMs: deadlineMs }))
        const settle = (answer: Answer): void => {
          cancel()
          waiting = undefined
          resolve(answer)
        }
        waiting = (answer) => {
          if (answer.kind === 'gone' || answers(answer, message)) settle(answer)
        }
        worker.postMessage(message)
      })
    },
    tell: (message) => worker.postMessage(message),
    async terminate() {
      await worker.terminate()
      await settled.promise
    },
  }
}

const parts = 10

/**
 * Waits in parts, each of them followed by a turn of the event loop in which what has arrived is read: a standstill of this thread or of the whole
 * process uses up one part of a worker's time, however long it is. Returns what cancels it.
 */
function afterPatience(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  let turn: NodeJS.Immediate
  let left = parts
  const wait = (): void => {
    timer = setTimeout(() => {
      turn = setImmediate(--left === 0 ? act : wait)
    }, ms / parts)
  }
  wait()
  return () => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}

/** Not every reply is to the question just asked: an answer that came too late for an earlier one may still arrive. */
function answers(reply: Answer, question: ToWorker): boolean {
  return 'version' in question ? 'version' in reply && reply.version === question.version : reply.kind === 'drained'
}
