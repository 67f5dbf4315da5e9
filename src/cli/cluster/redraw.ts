import { setTimeout as delay } from 'node:timers/promises'

/** At most so often, or it flickers. */
const leastMs = 200
/** Ages and countdowns go on. */
const tickMs = 1_000

export type Redrawing = {
  /** Something happened: draw soon. */
  wake(): void
  /** Calls `draw` at each change and each second, until the signal aborts or `draw` says that it was the last time. */
  run(draw: (isDue: boolean) => boolean, signal: AbortSignal): Promise<void>
}

export function openRedrawing(): Redrawing {
  let isDue = true
  let wakeUp = (): void => undefined
  return {
    wake() {
      isDue = true
      wakeUp()
    },
    async run(draw, signal) {
      while (!signal.aborted) {
        const was = isDue
        isDue = false
        if (draw(was)) return
        await delay(leastMs, undefined, { signal }).catch(() => undefined)
        if (isDue || signal.aborted) continue
        const { promise, resolve } = Promise.withResolvers<void>()
        wakeUp = resolve
        const timer = setTimeout(resolve, tickMs - leastMs)
        signal.addEventListener('abort', () => resolve(), { once: true })
        await promise
        clearTimeout(timer)
      }
    },
  }
}
