/**
 * Aborts once something was thrown that nobody caught, rejections included: the process may go on for long enough to end in good order, and should
 * then end. `tell` gets every such error. After `endMs` the process ends with 1 whatever it is doing. Lasts as long as the process.
 */
export function uncaughtSignal(tell: (error: unknown) => void, endMs: number): AbortSignal {
  const controller = new AbortController()
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (error: unknown) => {
    tell(error)
    if (controller.signal.aborted) return
    setTimeout(() => process.exit(1), endMs).unref()
    controller.abort(new Error('an error was caught by nobody', { cause: error }))
  })
  return controller.signal
}
