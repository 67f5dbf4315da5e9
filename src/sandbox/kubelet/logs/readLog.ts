import { type FileHandle, open } from 'node:fs/promises'
import { type LogChanges, rotatedPath } from './logFile.ts'

/** core/v1 PodLogOptions, but for what names the container. */
export type LogQuery = {
  readonly follow?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  readonly timestamps?: boolean
  readonly limitBytes?: number
}

export type LogReading = { readonly query: LogQuery; readonly changes: LogChanges; readonly nowMs: number; readonly signal: AbortSignal }

const blockBytes = 64 * 1024

/** What a program has written, in pieces; with `follow` until it ends. */
export async function* readLog(path: string, { query, changes, nowMs, signal }: LogReading): AsyncGenerator<Buffer> {
  const { follow = false, tailLines, limitBytes = Number.POSITIVE_INFINITY, timestamps = false } = query
  const since = sinceText(query, nowMs)
  let left = limitBytes
  const shown = (line: Buffer): Buffer => {
    const text = contentOf(line, since, timestamps)
    const cut = text.subarray(0, Math.min(text.length, left))
    left -= cut.length
    return cut
  }
  const skipped = tailLines === undefined ? 0 : Math.max(0, (await countLines(path)) - tailLines)
  let at = 0
  for await (const line of linesOf(path, { isFollowed: follow, changes, signal })) {
    if (left <= 0) return
    if (at++ < skipped) continue
    const text = shown(line)
    if (text.length > 0) yield text
  }
}

function sinceText({ sinceSeconds, sinceTime }: LogQuery, nowMs: number): string {
  const ms = sinceSeconds !== undefined ? nowMs - sinceSeconds * 1_000 : sinceTime !== undefined ? Date.parse(sinceTime) : Number.NaN
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, -1)
}

/** `TIME STREAM F|P CONTENT` as the reader wants it; nothing of it if it is too old. */
function contentOf(line: Buffer, since: string, timestamps: boolean): Buffer {
  const timeEnd = line.indexOf(32)
  const time = line.toString('latin1', 0, timeEnd)
  if (since !== '' && time < since) return Buffer.alloc(0)
  const streamEnd = line.indexOf(32, timeEnd + 1)
  const isWhole = line[streamEnd + 1] === 70
  const content = line.subarray(streamEnd + 3, isWhole ? line.length : line.length - 1)
  return timestamps ? Buffer.concat([Buffer.from(`${time} `), content]) : content
}

async function countLines(path: string): Promise<number> {
  let count = 0
  const nobody: LogChanges = { wait: () => () => undefined, isOpen: () => false }
  for await (const _ of linesOf(path, { isFollowed: false, changes: nobody, signal: new AbortController().signal })) count++
  return count
}

type Lines = { readonly isFollowed: boolean; readonly changes: LogChanges; readonly signal: AbortSignal }

/** With their ends, those of the part before the present one first. */
async function* linesOf(path: string, { isFollowed, changes, signal }: Lines): AsyncGenerator<Buffer> {
  const older = await openIfThere(rotatedPath(path))
  if (older !== undefined) {
    try {
      for await (const line of linesIn(older)) yield line
    } finally {
      await older.close()
    }
  }
  let file = await openIfThere(path)
  while (file !== undefined && !signal.aborted) {
    let position = 0
    try {
      for (;;) {
        // Whoever asks before he reads misses nothing.
        const changed = isFollowed && changes.isOpen(path) ? nextChange(path, changes, signal) : undefined
        for await (const line of linesIn(file, position)) {
          position += line.length
          yield line
        }
        if (changed === undefined || signal.aborted) return
        await changed
        if (await isReplaced(file, path)) break
      }
      for await (const line of linesIn(file, position)) yield line
    } finally {
      await file.close()
    }
    file = await openIfThere(path)
  }
}

/** Resolves when there is more to read, or nobody wants it. */
function nextChange(path: string, changes: LogChanges, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      forget()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const forget = changes.wait(path, done)
    signal.addEventListener('abort', done)
  })
}

async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const present = await openIfThere(path)
  if (present === undefined) return false
  try {
    return (await present.stat()).ino !== (await file.stat()).ino
  } finally {
    await present.close()
  }
}

async function* linesIn(file: FileHandle, from = 0): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let position = from
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let start = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield rest.subarray(start, end + 1)
      start = end + 1
    }
    rest = rest.subarray(start)
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
