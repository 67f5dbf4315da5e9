import { readdirSync, readFileSync } from 'node:fs'

/** One line of `/proc/PID/stat`; times in clock ticks. */
export type ProcessTimes = {
  readonly pid: number
  readonly parent: number
  /** Of all threads, in user mode and in the kernel. */
  readonly ticks: number
  /** The same of children that have ended and were waited for. */
  readonly endedChildrenTicks: number
}

/** The kernel's USER_HZ, which has been 100 on every Linux that Node runs on since it was fixed for user space. */
export const microsPerTick = 1e6 / 100

/** The name in parentheses may hold blanks and parentheses, so fields are counted from the last one. */
export function parseStat(line: string): ProcessTimes {
  const afterName = line.lastIndexOf(')')
  const fields = line.slice(afterName + 2).split(' ')
  const number = (index: number): number => {
    const value = Number(fields[index])
    if (afterName < 0 || !Number.isInteger(value)) throw new Error(`not a line of /proc/PID/stat: ${line}`)
    return value
  }
  return {
    pid: Number.parseInt(line, 10),
    parent: number(1),
    ticks: number(11) + number(12),
    endedChildrenTicks: number(13) + number(14),
  }
}

/** The root and all that descend from it. */
export function familyOf(root: number, all: readonly ProcessTimes[]): ProcessTimes[] {
  const family = all.filter((one) => one.pid === root)
  for (const member of family) family.push(...all.filter((one) => one.parent === member.pid && one.pid !== member.pid))
  return family
}

/** CPU time in microseconds that a process, its threads and its descendants, living or ended, have used so far. */
export function cpuMicros(root: number): number {
  const ticks = familyOf(root, readAll()).reduce((sum, one) => sum + one.ticks + one.endedChildrenTicks, 0)
  return ticks * microsPerTick
}

/** Resident memory in bytes of a process and its living descendants; pages that several of them share count for each. */
export function residentBytes(root: number): number {
  return familyOf(root, readAll()).reduce((sum, { pid }) => sum + residentOf(pid), 0)
}

/** `Rss` of `smaps_rollup` in bytes. `VmRSS` of `status` would do for a table, but lags by up to 64 pages per core. */
export function parseRss(rollup: string): number {
  const match = /^Rss:\s+(\d+) kB$/m.exec(rollup)
  if (!match) throw new Error('no Rss in smaps_rollup')
  return Number(match[1]) * 1024
}

function residentOf(pid: number): number {
  const text = readGone(`/proc/${pid}/smaps_rollup`)
  return text ? parseRss(text) : 0
}

function readAll(): ProcessTimes[] {
  const found: ProcessTimes[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const line = readGone(`/proc/${entry}/stat`)
    if (line) found.push(parseStat(line))
  }
  return found
}

/** A file below `/proc/PID`; empty when the process has ended between being listed and being read. */
export function readGone(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw new Error(`read ${path}`, { cause: error })
  }
}
