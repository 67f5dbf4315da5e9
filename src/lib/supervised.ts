/** A child process that tells its parent when it is ready, and that never outlives it. Both ends of that agreement. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

type Ready<T> = { readonly kind: 'ready'; readonly value: T }
export type Supervised<T> = { readonly ready: T; readonly stopped: Promise<void> }
type StartOptions = {
  /** A program and its arguments, for the Node that runs this one. */
  readonly args: readonly string[]
  /** Aborted: the child is asked to stop, and killed `stopMs` later. */
  readonly signal: AbortSignal
  readonly readyMs: number
  readonly stopMs: number
  /** Told what the child writes to stderr once it is ready, line by line. */
  readonly onLine?: (line: string) => void
}

/** What a failing child may say on stderr before its message is cut, in characters. */
const lastWordsLength = 4_000

/**
 * Starts a child and waits until it is ready. Rejects with the child's own last words when it ends before that.
 * The child is in a group of its own: Ctrl-C reaches the parent alone, which ends the child in its own order.
 */
export async function startSupervised<T>({ args, signal, readyMs, stopMs, onLine = () => undefined }: StartOptions): Promise<Supervised<T>> {
  signal.throwIfAborted()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true })
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLength)
  })
  const stopped = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const stop = (): void => stopChild(child, stopMs)
  signal.addEventListener('abort', stop, { once: true })
  void stopped.then(() => signal.removeEventListener('abort', stop))
  try {
    const ready = await readiness<T>(child, readyMs, () => lastWords.trim())
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', onLine)
    return { ready, stopped }
  } catch (error) {
    stop()
    throw error
  }
}

function readiness<T>(child: ChildProcess, readyMs: number, lastWords: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready within ${readyMs / 1000} s. ${lastWords()}`)), readyMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(late)
      reject(new Error(lastWords() || `ended before it was ready (${signal ?? `exit code ${code}`})`))
    })
    child.on('message', (message: Ready<T>) => {
      if (message.kind !== 'ready') return
      clearTimeout(late)
      resolve(message.value)
    })
  })
}

function stopChild(child: ChildProcess, stopMs: number): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), stopMs)
  child.once('close', () => clearTimeout(late))
}

/** The child's end. Undefined where no parent supervises this process. */
export type Parent = {
  /** Aborts when the parent is gone. */
  readonly gone: AbortSignal
  tellReady(value: unknown): void
}

/** `graceMs`: how long this process may take to end by itself once its parent is gone. */
export function supervisor(graceMs: number): Parent | undefined {
  if (process.send === undefined) return undefined
  const gone = new AbortController()
  process.once('disconnect', () => {
    gone.abort(new Error('the parent process is gone'))
    setTimeout(() => process.exit(1), graceMs).unref()
  })
  // Nobody may keep this process alive by listening: what it serves does.
  process.channel?.unref()
  return { gone: gone.signal, tellReady: (value) => process.send?.({ kind: 'ready', value } satisfies Ready<unknown>) }
}
