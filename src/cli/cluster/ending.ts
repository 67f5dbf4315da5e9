import { constants } from 'node:os'

/** How a command that goes on until it is stopped comes to its end. */
export type Ending = {
  readonly signal: AbortSignal
  /** 128 and the number of the signal that ended it, or `otherwise`. */
  exitCode(otherwise: number): number
  release(): void
}

/** Aborts at SIGINT, SIGTERM, SIGHUP, or when the time is over (0: never). A second signal ends the process, as usual. */
export function openEnding(timeoutMs: number): Ending & { isOver(): boolean } {
  const controller = new AbortController()
  let code: number | undefined
  let isOver = false
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const stop = (name: NodeJS.Signals): void => {
    code = 128 + constants.signals[name]
    controller.abort(new Error(`stopped by ${name}`))
  }
  for (const name of names) process.once(name, stop)
  const timer = timeoutMs > 0 ? setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1)) : undefined
  function end(): void {
    isOver = true
    controller.abort(new Error('the time is over'))
  }
  return {
    signal: controller.signal,
    exitCode: (otherwise) => code ?? otherwise,
    isOver: () => isOver,
    release() {
      clearTimeout(timer)
      for (const name of names) process.off(name, stop)
      if (!controller.signal.aborted) controller.abort(new Error('done'))
    },
  }
}
