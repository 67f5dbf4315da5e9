import { type ChildProcess, spawn } from 'node:child_process'
import { within } from './waiting.ts'

export type ChildSpec = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The core that it and its threads are confined to. */
  readonly core: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Opens a channel for `send` and `onMessage`; only programs run by Node understand it. */
  readonly isTalking?: boolean
}

export type Child = {
  readonly name: string
  readonly pid: number
  /** Never rejects; says how it ended (`exit 0`, `SIGTERM`, `cannot be started: …`). */
  readonly ended: Promise<string>
  readonly hasEnded: () => boolean
  /** Everything that it wrote to stdout. */
  readonly stdout: () => string
  /** What of its stderr tells best why it failed, in a line. */
  readonly complaint: () => string
  readonly send: (message: object) => void
  readonly onMessage: (listener: (message: unknown) => void) => void
  readonly stop: () => Promise<void>
}

/** Starts child processes and owns them: `stopAll` leaves none behind, whatever they have started in turn. */
export type Children = {
  readonly start: (spec: ChildSpec) => Child
  readonly stopAll: () => Promise<void>
  /** For the last moments of this process, when nothing can be awaited any more. */
  readonly killAll: () => void
}

const gracePeriodMs = 2_000
const keptOutput = 64 * 1024

export function ownChildren(): Children {
  const alive = new Set<Child>()
  return {
    start(spec) {
      const child = startChild(spec)
      alive.add(child)
      void child.ended.then(() => alive.delete(child))
      return child
    },
    async stopAll() {
      await Promise.all([...alive].map((child) => child.stop()))
    },
    killAll() {
      for (const child of alive) signalGroup(child.pid, 'SIGKILL')
    },
  }
}

function startChild(spec: ChildSpec): Child {
  // taskset replaces itself by the command, so that the process id is the command's own.
  // Detached: a group of its own, so that a Ctrl-C of the terminal does not reach it before us, and its own children end with it.
  const child = spawn('taskset', ['-c', String(spec.core), spec.command, ...spec.args], {
    detached: true,
    cwd: spec.cwd,
    stdio: spec.isTalking ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', ...spec.env },
  })
  const pid = child.pid ?? 0
  let stdout = ''
  let stderr = ''
  let isOver = false
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-keptOutput)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptOutput)
  })
  const ended = endOf(child).then((how) => {
    isOver = true
    signalGroup(pid, 'SIGKILL') // whoever of its own children outlived it
    return how
  })
  return {
    name: spec.name,
    pid,
    ended,
    hasEnded: () => isOver,
    stdout: () => stdout,
    complaint: () => complaintIn(stderr),
    send: (message) => void child.send(message),
    onMessage: (listener) => void child.on('message', listener),
    stop: () => stopChild(spec.name, pid, ended),
  }
}

/** Node puts the error before its stack, others say it last. */
function complaintIn(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? ''
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(`cannot be started: ${error.message}`)
    })
    // `close`, not `exit`: what it wrote last has been read by then.
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`))
  })
}

async function stopChild(name: string, pid: number, ended: Promise<string>): Promise<void> {
  signalGroup(pid, 'SIGTERM')
  // Not to be interrupted by Ctrl-C: this is what runs after it.
  const signal = new AbortController().signal
  const isGone = await within(`end of ${name}`, ended, { deadlineMs: gracePeriodMs, signal }).then(
    () => true,
    () => false,
  )
  if (isGone) return
  signalGroup(pid, 'SIGKILL')
  await within(`end of ${name} after SIGKILL`, ended, { deadlineMs: gracePeriodMs, signal })
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 0) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw new Error(`${signal} to process group ${pid}`, { cause: error })
  }
}
