import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

const flushed = promisify(fdatasync)

/** A file that only grows. */
export type LogFile = {
  readonly path: string
  bytes(): number
  /** Throws if the whole text cannot be written; the file is then as before. */
  append(text: string): void
  /** Whatever was appended before survives a loss of power. */
  flush(): Promise<void>
  /** Flushes and closes. */
  close(): void
}

/** `goodBytes`: what follows in an existing file is cut off. */
export function openLogFile(path: string, goodBytes: number): LogFile {
  const file = openSync(path, 'a', 0o600)
  ftruncateSync(file, goodBytes)
  let bytes = goodBytes
  return {
    path,
    bytes: () => bytes,
    append(text) {
      const buffer = Buffer.from(text)
      try {
        for (let written = 0; written < buffer.length; ) written += writeSync(file, buffer, written)
      } catch (error) {
        ftruncateSync(file, bytes)
        throw error
      }
      bytes += buffer.length
    },
    async flush() {
      await flushed(file)
      if (fstatSync(file).nlink === 0) throw new Error(`${path} was removed`)
    },
    close() {
      fdatasyncSync(file)
      closeSync(file)
    },
  }
}
