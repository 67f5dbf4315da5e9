import { workerAt } from '../counters.ts'
import { admission, admitsAll } from './admission.ts'
import { openCollector } from './collector.ts'
import { memoryLimitBytes, memoryShare } from './memory.ts'
import type { Shedding } from './shedding.ts'

const everyMs = 50
/** `lagMs` tells the longest of this time and the one before: more than the usual time between two scrapes. */
const windowMs = 10_000
/** Memory in use from which on garbage is worth collecting. */
const collectFrom = 0.88

/**
 * Feels the pulse of this thread for as long as it lives: tells that it turns, how late it is, and has turned away what is too much. `serving`:
 * what there is to decide about, once there is a table.
 */
export function startSampling(
  counters: Float64Array,
  serving: () => { readonly shedding: Shedding; readonly memoryBytes: number } | undefined,
): NodeJS.Timeout {
  const collect = openCollector()
  let state = admitsAll
  let longestBefore = 0
  let longest = 0
  let windowEndsMs = 0
  let lastMs = performance.now()
  let configuredBytes = -1
  let limitBytes = 0

  function sample(): void {
    const nowMs = performance.now()
    const lagMs = Math.max(0, nowMs - lastMs - everyMs)
    lastMs = nowMs
    counters[workerAt.heartbeat]!++
    if (nowMs >= windowEndsMs) {
      windowEndsMs = nowMs + windowMs
      longestBefore = longest
      longest = 0
    }
    longest = Math.max(longest, lagMs)
    counters[workerAt.lagMs] = Math.max(longest, longestBefore)
    const present = serving()
    if (present === undefined) return
    // Asking the system costs more than all the rest.
    if (present.memoryBytes !== configuredBytes) {
      configuredBytes = present.memoryBytes
      limitBytes = memoryLimitBytes(configuredBytes)
    }
    let share = memoryShare(limitBytes)
    if (share >= collectFrom && collect(nowMs)) share = memoryShare(limitBytes)
    state = admission(state, { lagMs, memoryShare: share })
    present.shedding.use(state)
  }
  return setInterval(sample, everyMs).unref()
}
