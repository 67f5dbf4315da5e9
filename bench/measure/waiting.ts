import { setTimeout as delay } from 'node:timers/promises'

/** How a wait may end early: by the user's Ctrl-C, or because `deadlineMs` have passed. */
export type Patience = { readonly deadlineMs: number; readonly signal: AbortSignal }

/** Asks `isDone` every 20 ms until it says so; throws naming `what` when the deadline passes. */
export async function until(what: string, isDone: () => Promise<boolean> | boolean, { deadlineMs, signal }: Patience): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await isDone())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await delay(20, undefined, { signal })
  }
}

/** `work`, or a rejection when the deadline passes or the signal aborts first; `work` itself goes on. */
export async function within<T>(what: string, work: Promise<T>, { deadlineMs, signal }: Patience): Promise<T> {
  const over = new AbortController()
  const expired = delay(deadlineMs, undefined, { signal: AbortSignal.any([over.signal, signal]) }).then(() => {
    throw new Error(`${what}: not within ${deadlineMs} ms`)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    over.abort()
    // The loser of the race rejects once more; its reason has been told or does not matter any more.
    expired.catch(() => undefined)
  }
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal })
}
