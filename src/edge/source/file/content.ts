import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { maxBytes } from './document.ts'

/** What a path leads to at one moment. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** `reason`: `ENOENT` and the like, or what it is instead of a file. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/** The whole file, or one byte more than is allowed of it. Never throws for what the file system says. */
export async function readContent(path: string): Promise<Content> {
  try {
    // A pipe that nobody writes to must not hang the opening.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (stats.isDirectory()) return { kind: 'unreadable', reason: 'it is a folder' }
      if (!stats.isFile()) return { kind: 'unreadable', reason: 'it is no regular file' }
      return { kind: 'bytes', bytes: await readUpTo(handle, maxBytes + 1, stats.size) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    return { kind: 'unreadable', reason: reasonOf(error) }
  }
}

/** To the end, or to the limit: the file may grow while it is read. */
async function readUpTo(handle: FileHandle, limit: number, expected: number): Promise<Uint8Array> {
  let buffer = Buffer.alloc(Math.min(limit, expected + 1))
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === limit) return buffer.subarray(0, length)
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(limit, 2 * length) - length)])
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}

export function sameContent(a: Content | undefined, b: Content): boolean {
  if (a?.kind === 'bytes' && b.kind === 'bytes') return Buffer.compare(a.bytes, b.bytes) === 0
  return a?.kind === 'unreadable' && b.kind === 'unreadable' && a.reason === b.reason
}

/** Where the path leads, through all symbolic links; undefined: nowhere. */
export async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch {
    return undefined
  }
}
