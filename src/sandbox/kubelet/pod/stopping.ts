import type { Told } from '../../events.ts'
import { runHook } from '../probes/handler.ts'
import type { Grace } from './grace.ts'
import type { LiveContainer } from './live.ts'

export type Stopping = {
  /** `NAME_NAMESPACE(UID)`. */
  readonly pod: string
  /** Why; told. */
  readonly message: string
  readonly grace: Grace
  readonly tell: (told: Told) => void
}

/** A program is asked to end for this long at least, however long its hook took. */
const leastMs = 2_000

/** Asks the program of a container to end, and ends it when its time is over. Resolves when it has ended. */
export async function stopContainer({ child, target }: LiveContainer, { pod, message, grace, tell }: Stopping): Promise<void> {
  const { preStop, stopSignal } = target.container.lifecycle ?? {}
  tell({ type: 'Normal', reason: 'Killing', message })
  if (preStop !== undefined && grace.leftMs() > 0) {
    const cut = new AbortController()
    const hook = runHook(preStop, target, { pod, timeoutMs: grace.leftMs(), signal: cut.signal })
    const isOver = await grace.outlasts(Promise.race([hook, child.ended]))
    cut.abort()
    const failure = isOver ? await hook : 'its time was over'
    if (failure !== undefined) tell({ type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' })
  }
  child.signal((stopSignal as NodeJS.Signals | undefined) ?? 'SIGTERM')
  if (!(await grace.outlasts(child.ended, preStop === undefined ? 0 : Math.min(leastMs, grace.leftMs() + leastMs)))) child.signal('SIGKILL')
  await child.ended
}
