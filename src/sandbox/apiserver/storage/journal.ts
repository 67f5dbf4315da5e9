import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError } from '../apiError.ts'
import { type FolderLock, lockFolder } from './folderLock.ts'
import { type LogFile, openLogFile } from './logFile.ts'
import { readLines, writeLine } from './logLine.ts'
import { snapshotRecords, writeSnapshot } from './snapshot.ts'
import type { Journal, LogRecord, Store } from './store.ts'

export type FolderJournal = {
  /** Resolves when everything appended so far is durable; rejects with an ApiError if that can never be. */
  settled(): Promise<void>
  /** False once the disk has failed to keep what was written. */
  isWritable(): boolean
  /** Flushes, and lets the folder go. */
  close(): Promise<void>
}

export type JournalOptions = {
  readonly folder: string
  /** A snapshot is made when the log has grown by so much. */
  readonly snapshotBytes: number
  readonly openLog?: typeof openLogFile
  readonly onError: (what: string, error: unknown) => void
}

const logName = /^log-(\d+)\.jsonl$/
const snapshotName = /^snapshot-(\d+)\.jsonl$/

/** Locks a data folder, fills the store from it, and keeps what the store writes from now on. Throws if the folder is in use or damaged. */
export function openJournal(store: Store, options: JournalOptions): FolderJournal {
  const lock = lockFolder(options.folder)
  try {
    const goodBytes = recover(store, options)
    return keepJournal(store, options, { lock, goodBytes })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Gives how much of the newest log is good. */
function recover(store: Store, { folder, onError }: JournalOptions): number {
  const files = readdirSync(folder)
  for (const name of files) if (name.endsWith('.new')) rmSync(join(folder, name), { force: true })
  const snapshot = newest(files, snapshotName)
  if (snapshot > 0) {
    const path = join(folder, `snapshot-${snapshot}.jsonl`)
    const records = snapshotRecords(readLines(readFileSync(path), path).values, snapshot)
    if (records === undefined) throw new Error(`${path} is damaged: it has no end`)
    for (const record of records) store.restore(record, 'snapshot')
  }
  store.setRevision(snapshot)
  const logs = revisions(files, logName).filter((revision) => revision >= snapshot)
  let goodBytes = 0
  for (const [at, revision] of logs.entries()) {
    const path = join(folder, `log-${revision}.jsonl`)
    const content = readFileSync(path)
    const lines = readLines(content, path)
    if (at < logs.length - 1 && lines.goodBytes < content.length) throw new Error(`${path} is damaged: its end is torn, and a later log exists`)
    for (const record of lines.values as readonly LogRecord[]) {
      if (record.revision !== store.revision() + 1) throw new Error(`${path} is damaged: revision ${record.revision} follows ${store.revision()}`)
      store.restore(record, 'log')
    }
    goodBytes = lines.goodBytes
    if (goodBytes < content.length) keepTorn(path, content.subarray(goodBytes), onError)
  }
  return goodBytes
}

/** What a process did not finish writing was never acknowledged; but a damaged disk looks the same, so that it is kept aside, and told. */
function keepTorn(path: string, end: Buffer, onError: JournalOptions['onError']): void {
  const aside = `${path}.torn`
  appendFileSync(aside, end, { mode: 0o600 })
  onError(`the last write of ${path} is torn, or damaged, and left out; its ${end.length} bytes are in ${aside}`, new Error('torn write'))
}

function revisions(files: readonly string[], pattern: RegExp): readonly number[] {
  const found = files.map((name) => pattern.exec(name)?.[1]).filter((revision) => revision !== undefined)
  return found.map(Number).sort((a, b) => a - b)
}

function newest(files: readonly string[], pattern: RegExp): number {
  return revisions(files, pattern).at(-1) ?? 0
}

type Recovered = { readonly lock: FolderLock; readonly goodBytes: number }

function keepJournal(
  store: Store,
  { folder, snapshotBytes, onError, openLog = openLogFile }: JournalOptions,
  { lock, goodBytes }: Recovered,
): FolderJournal {
  const lastLog = newest(readdirSync(folder), logName)
  const pathOf = (revision: number): string => join(folder, `log-${revision}.jsonl`)
  const first = existsSync(pathOf(lastLog)) ? lastLog : store.revision()
  let log: LogFile = openLog(pathOf(first), first === lastLog ? goodBytes : 0)
  let appended = store.revision()
  let durable = appended
  let failure: ApiError | undefined
  let flushing: Promise<void> | undefined
  let snapshotting: Promise<void> | undefined
  let onDurable = (): void => undefined

  const append = (record: LogRecord): void => {
    if (failure !== undefined) throw failure
    try {
      log.append(writeLine(record))
    } catch (error) {
      throw Object.assign(notKept(error), { cause: error })
    }
    appended = record.revision
    flushing ??= flush()
    if (log.bytes() > snapshotBytes && snapshotting === undefined) setImmediate(beginSnapshot)
  }
  /** As many flushes as it takes: what comes while one is on its way is in the next. */
  const flush = async (): Promise<void> => {
    while (durable < appended && failure === undefined) {
      const upTo = appended
      const file = log
      try {
        await file.flush()
        durable = Math.max(durable, upTo)
      } catch (error) {
        // Closed by a snapshot, which flushed it.
        if (file !== log) continue
        onError('the log cannot be flushed; nothing is written any more', error)
        failure = notKept(error)
      }
      onDurable()
    }
    flushing = undefined
  }
  const beginSnapshot = (): void => {
    if (snapshotting !== undefined || failure !== undefined) return
    const revision = store.revision()
    const old = log
    try {
      log = openLog(pathOf(revision), 0)
    } catch (error) {
      onError('a new log cannot be begun', error)
      return
    }
    try {
      old.close()
    } catch (error) {
      onError('the log cannot be flushed; nothing is written any more', error)
      failure = notKept(error)
      onDurable()
      return
    }
    durable = appended
    onDurable()
    snapshotting = snapshot(revision).finally(() => (snapshotting = undefined))
  }
  const snapshot = async (revision: number): Promise<void> => {
    try {
      await writeSnapshot(join(folder, `snapshot-${revision}.jsonl`), revision, store.everything())
      for (const name of readdirSync(folder)) {
        const old = Number(logName.exec(name)?.[1] ?? snapshotName.exec(name)?.[1] ?? revision)
        if (old < revision) await rm(join(folder, name), { force: true })
      }
    } catch (error) {
      // The logs that it would have replaced are all there still.
      onError('a snapshot cannot be written', error)
    }
  }

  const journal: Journal = { append, durable: () => durable, onDurable: (listener) => (onDurable = listener) }
  store.attach(journal)
  return {
    async settled() {
      while (durable < appended && failure === undefined) await flushing
      if (durable < appended && failure !== undefined) throw failure
    },
    isWritable: () => failure === undefined,
    async close() {
      await flushing
      await snapshotting
      log.close()
      lock.release()
    },
  }
}

function notKept(error: unknown): ApiError {
  const because = error instanceof Error ? error.message : String(error)
  return new ApiError({ code: 500, reason: 'InternalError', message: `Internal error occurred: the write cannot be kept: ${because}` })
}
