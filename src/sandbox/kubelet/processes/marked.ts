import { readdirSync, readFileSync } from 'node:fs'

/** The numbers of all processes; none where /proc does not show them. */
export function allProcesses(): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Processes that have this in their environment, wherever they stand: `NAME=value`. Not those of other users. */
export function markedProcesses(mark: string): readonly number[] {
  const needle = Buffer.from(mark)
  // One after the other and at once: /proc is memory, and a hundred such reads are done before one would be back from the thread pool.
  return allProcesses().filter((pid) => pid !== process.pid && hasEntry(pid, needle))
}

function hasEntry(pid: number, needle: Buffer): boolean {
  const environment = unlessGone(() => readFileSync(`/proc/${pid}/environ`))
  if (environment === undefined) return false
  for (let at = environment.indexOf(needle); at >= 0; at = environment.indexOf(needle, at + 1)) {
    const end = at + needle.length
    if ((at === 0 || environment[at - 1] === 0) && (end === environment.length || environment[end] === 0)) return true
  }
  return false
}

/** Processes end while one looks at them, and some are somebody else's. */
export function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/** Kills what is marked, and what that starts meanwhile. How many there were. */
export function killMarked(mark: string): number {
  let count = 0
  for (let round = 0; round < 10; round++) {
    const killed = markedProcesses(mark).filter((pid) => signalTo(pid, 'SIGKILL'))
    if (killed.length === 0) break
    count += killed.length
  }
  return count
}

/** False: there is no such process, or group for negative numbers, any more. */
export function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}
