import { constants } from 'node:os'

/** npm passes Ctrl-C on to a program that the terminal has told already: the pair is one wish. */
const samePressMs = 300

/** Aborts at the first of `signals`; a second one ends the process at once, with 128 + its number. Lasts as long as the process. */
export function stopSignal(signals: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController()
  let firstAt = 0
  for (const name of signals) {
    process.on(name, () => {
      const now = performance.now()
      if (!controller.signal.aborted) {
        firstAt = now
        controller.abort(new Error(`stopped by ${name}`))
      } else if (now - firstAt > samePressMs) process.exit(128 + constants.signals[name])
    })
  }
  return controller.signal
}
