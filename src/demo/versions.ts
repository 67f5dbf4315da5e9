/** The demo app's versions, each a process of its own that ends with this one. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AppReady } from './app.ts'

export type VersionOptions = {
  readonly name: string
  readonly host: string
  /** The first that is free is listened on. */
  readonly ports: readonly number[]
  readonly latencyMs: number
}

export type RunningVersion = {
  readonly name: string
  readonly url: string
  readonly pid: number
  /** How it ended, when it ended without being asked to; undefined while it runs. */
  ended(): string | undefined
  /** Resolves once the process has ended, for whatever reason. */
  readonly gone: Promise<void>
  /** Hangs up and waits until it is gone; after `deadlineMs` it is killed. */
  stop(deadlineMs: number): Promise<void>
}

const startDeadlineMs = 10_000
const keptErrorOutput = 2_000

/** Resolves once the version accepts connections; throws, with what it printed, when it does not get that far. */
export async function startVersion(options: VersionOptions): Promise<RunningVersion> {
  const program = fileURLToPath(new URL(`./app${extname(import.meta.filename)}`, import.meta.url))
  const child = fork(program, {
    env: { HOST: options.host, PORT: options.ports.join(), VERSION: options.name, LATENCY_MS: String(options.latencyMs) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errorOutput = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = (errorOutput + text).slice(-keptErrorOutput)
  })
  const port = await listening(child, options.name, () => errorOutput)
  let how: string | undefined
  let isStopping = false
  const gone = once(child, 'exit').then(([code, signal]: readonly unknown[]) => {
    if (!isStopping) how = typeof signal === 'string' ? `was ended by ${signal}` : `ended with code ${code} ${lastLine(errorOutput)}`.trim()
  })
  return {
    name: options.name,
    url: `http://${options.host}:${port}`,
    pid: child.pid ?? 0,
    ended: () => how,
    gone,
    stop: async (deadlineMs) => {
      isStopping = true
      if (child.connected) child.disconnect()
      const killer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
      await gone
      clearTimeout(killer)
    },
  }
}

function listening(child: ChildProcess, name: string, errorOutput: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`version ${name} of the demo app did not start: ${why} ${errorOutput()}`.trim()))
    }
    const timer = setTimeout(fail, startDeadlineMs, `no sign of life in ${startDeadlineMs / 1000} s`)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`))
    child.once('message', (message: AppReady) => {
      clearTimeout(timer)
      child.removeAllListeners('exit')
      child.removeAllListeners('error')
      child.on('error', () => undefined)
      resolve(message.port)
    })
  })
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)
  return line === undefined || line === '' ? '' : `(${line})`
}
