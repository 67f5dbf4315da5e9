import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { sameData } from '../../../core/routing/delta.ts'
import type { EdgeScope } from '../../../core/routing/report.ts'
import type { EdgeLog } from '../../log.ts'
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshotFormat.ts'

/** The latest table on disk, and the one before it. */
export type Snapshots = {
  /** Writes it soon; of several in quick succession the last. */
  save(snapshot: Snapshot): void
  /** The latest that is whole, and of an edge like this. */
  load(): Promise<Snapshot | undefined>
  /** Writes what is still to be written. */
  close(): Promise<void>
}

export const snapshotNames = { latest: 'latest.snapshot', previous: 'previous.snapshot', next: 'next.snapshot' } as const

/** In the folder only this user may read: a table says where everything is. */
const folderMode = 0o700
const fileMode = 0o600

/** `everyMs`: the least between two writes. */
export function openSnapshots(options: {
  readonly folder: string
  readonly scope: EdgeScope
  readonly log: EdgeLog
  readonly everyMs?: number
}): Snapshots {
  const { folder, scope, log, everyMs = 1_000 } = options
  const path = (name: keyof typeof snapshotNames): string => join(folder, snapshotNames[name])
  let waiting: Snapshot | undefined
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  let failing = false

  async function write(): Promise<void> {
    const snapshot = waiting
    waiting = undefined
    if (snapshot === undefined) return
    try {
      await mkdir(folder, { recursive: true, mode: folderMode })
      await writeWhole(path('next'), encodeSnapshot(snapshot))
      // What is unusable must not push out what is not.
      if ((await read(path('latest'))) !== undefined) await rename(path('latest'), path('previous'))
      await rename(path('next'), path('latest'))
      await opened(folder, 'r', (handle) => handle.sync())
      if (failing) log.info('snapshots can be written again', { folder })
      failing = false
    } catch (error) {
      if (!failing)
        log.error('the snapshot cannot be written: without the cluster, a start would find an older table or none', reasonOf(folder, error))
      failing = true
    }
  }

  function writeSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      writing = writing.then(write)
    }, everyMs)
  }

  async function read(from: string): Promise<Snapshot | undefined> {
    let bytes: Buffer
    try {
      bytes = await readFile(from)
    } catch (error) {
      if (!isMissing(error)) log.warn('a snapshot cannot be read', reasonOf(from, error))
      return undefined
    }
    const decoded = decodeSnapshot(bytes)
    if (decoded.kind === 'unusable') {
      log.warn('a snapshot is of no use', { file: from, reason: decoded.why })
      return undefined
    }
    if (sameData(decoded.snapshot.scope, scope)) return decoded.snapshot
    log.warn('a snapshot is of an edge with other namespaces, or another class', { file: from })
    return undefined
  }

  return {
    save(snapshot) {
      waiting = snapshot
      writeSoon()
    },
    load: async () => (await read(path('latest'))) ?? (await read(path('previous'))),
    async close() {
      clearTimeout(timer)
      writing = writing.then(write)
      await writing
    },
  }
}

/** On disk when it resolves. */
async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  await opened(path, 'w', async (file) => {
    // A file from before may be there with other rights.
    await file.chmod(fileMode)
    await file.writeFile(bytes)
    await file.sync()
  })
}

async function opened(path: string, flags: 'r' | 'w', use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, fileMode)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function reasonOf(file: string, error: unknown): Readonly<Record<string, string>> {
  return { file, reason: error instanceof Error ? error.message : String(error) }
}
