import { type BigIntStats, type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { targetOf } from './content.ts'

export type WatchTimes = {
  /** After the first sign of a change: how long to wait for more, since one save is several events. */
  readonly settleMs: number
  /** The longest that further events can put a look off. */
  readonly settleMaxMs: number
  /** How often to look without any sign: network file systems send none. */
  readonly pollMs: number
}

export type Watch = {
  /** Resolves when the file may have changed since the last call, or the watch is closed. */
  changed(): Promise<void>
  /** As if something had changed. */
  poke(): void
  close(): void
}

type Folder = { readonly path: string; readonly identity: string; readonly watcher: FSWatcher }

/**
 * Watches the folders that a path goes through: its own, where editors rename and Kubernetes swaps `..data`, and that of the file it
 * finally leads to. Folders that vanish and come back are found again by the poll.
 */
export function watchPath(path: string, { settleMs, settleMaxMs, pollMs }: WatchTimes): Watch {
  const folders = new Map<string, Folder>()
  let closed = false
  let dirty = false
  let dirtySince = 0
  let settling: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined

  function settle(): void {
    settling = undefined
    dirty = true
    wake?.()
  }
  function notice(): void {
    if (closed) return
    const now = performance.now()
    if (settling === undefined) dirtySince = now
    clearTimeout(settling)
    settling = setTimeout(settle, Math.min(settleMs, Math.max(0, dirtySince + settleMaxMs - now)))
  }
  function forget(folder: Folder): void {
    folder.watcher.close()
    if (folders.get(folder.path) === folder) folders.delete(folder.path)
  }
  function begin(path: string, identity: string): void {
    try {
      const folder: Folder = { path, identity, watcher: watch(path, { persistent: true }, notice) }
      // The folder is gone, or the system has no more watches: the poll goes on.
      folder.watcher.on('error', () => forget(folder))
      folders.set(path, folder)
    } catch {
      // As above.
      return
    }
  }
  /** Brings the watched folders in line with where the path leads now. */
  async function followPath(): Promise<void> {
    const target = await targetOf(path)
    const wanted = new Set([dirname(path), ...(target === undefined ? [] : [dirname(target)])])
    for (const folder of [...folders.values()]) if (!wanted.has(folder.path)) forget(folder)
    for (const each of wanted) {
      const identity = await identityOf(each)
      const known = folders.get(each)
      if (known !== undefined && known.identity !== identity) forget(known)
      if (!closed && identity !== undefined && !folders.has(each)) begin(each, identity)
    }
  }
  let lastSeen = ''
  async function poll(): Promise<void> {
    await followPath()
    const seen = await signatureOf(path)
    if (seen !== lastSeen) notice()
    lastSeen = seen
  }
  let polling = Promise.resolve()
  /** One after the other: two at a time would trip over each other's folders. */
  function pollNow(): Promise<void> {
    polling = polling.then(poll)
    return polling
  }
  const pollTimer = setInterval(() => void pollNow(), pollMs)

  return {
    async changed() {
      // A change between the last look and a watch on a new folder would go unseen.
      await pollNow()
      if (!dirty && !closed)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      wake = undefined
      dirty = false
    },
    poke() {
      clearTimeout(settling)
      settle()
    },
    close() {
      closed = true
      clearInterval(pollTimer)
      clearTimeout(settling)
      for (const folder of [...folders.values()]) forget(folder)
      wake?.()
    },
  }
}

async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true })
  } catch {
    return undefined
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const stats = await statsOf(path)
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

/** Differs when the file does, but for edits within one tick of the clock; those have events. */
async function signatureOf(path: string): Promise<string> {
  const stats = await statsOf(path)
  return stats === undefined ? 'none' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs, stats.mode].join(':')
}
