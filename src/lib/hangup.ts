import { closeSync, openSync } from 'node:fs'

/** SIGHUP has two senses: from an operator, `reload`; from a terminal that was closed, the end of what ran in it, and the signal aborts. */
export function hangupSignal(reload: () => void): AbortSignal {
  const controller = new AbortController()
  const startedInTerminal = hasTerminal()
  process.on('SIGHUP', () => {
    if (startedInTerminal && !hasTerminal()) controller.abort(new Error('the terminal was closed'))
    else reload()
  })
  return controller.signal
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch (error) {
    // ENXIO: this process has no terminal, or it was hung up.
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
