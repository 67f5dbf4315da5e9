import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** At the least between two collections that are asked for. */
const everyMs = 10_000

/**
 * Collects all garbage of this thread, so that nothing is turned away for memory that is not in use; false: it did so of late. V8 may leave garbage
 * where it is until its own limit is near, whatever the process as a whole may use.
 */
export function openCollector(): (nowMs: number) => boolean {
  let gc: (() => void) | undefined
  let lastMs = Number.NEGATIVE_INFINITY

  return (nowMs) => {
    if (nowMs - lastMs < everyMs) return false
    lastMs = nowMs
    gc ??= collectorOfV8()
    gc()
    return true
  }
}

/** V8 hands it out to contexts that are made while this flag is set. */
function collectorOfV8(): () => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  return gc
}
