import { workerAt } from '../counters.ts'
import { limitAt } from '../record.ts'
import type { AcceptQueue } from './acceptQueue.ts'
import { admission, admitsAll } from './admission.ts'
import { openCollector } from './collector.ts'
import { crowd, smallCrowd } from './crowd.ts'
import { type MemoryGauge, memoryLimitBytes } from './memory.ts'
import type { Shedding } from './shedding.ts'
import { openWait } from './wait.ts'

const everyMs = 50
/** `lagMs` tells the longest of this time and the one before: more than the usual time between two scrapes. */
const windowMs = 10_000
/** Memory in use from which on garbage is worth collecting. */
const collectFrom = 0.88

/** What there is to decide about, once there is a table. */
export type Serving = { readonly shedding: Shedding; readonly memoryBytes: number }

/** Feels the pulse of this thread for as long as it lives: tells that it turns, how late it is, and has turned away what is too much. */
export function startSampling(options: {
  readonly counters: Float64Array
  readonly queue: AcceptQueue
  readonly gauge: MemoryGauge
  serving(): Serving | undefined
}): NodeJS.Timeout {
  const { counters, queue, gauge, serving } = options
  const noteLag = openLagWindow(counters)
  const memory = openMemory(gauge)
  const wait = openWait(queue)
  let state = admitsAll
  let outside = smallCrowd
  let lastMs = performance.now()

  function sample(): void {
    const nowMs = performance.now()
    const lagMs = Math.max(0, nowMs - lastMs - everyMs)
    lastMs = nowMs
    counters[workerAt.heartbeat]!++
    noteLag(lagMs, nowMs)
    const present = serving()
    if (present === undefined) return
    state = admission(state, { lagMs, memoryShare: memory(present.memoryBytes, nowMs) })
    present.shedding.use(state)
    outside = crowd(outside, wait(present.shedding.came, nowMs))
    queue.limit(outside.most)
    if (outside.isLong.on) counters[limitAt.overload]!++
  }
  return setInterval(sample, everyMs).unref()
}

function openLagWindow(counters: Float64Array): (lagMs: number, nowMs: number) => void {
  let longestBefore = 0
  let longest = 0
  let endsMs = 0

  return (lagMs, nowMs) => {
    if (nowMs >= endsMs) {
      endsMs = nowMs + windowMs
      longestBefore = longest
      longest = 0
    }
    longest = Math.max(longest, lagMs)
    counters[workerAt.lagMs] = Math.max(longest, longestBefore)
  }
}

/** The share in use, garbage left out once it matters. */
function openMemory(gauge: MemoryGauge): (configuredBytes: number, nowMs: number) => number {
  const collect = openCollector()
  let configured = -1
  let limitBytes = 0

  return (configuredBytes, nowMs) => {
    // Asking the system costs more than all the rest.
    if (configuredBytes !== configured) {
      configured = configuredBytes
      limitBytes = memoryLimitBytes(configured)
    }
    const share = gauge.share(limitBytes)
    return share >= collectFrom && collect(nowMs) ? gauge.share(limitBytes) : share
  }
}
