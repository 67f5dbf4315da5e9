import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeLine } from './logLine.ts'
import type { LogRecord } from './store.ts'

/** Lines written at a time, so that requests are answered in between. */
const batch = 200

/** Writes the state as of a revision, whole or not at all: the last line counts the others. */
export async function writeSnapshot(path: string, revision: number, records: readonly LogRecord[]): Promise<void> {
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      for (let at = 0; at < records.length; at += batch)
        await file.appendFile(
          records
            .slice(at, at + batch)
            .map(writeLine)
            .join(''),
        )
      await file.appendFile(writeLine({ end: true, revision, count: records.length }))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** The records of a snapshot; undefined if it is not whole. */
export function snapshotRecords(values: readonly unknown[], revision: number): readonly LogRecord[] | undefined {
  const end = values.at(-1) as { readonly end?: boolean; readonly revision?: number; readonly count?: number } | undefined
  if (end?.end !== true || end.revision !== revision || end.count !== values.length - 1) return undefined
  return values.slice(0, -1) as readonly LogRecord[]
}

/** New names survive a loss of power only when their folder is flushed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
