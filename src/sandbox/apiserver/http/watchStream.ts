import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as after } from 'node:timers/promises'
import { ApiError } from '../apiError.ts'
import type { WatchFaults } from '../faults/watchFaults.ts'
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
  readonly faults: WatchFaults
}

/** So long before a watch ends, it says how far it has come. */
const lastBookmarkMs = 2_000

/** Timers know no longer time. */
const maxTimerMs = 2 ** 31 - 1

/** Tells a client of writes until his time is up, he leaves, or he is too slow. */
export async function streamWatch({ response, signal, store, begin, encode, options, limits, faults }: WatchStream): Promise<void> {
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
  // Whoever reads too slowly is not waited for: what he has not read yet would fill the memory.
  const line = waitingLine(limits.maxWaiting, () => response.destroy())
  const leave = store.subscribe((event) => {
    const told = watch.told(event)
    if (told !== undefined) line.add(told)
  })
  const { timeoutSeconds = 0 } = options
  const durationMs = timeoutSeconds <= 0 ? limits.durationMs : Math.min(timeoutSeconds * 1_000, maxTimerMs)
  const bookmarks = options.allowWatchBookmarks ? setInterval(() => line.add(watch.bookmark()), limits.bookmarkMs) : undefined
  const end = setTimeout(line.close, durationMs)
  const isLong = durationMs > lastBookmarkMs
  const last = options.allowWatchBookmarks && isLong ? setTimeout(() => line.add(watch.bookmark()), durationMs - lastBookmarkMs) : undefined
  signal.addEventListener('abort', line.close)
  // Who has left already tells no more.
  if (signal.aborted) line.close()
  try {
    const ending = await tellAll({ events: eventsOf(watch.begun, line), tell, faults, signal })
    // What was told arrives; the end of the answer does not.
    if (ending === 'cut') response.socket?.destroySoon()
    else response.end()
  } finally {
    leave()
    clearInterval(bookmarks)
    clearTimeout(end)
    clearTimeout(last)
    signal.removeEventListener('abort', line.close)
  }
}

async function* eventsOf(begun: readonly WatchEvent[], line: WaitingLine): AsyncGenerator<Waiting, void, void> {
  const atMs = performance.now()
  yield* begun.map((event) => ({ event, atMs }))
  for (let event = await line.next(); event !== undefined; event = await line.next()) yield event
}

type Telling = {
  readonly events: AsyncIterable<Waiting>
  readonly tell: (event: WatchEvent) => Promise<unknown> | undefined
  readonly faults: WatchFaults
  readonly signal: AbortSignal
}

/** Tells every event, unless something is to go wrong with it. */
async function tellAll({ events, tell, faults, signal }: Telling): Promise<'ended' | 'cut'> {
  const { cutAfterEvents, silentAfterEvents, repeatEvery, holdMs } = faults
  if (cutAfterEvents === 0) return 'cut'
  let count = 0
  for await (const { event, atMs } of events) {
    if (count >= silentAfterEvents) break
    const leftMs = atMs + holdMs - performance.now()
    if (holdMs > 0 && leftMs > 0) await after(leftMs, undefined, { signal })
    count++
    await tell(event)
    if (repeatEvery > 0 && count % repeatEvery === 0) await tell(event)
    if (count >= cutAfterEvents) return 'cut'
  }
  // Half open: not even the end is told.
  if (count >= silentAfterEvents && !signal.aborted) await once(signal, 'abort')
  return 'ended'
}

/** Since `atMs`, monotonic. */
type Waiting = { readonly event: WatchEvent; readonly atMs: number }

type WaitingLine = {
  add(event: WatchEvent): void
  /** The next one; undefined when the line is closed and empty. */
  next(): Promise<Waiting | undefined>
  close(): void
}

/** Events that a reader has not taken yet: references only, and so many at most. */
function waitingLine(maxWaiting: number, onFull: () => void): WaitingLine {
  let waiting: Waiting[] = []
  let isClosed = false
  let wake: (() => void) | undefined
  const stir = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    add(event) {
      if (isClosed) return
      waiting.push({ event, atMs: performance.now() })
      if (waiting.length > maxWaiting) {
        isClosed = true
        waiting = []
        onFull()
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
  }
}
