import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { killMarked, signalTo } from './marked.ts'
import { startWarden } from './warden.ts'

export type Command = {
  readonly file: string
  /** Without the program itself. */
  readonly args: readonly string[]
  readonly directory: string
  readonly variables: Readonly<Record<string, string>>
  /** Of the container that it belongs to: what leaves the group is found by it. */
  readonly containerId: string
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
}

export type Ended = { readonly exitCode: number }

/** A process in a group of its own. */
export type Child = {
  readonly pid: number
  /** To the whole group. */
  signal(signal: NodeJS.Signals): void
  /** When it has ended itself. */
  readonly exited: Promise<void>
  /** When it has ended, its group has been killed, and its output is read. Never rejects. */
  readonly ended: Promise<Ended>
}

/** Processes that end with this one, whatever happens to it. */
export type Processes = {
  /** Throws if the file cannot be run. */
  start(command: Command): Promise<Child>
  /** Kills all. */
  stop(): Promise<void>
}

export const sandboxVariable = 'SPILLWAY_SANDBOX'
export const containerVariable = 'SPILLWAY_CONTAINER'

/** How long output may come after the end: a process that left its group may hold the pipe for ever. */
const lastOutputMs = 200

/**
 * Waits for the word on descriptor 3 before it becomes the program: by then the warden knows the group, so that there is no moment at which a program runs that
 * would outlive us.
 */
const gate = 'read -r word <&3 || exit 125; exec 3<&-; exec "$@"'

/** `id` tells this sandbox from others, and is the same when it is started again: what an earlier run has left is killed first. */
export async function openProcesses(id: string, onLost: (error: Error) => void): Promise<Processes> {
  const mark = `${sandboxVariable}=${id}`
  killMarked(mark)
  const warden = startWarden(mark, onLost)
  const groups = new Set<number>()

  async function start(command: Command): Promise<Child> {
    const { file, args, directory, variables, containerId, onOutput } = command
    const child = spawn('/bin/sh', ['-c', gate, 'sh', file, ...args], {
      cwd: directory,
      env: { ...variables, [sandboxVariable]: id, [containerVariable]: containerId },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const exited = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
    if (child.pid === undefined) {
      await exited
      throw new Error(`${file} could not be started`)
    }
    const { pid } = child
    groups.add(pid)
    warden.watch(pid)
    child.stdout!.on('data', (chunk: Buffer) => onOutput('stdout', chunk))
    child.stderr!.on('data', (chunk: Buffer) => onOutput('stderr', chunk))
    const gateway = child.stdio[3] as Duplex
    gateway.on('error', () => undefined)
    gateway.end('go\n')
    const ended = afterEnd(child, exited, () => {
      signalTo(-pid, 'SIGKILL')
      killMarked(`${containerVariable}=${containerId}`)
      groups.delete(pid)
      warden.forget(pid)
    })
    return { pid, exited: exited.then(() => undefined), ended, signal: (signal) => void signalTo(-pid, signal) }
  }

  return {
    start,
    async stop() {
      for (const pid of groups) signalTo(-pid, 'SIGKILL')
      killMarked(mark)
      warden.stop()
    },
  }
}

async function afterEnd(
  child: ChildProcess,
  exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>,
  cleanUp: () => void,
): Promise<Ended> {
  const closed = once(child, 'close')
  const [code, signal] = await exited
  cleanUp()
  const waiting = new AbortController()
  await Promise.race([closed, sleep(lastOutputMs, undefined, { signal: waiting.signal }).catch(() => undefined)])
  waiting.abort()
  child.stdout?.destroy()
  child.stderr?.destroy()
  return { exitCode: code ?? 128 + constants.signals[signal!] }
}
