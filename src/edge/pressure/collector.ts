import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** At the least between two collections that are asked for. */
const everyMs = 3_000

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

/** Collects all garbage of this thread, and gives the system what the heap has no use for: a pause of some 30 ms, for threads that serve nobody. */
export function tidyUp(): void {
  collectorOfV8()({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** V8 hands it out to contexts that are made while this flag is set. */
function collectorOfV8(): (how?: object) => void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (how?: object) => void
  setFlagsFromString('--no-expose-gc')
  return gc
}
