import { type Backoff, backoffMs } from '../lib/backoff.ts'
import { openHeap } from '../lib/heap.ts'

/** What became of a key: done; to be looked at again at a time (monotonic ms); or a failure, to be tried again after a while. */
export type Worked = { readonly kind: 'done' } | { readonly kind: 'again'; readonly atMs: number }

/** Keys that want work: each at most once, at the earliest time that anyone asked for, never by two workers at the same time. */
export type WorkQueue = {
  /** `atMs` (monotonic) absent: at once. A key that is being worked on comes again after that. */
  add(key: string, atMs?: number): void
  /** Keys that wait, those in the future included. */
  readonly size: number
  /** Works until the signal aborts and the work under way has ended. What `work` throws is told to `onFailure` and tried again with back-off. */
  run(work: (key: string, signal: AbortSignal) => Promise<Worked>, signal: AbortSignal): Promise<void>
}

export type QueueOptions = {
  readonly workers: number
  readonly backoff?: Backoff
  onFailure?(key: string, error: unknown, failures: number): void
  readonly now?: () => number
  readonly random?: () => number
}
export const queueBackoff: Backoff = { firstMs: 50, longestMs: 30_000 }

type Turn = { readonly key: string; readonly atMs: number }

type Entry = {
  /** When it is due; undefined: it is not waiting. */
  dueMs: number | undefined
  busy: boolean
  failures: number
}

export function openQueue(options: QueueOptions): WorkQueue {
  const { workers, backoff = queueBackoff, onFailure, now = () => performance.now(), random = Math.random } = options
  const entries = new Map<string, Entry>()
  /** In order of time; those that are out of date are passed over. */
  const turns = openHeap<Turn>((a, b) => a.atMs < b.atMs)
  let timer: NodeJS.Timeout | undefined
  let busy = 0
  let soon: NodeJS.Immediate | undefined
  let pump: (() => void) | undefined

  function add(key: string, wishedMs = 0): void {
    // A time that is over is now: otherwise who asks for an early one would always be first.
    const atMs = Math.max(wishedMs, now())
    const entry = entries.get(key) ?? { dueMs: undefined, busy: false, failures: 0 }
    entries.set(key, entry)
    if (entry.dueMs !== undefined && entry.dueMs <= atMs) return
    entry.dueMs = atMs
    if (entry.busy) return
    turns.push({ key, atMs })
    pump?.()
  }

  /** The key that has been due for the longest, or when the next one will be. */
  function next(): Turn | undefined {
    for (let turn = turns.peek(); turn !== undefined; turn = turns.peek()) {
      const entry = entries.get(turn.key)
      if (entry?.dueMs === turn.atMs && !entry.busy) return turn
      // Asked for earlier since, or taken up again when its worker is done.
      turns.pop()
    }
    return undefined
  }

  async function handle(key: string, work: (key: string, signal: AbortSignal) => Promise<Worked>, signal: AbortSignal): Promise<void> {
    const entry = entries.get(key)!
    entry.dueMs = undefined
    entry.busy = true
    busy++
    try {
      const worked = await work(key, signal)
      entry.failures = 0
      if (worked.kind === 'again') add(key, worked.atMs)
    } catch (error) {
      if (!signal.aborted) {
        entry.failures++
        onFailure?.(key, error, entry.failures)
        add(key, now() + backoffMs(backoff, entry.failures, random))
      }
    } finally {
      entry.busy = false
      busy--
      if (entry.dueMs === undefined) entries.delete(key)
      else turns.push({ key, atMs: entry.dueMs })
      // Work that never waits would otherwise keep everything else in this process from its turn.
      if (soon === undefined)
        soon = setImmediate(() => {
          soon = undefined
          pump?.()
        })
    }
  }

  return {
    add,
    get size() {
      let waiting = 0
      for (const { dueMs } of entries.values()) if (dueMs !== undefined) waiting++
      return waiting
    },
    run(work, signal) {
      if (pump !== undefined) throw new Error('the queue is run already')
      const { promise, resolve } = Promise.withResolvers<void>()
      const end = (): void => {
        clearTimeout(timer)
        if (busy > 0) return
        pump = undefined
        signal.removeEventListener('abort', end)
        resolve()
      }
      pump = () => {
        if (signal.aborted) return end()
        clearTimeout(timer)
        while (busy < workers) {
          const found = next()
          if (found === undefined) return
          if (found.atMs > now()) {
            // A timer holds 24.8 days at most; it looks again then.
            timer = setTimeout(() => pump?.(), Math.min(found.atMs - now(), 2 ** 31 - 1))
            return
          }
          turns.pop()
          void handle(found.key, work, signal)
        }
      }
      signal.addEventListener('abort', end, { once: true })
      pump()
      return promise
    },
  }
}
