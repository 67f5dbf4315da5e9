import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { ApiError } from '../apiError.ts'
import type { ListOptions } from '../requests/listOptions.ts'
import type { Watch, WatchEvent } from '../requests/watch.ts'
import type { Store } from '../storage/store.ts'
import type { WatchLimits } from './apiRequest.ts'
import { type Encoding, encodeObject } from './encode.ts'
import { failure } from './status.ts'

export type WatchStream = {
  readonly response: ServerResponse
  /** The server stops, or the client has gone. */
  readonly signal: AbortSignal
  readonly store: Store
  readonly begin: () => Watch
  readonly encode: () => Encoding
  readonly options: ListOptions
  readonly limits: WatchLimits
}

/** Tells a client of writes until his time is up, he leaves, or he is too slow. */
export async function streamWatch({ response, signal, store, begin, encode, options, limits }: WatchStream): Promise<void> {
  response.writeHead(200, { 'Cache-Control': 'no-cache, private', 'Content-Type': 'application/json' })
  response.flushHeaders()
  let isFirst = true
  const write = (type: string, object: object): Promise<unknown> | undefined => {
    if (response.write(`${JSON.stringify({ type, object })}\n`)) return undefined
    return once(response, 'drain', { signal })
  }
  const tell = ({ type, object }: WatchEvent): Promise<unknown> | undefined => {
    const encoded = encodeObject(encode(), object, isFirst)
    isFirst = false
    return write(type, encoded)
  }

  let watch: Watch
  try {
    watch = begin()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    await write('ERROR', failure(error))
    response.end()
    return
  }
  const line = waitingLine(limits.maxWaiting)
  const leave = store.subscribe((event) => {
    const told = watch.told(event)
    if (told !== undefined) line.add(told)
  })
  const durationMs = options.timeoutSeconds === undefined || options.timeoutSeconds <= 0 ? limits.durationMs : options.timeoutSeconds * 1_000
  const bookmarks = options.allowWatchBookmarks ? setInterval(() => line.add(watch.bookmark()), limits.bookmarkMs) : undefined
  const end = setTimeout(line.close, durationMs)
  signal.addEventListener('abort', line.close)
  try {
    for (const event of watch.begun) await tell(event)
    for (let event = await line.next(); event !== undefined; event = await line.next()) await tell(event)
    if (line.isFull()) response.destroy()
    else response.end()
  } finally {
    leave()
    clearInterval(bookmarks)
    clearTimeout(end)
    signal.removeEventListener('abort', line.close)
  }
}

type WaitingLine = {
  add(event: WatchEvent): void
  /** The next one; undefined when the line is closed and, unless it was for being full, empty. */
  next(): Promise<WatchEvent | undefined>
  close(): void
  isFull(): boolean
}

/** Events that a reader has not taken yet: references only, and so many at most. */
function waitingLine(maxWaiting: number): WaitingLine {
  let waiting: WatchEvent[] = []
  let isClosed = false
  let isFull = false
  let wake: (() => void) | undefined
  const stir = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    add(event) {
      if (isClosed) return
      waiting.push(event)
      if (waiting.length > maxWaiting) {
        isFull = isClosed = true
        waiting = []
      }
      stir()
    },
    async next() {
      if (waiting.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve))
      return waiting.shift()
    },
    close() {
      isClosed = true
      stir()
    },
    isFull: () => isFull,
  }
}
