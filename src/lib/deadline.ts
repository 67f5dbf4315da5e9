/** A signal that aborts with another, or when a time is over, and that leaves nothing behind on the other once it has been released. */
export type Deadline = {
  readonly signal: AbortSignal
  isOver(): boolean
  leftMs(): number
  release(): void
}

/** Longer than any timer can wait: 24.8 days. */
const longestMs = 2 ** 31 - 1

/** Of `AbortSignal.any` and `AbortSignal.timeout`, an entry per request would stay until the time is over, however soon the request has ended. */
export function openDeadline(ms: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController()
  const untilMs = performance.now() + ms
  let isOver = false
  const abort = (): void => controller.abort(outer!.reason)
  const timer = setTimeout(
    () => {
      isOver = true
      controller.abort(new DOMException(`over after ${ms} ms`, 'TimeoutError'))
    },
    Math.min(longestMs, Math.max(1, Math.ceil(ms))),
  )
  // The connection that is waited on keeps the process, or nothing needs to.
  timer.unref()
  if (outer?.aborted) abort()
  else outer?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    isOver: () => isOver,
    leftMs: () => Math.max(0, untilMs - performance.now()),
    release() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
    },
  }
}

/** What `work` gives, or a rejection with the signal's reason, whichever comes first. The work itself goes on. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, work])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
