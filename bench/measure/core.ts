import { readFileSync } from 'node:fs'
import { microsPerTick } from './processes.ts'
import { pause } from './waiting.ts'

/** How long a core has been busy and how long it has existed, in microseconds since the system started. */
export type CoreTime = { readonly busyMicros: number; readonly totalMicros: number; readonly since: (earlier: CoreTime) => CoreTime }

export function readCore(core: number): CoreTime {
  return parseCore(readFileSync('/proc/stat', 'utf8'), core)
}

/** A core's line of `/proc/stat`; waiting for a disk counts as idle, time stolen by the host as busy. */
export function parseCore(stat: string, core: number): CoreTime {
  const line = stat.split('\n').find((text) => text.startsWith(`cpu${core} `))
  if (!line) throw new Error(`no core ${core} in /proc/stat`)
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupt = 0, softInterrupt = 0, stolen = 0] = line.split(/\s+/).slice(1).map(Number)
  const busy = user + nice + system + interrupt + softInterrupt + stolen
  return coreTime(busy * microsPerTick, (busy + idle + wait) * microsPerTick)
}

function coreTime(busyMicros: number, totalMicros: number): CoreTime {
  return {
    busyMicros,
    totalMicros,
    since: (earlier) => coreTime(busyMicros - earlier.busyMicros, totalMicros - earlier.totalMicros),
  }
}

/** Share of the time, 0 to 1, that a core does something in the next `ms`. */
export async function busyShare(core: number, ms: number, signal: AbortSignal): Promise<number> {
  const before = readCore(core)
  await pause(ms, signal)
  const { busyMicros, totalMicros } = readCore(core).since(before)
  return totalMicros > 0 ? busyMicros / totalMicros : 0
}
