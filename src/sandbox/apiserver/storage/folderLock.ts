import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type FolderLock = { release(): void }

/** Who holds a lock. A process is known by its id and, since ids are used again, by when it began, where the system tells. */
type Holder = { readonly pid: number; readonly began: string }

/** Keeps other processes out of a data folder; throws, naming the process, if one is in there. A lock of a process that is gone is taken over. */
export function lockFolder(folder: string): FolderLock {
  try {
    makeFolder(folder)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new Error(`cannot make the folder ${folder}: ${because}; give another: --data DIR`, { cause: error })
  }
  const lock = join(folder, 'lock')
  const mine = join(folder, `lock.${randomUUID()}`)
  const text = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) } satisfies Holder)
  writeFileSync(mine, text, { mode: 0o600 })
  try {
    take(folder, lock, mine)
  } finally {
    rmSync(mine, { force: true })
  }
  return {
    release: () => {
      if (contentOf(lock) === text) rmSync(lock, { force: true })
    },
  }
}

/** With those above it. Not by `recursive`, which never ends where no folder can be made, as below /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, 0o700)
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(folder).isDirectory()) return
    const above = dirname(folder)
    if (codeOf(error) !== 'ENOENT' || existsSync(above)) throw error
    makeFolder(above)
    mkdirSync(folder, 0o700)
  }
}

function take(folder: string, lock: string, mine: string): void {
  // A link is made whole or not at all, and never over another.
  if (linked(mine, lock)) return
  const found = contentOf(lock)
  const holder = found === undefined ? undefined : holderOf(found)
  if (holder !== undefined && isAlive(holder)) throw heldBy(folder, holder)
  const aside = `${mine}.stale`
  if (found !== undefined && moved(lock, aside)) {
    const taken = contentOf(aside)
    // Somebody else took the lock over in between: it is his.
    if (taken !== found) linked(aside, lock)
    rmSync(aside, { force: true })
  }
  if (linked(mine, lock)) return
  throw heldBy(folder, holderOf(contentOf(lock) ?? '') ?? { pid: 0, began: '' })
}

function heldBy(folder: string, { pid }: Holder): Error {
  return new Error(`${folder} is in use by the sandbox of process ${pid}; stop that one first, or give another folder`)
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function holderOf(text: string): Holder | undefined {
  const [, pid, began] = /^\{"pid":(\d+),"began":"([^"]*)"\}$/.exec(text) ?? []
  return pid === undefined || began === undefined ? undefined : { pid: Number(pid), began }
}

function isAlive({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
    // EPERM: somebody else's process, which is alive.
    if (codeOf(error) !== 'EPERM') throw error
  }
  return beganAt(pid) === began
}

/** When a process began, as text that no other process of that id has; '' where the system does not tell. */
function beganAt(pid: number): string {
  if (process.platform !== 'linux') return ''
  const stat = contentOf(`/proc/${pid}/stat`)
  if (stat === undefined) return ''
  // The name of the program, in parentheses, may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return `${contentOf('/proc/sys/kernel/random/boot_id')?.trim()}/${ticks}`
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
