import { close, constants, fstat, open, stat, write } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { AddressTrouble } from '../addresses.ts'
import type { AccessLogSettings } from '../config.ts'
import type { EdgeLog } from '../log.ts'

/** Where the lines of all workers go: one write at a time, so that a sink that hangs holds one thread of the pool and no more memory than its batch. */
export type AccessLogSink = {
  /** Opens what is new in `settings`; not yet written to. */
  prepare(settings: AccessLogSettings | undefined): Promise<AddressTrouble | undefined>
  /** Goes over to what was prepared, once what was written before is out. */
  commit(): void
  discard(): void
  /** Resolves when these lines are written or given up; never rejects. */
  write(lines: string): Promise<void>
  /** Opens the file by its name again, as log rotation asks for. */
  reopen(): void
  counts(): { readonly written: number; readonly dropped: number }
  /** Writes what it can within `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

type Target = { readonly path: string; readonly descriptor: number }

const stdoutDescriptor = 1
/** Between two tries of a pipe that is full. */
const fullMs = 20
/** How often it is looked whether the file still lies under its name. */
const lookMs = 1_000
/** Between two complaints in the edge's own log. */
const complainMs = 60_000
/** For its owner, and its group to read: it tells who asked for what. */
const fileMode = 0o640
/** Non-blocking: opening a named pipe that nobody reads must fail instead of waiting. */
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK

const openFile = promisify(open)
const closeFile = promisify(close)
const statOf = promisify(stat)
const statOfOpen = promisify(fstat)
const writeBytes = promisify(write)

export function openAccessLogSink(log: EdgeLog): AccessLogSink {
  let present: Target | undefined
  /** `undefined` within: none from then on. */
  let prepared: { readonly target: Target | undefined } | undefined
  /** Of the target that is present once all that is queued is done. */
  let committedPath: string | undefined
  let tail: Promise<void> = Promise.resolve()
  let written = 0
  let dropped = 0
  let midLine = false
  let lookedAtMs = 0
  let complainedAtMs = Number.NEGATIVE_INFINITY
  const closing = new AbortController()

  /** One after the other; a step that fails takes no other along. */
  function queue(step: () => Promise<void>): Promise<void> {
    tail = tail.then(step).catch((error: unknown) => complain('the access log failed', error))
    return tail
  }

  function complain(message: string, error: unknown): void {
    if (performance.now() - complainedAtMs < complainMs) return
    complainedAtMs = performance.now()
    log.warn(message, { path: present?.path ?? '', error: reasonOf(error), dropped })
  }

  async function writeNow(lines: string): Promise<void> {
    await followMoves()
    const target = present
    if (target === undefined) {
      dropped += linesIn(lines)
      return
    }
    const bytes = Buffer.from(midLine ? `\n${lines}` : lines, 'latin1')
    let position = 0
    try {
      while (position < bytes.length) {
        const count = await writeSome(target.descriptor, bytes, position)
        position += count
        if (count === 0) await delay(fullMs, undefined, { signal: closing.signal })
      }
      midLine = false
      written += linesIn(lines)
    } catch (error) {
      const lost = linesIn(bytes.latin1Slice(position))
      dropped += lost
      written += linesIn(lines) - lost
      midLine = position > 0 ? bytes[position - 1] !== lineFeed : midLine
      complain('lines of the access log are dropped', error)
    }
  }

  /** A file that was renamed or removed is left, and begun anew under its name. */
  async function followMoves(): Promise<void> {
    const nowMs = performance.now()
    if (present === undefined || present.path === 'stdout' || nowMs - lookedAtMs < lookMs) return
    lookedAtMs = nowMs
    if (await isMoved(present)) await openAgain()
  }

  async function openAgain(): Promise<void> {
    if (present === undefined || present.path === 'stdout') return
    const old = present
    try {
      present = { path: old.path, descriptor: await openFile(old.path, flags, fileMode) }
      midLine = false
      await closeFile(old.descriptor)
    } catch (error) {
      complain('the access log cannot be opened again; what is open is written on', error)
    }
  }

  async function closeTarget(target: Target | undefined): Promise<void> {
    if (target === undefined || target.path === 'stdout') return
    try {
      await closeFile(target.descriptor)
    } catch (error) {
      complain('the access log was not closed well', error)
    }
  }

  return {
    async prepare(settings) {
      if (settings?.path === committedPath) return undefined
      if (settings === undefined) prepared = { target: undefined }
      else if (settings.path === 'stdout') prepared = { target: { path: 'stdout', descriptor: stdoutDescriptor } }
      else {
        try {
          prepared = { target: { path: settings.path, descriptor: await openFile(settings.path, flags, fileMode) } }
        } catch (error) {
          const fix = 'name a file in a folder that exists and that the edge may write to, or stdout'
          return { field: 'accessLog.path', message: `${settings.path} cannot be opened for writing: ${reasonOf(error)}`, fix }
        }
      }
      return undefined
    },
    commit() {
      if (prepared === undefined) return
      const { target } = prepared
      committedPath = target?.path
      prepared = undefined
      void queue(async () => {
        const old = present
        present = target
        midLine = false
        await closeTarget(old)
      })
    },
    discard() {
      const vain = prepared?.target
      prepared = undefined
      void closeTarget(vain)
    },
    write: (lines) => queue(() => writeNow(lines)),
    reopen: () => void queue(openAgain),
    counts: () => ({ written, dropped }),
    async close(deadlineMs) {
      const giveUp = new AbortController()
      const late = delay(deadlineMs, undefined, { signal: giveUp.signal }).catch(() => undefined)
      await Promise.race([tail, late])
      giveUp.abort()
      closing.abort()
      // A disk that hangs is not waited for.
      await Promise.race([queue(() => closeTarget(present)), delay(fullMs)])
    },
  }
}

/** 0: nothing goes in at the moment. */
async function writeSome(descriptor: number, bytes: Buffer, position: number): Promise<number> {
  try {
    return (await writeBytes(descriptor, bytes, position, bytes.length - position, null)).bytesWritten
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}

async function isMoved(target: Target): Promise<boolean> {
  const open = await statOfOpen(target.descriptor)
  try {
    const named = await statOf(target.path)
    return named.ino !== open.ino || named.dev !== open.dev
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw error
  }
}

const lineFeed = 0x0a

function linesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
