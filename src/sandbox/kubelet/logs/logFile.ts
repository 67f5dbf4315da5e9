import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** The log of one run of a container: a line each of time, stream, whether the line is whole, and what was written. */
export type LogFile = {
  readonly path: string
  append(stream: 'stdout' | 'stderr', chunk: Buffer): void
  /** Nothing more will be written. */
  close(): void
}

/** Who follows logs waits here for more. */
export type LogChanges = {
  /** Called at the next write or rotation of that file, or its end. */
  wait(path: string, changed: () => void): () => void
  isOpen(path: string): boolean
}

export type LogFiles = LogChanges & { open(path: string): LogFile }

export type LogLimits = { readonly maxBytes: number; readonly maxLineBytes: number }
export const logLimits: LogLimits = { maxBytes: 10 * 1024 * 1024, maxLineBytes: 16 * 1024 }

/** The part of a log before the present one. */
export const rotatedPath = (path: string): string => `${path}.1`

export function openLogFiles(nowMs: () => number, limits: LogLimits = logLimits): LogFiles {
  const waiting = new Map<string, Set<() => void>>()
  const open = new Set<string>()
  const tell = (path: string): void => {
    const listeners = waiting.get(path)
    waiting.delete(path)
    for (const listener of listeners ?? []) listener()
  }
  return {
    isOpen: (path) => open.has(path),
    wait(path, changed) {
      const listeners = waiting.get(path) ?? new Set()
      waiting.set(path, listeners.add(changed))
      return () => void listeners.delete(changed)
    },
    open(path) {
      open.add(path)
      const file = writeLog(path, { nowMs, limits, tell })
      return {
        ...file,
        close() {
          open.delete(path)
          file.close()
          tell(path)
        },
      }
    },
  }
}

type Writing = { readonly nowMs: () => number; readonly limits: LogLimits; readonly tell: (path: string) => void }

function writeLog(path: string, { nowMs, limits, tell }: Writing): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  let file = openSync(path, 'a', 0o600)
  let size = fstatSync(file).size
  const rests = new Map<'stdout' | 'stderr', Buffer>()

  function write(stream: 'stdout' | 'stderr', tag: 'F' | 'P', content: Buffer): void {
    const head = Buffer.from(`${timeText(nowMs())} ${stream} ${tag} `)
    const line = Buffer.concat([head, content, newline])
    if (size > 0 && size + line.length > limits.maxBytes) rotate()
    // At once: a reader who is told of it finds it, and the program is held back if the disk is.
    writeSync(file, line)
    size += line.length
  }

  function rotate(): void {
    closeSync(file)
    if (existsSync(path)) renameSync(path, rotatedPath(path))
    file = openSync(path, 'a', 0o600)
    size = 0
  }

  return {
    path,
    append(stream, chunk) {
      let rest = Buffer.concat([rests.get(stream) ?? empty, chunk])
      for (;;) {
        const end = rest.indexOf(10)
        if (end >= 0 && end <= limits.maxLineBytes) {
          write(stream, 'F', rest.subarray(0, end))
          rest = rest.subarray(end + 1)
        } else if (rest.length > limits.maxLineBytes) {
          write(stream, 'P', rest.subarray(0, limits.maxLineBytes))
          rest = rest.subarray(limits.maxLineBytes)
        } else break
      }
      rests.set(stream, rest)
      tell(path)
    },
    close() {
      for (const [stream, rest] of rests) if (rest.length > 0) write(stream, 'P', rest)
      rests.clear()
      closeSync(file)
    },
  }
}

const empty = Buffer.alloc(0)
const newline = Buffer.from('\n')
let lastText = ''
let serial = 0

/** RFC 3339 with nanoseconds, none twice in a row: what came first sorts first. */
function timeText(ms: number): string {
  const text = new Date(ms).toISOString().slice(0, -1)
  serial = text === lastText ? Math.min(serial + 1, 999_999) : 0
  lastText = text
  return `${text}${String(serial).padStart(6, '0')}Z`
}
