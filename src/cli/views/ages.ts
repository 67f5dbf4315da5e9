/** Spans of time as Kubernetes' tools write them. */
import { msOf } from '../../api/time.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** The two units that matter at most: `45s`, `2m30s`, `3h59m`, `2d3h`, `400d`, `2y34d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / second)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (ms < 2 * minute) return `${seconds}s`
  if (ms < 10 * minute) return two(ms, [minute, 'm'], [second, 's'])
  if (ms < 3 * hour) return `${Math.trunc(ms / minute)}m`
  if (ms < 8 * hour) return two(ms, [hour, 'h'], [minute, 'm'])
  if (ms < 2 * day) return `${Math.trunc(ms / hour)}h`
  if (ms < 8 * day) return two(ms, [day, 'd'], [hour, 'h'])
  if (ms < 2 * year) return `${Math.trunc(ms / day)}d`
  if (ms < 8 * year) return two(ms, [year, 'y'], [day, 'd'])
  return `${Math.trunc(ms / year)}y`
}

type Unit = readonly [ms: number, name: string]

function two(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.trunc((ms % large) / small)
  return `${Math.trunc(ms / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`
}

/** Since an object was made. */
export function ageOf(timestamp: string | undefined, now: number): string {
  const from = msOf(timestamp)
  return from === undefined ? '<unknown>' : humanDuration(now - from)
}
