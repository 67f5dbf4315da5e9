import { type StdioOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Address } from './client.ts'
import { addressOf } from './edge.ts'

/** An edge as a process of its own, started by its command line with a file. */
export type EdgeProcess = {
  readonly addresses: readonly Address[]
  readonly admin: Address
  readonly file: string
  readonly pid: number
  /** Present where it was asked for; unread, it fills up. */
  readonly stdout: Readable | null
  signal(name: NodeJS.Signals): void
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>
  /** Memory in use, in bytes. */
  residentBytes(): number
  close(): Promise<void>
}

export type EdgeProcessOptions = {
  readonly stdout?: 'ignore' | 'pipe'
  /** Absent: the sources. */
  readonly program?: string
  readonly onComplaint?: (text: string) => void
  /** Beside what the test has. */
  readonly env?: Readonly<Record<string, string>>
}

const sources = new URL('../../../src/main.ts', import.meta.url).pathname
const readyMs = 15_000

/** `onComplaint` gets what it writes to its standard error, which else goes where the test's goes. */
export async function startEdgeProcess(
  yaml: string,
  workers = 1,
  { stdout = 'ignore', program = sources, onComplaint, env }: EdgeProcessOptions = {},
): Promise<EdgeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-'))
  const file = join(folder, 'edge.yaml')
  await writeFile(file, yaml)
  const args = [program, 'edge', '--config', file, '--workers', String(workers), '--log-level', 'error']
  const stdio: StdioOptions = ['ignore', stdout, onComplaint === undefined ? 'inherit' : 'pipe', 'ipc']
  const child = spawn(process.execPath, args, { stdio, env: { ...process.env, ...env } })
  child.stderr?.on('data', (text: Buffer) => onComplaint?.(text.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const ready = Promise.withResolvers<{ readonly listeners: readonly string[]; readonly admin: string }>()
  const late = setTimeout(() => ready.reject(new Error(`the edge was not ready within ${readyMs} ms`)), readyMs)
  child.once('message', (message: { readonly value: { readonly listeners: readonly string[]; readonly admin: string } }) =>
    ready.resolve(message.value),
  )
  void ended.then(() => ready.reject(new Error('the edge ended')))
  const urls = await ready.promise
  clearTimeout(late)
  return {
    addresses: urls.listeners.map(addressOf),
    admin: addressOf(urls.admin),
    file,
    pid: child.pid!,
    stdout: child.stdout,
    signal: (name) => void child.kill(name),
    ended,
    residentBytes: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    async close() {
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(hard)
      await rm(folder, { recursive: true })
    },
  }
}
