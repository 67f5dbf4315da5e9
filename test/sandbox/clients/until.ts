import { setTimeout as after } from 'node:timers/promises'

const everyMs = 20
const deadlineMs = 30_000

/** Waits for what cannot be listened for. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not so within ${deadlineMs / 1_000} s: ${what}`)
    await after(everyMs)
  }
}
