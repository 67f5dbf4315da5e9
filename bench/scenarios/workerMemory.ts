import type { Running } from '../contenders/contender.ts'
import { residentBytes } from '../measure/processes.ts'
import { pause } from '../measure/waiting.ts'
import { runWrk } from '../measure/wrk.ts'
import { usualLoad } from './loads.ts'
import { megabyte, type Scenario, usualInstance } from './scenario.ts'

const workers = 3
const settleMs = 1_000

/** What each further worker thread adds to the process, all of them under the same load. Only Spillway has threads to ask about. */
export const workerMemory: Scenario = {
  name: 'worker-memory',
  what: `memory of the process with one worker and with ${workers}, after a load run`,
  only: ['spillway'],
  instances: [usualInstance, { ...usualInstance, workers }],
  startsAnew: true,
  cost: { loadRuns: 2, otherSeconds: 2 * (settleMs / 1000) },
  async measure(running, tools) {
    const [one, several] = running as [Running, Running]
    let errors = 0
    for (const { port } of [one, several]) errors += (await runWrk({ port, seconds: tools.seconds, load: usualLoad }, tools)).errors
    await pause(settleMs, tools.signal)
    const rssOne = residentBytes(one.pid) / megabyte
    const rssSeveral = residentBytes(several.pid) / megabyte
    return {
      requestsPerSecond: null,
      cpuMicrosPerRequest: null,
      p50Ms: null,
      p99Ms: null,
      rssMb: rssOne,
      errors,
      extras: { workers, rssMbWithWorkers: rssSeveral, rssMbPerFurtherWorker: (rssSeveral - rssOne) / (workers - 1) },
    }
  },
}
