/** The demo as a user runs it, with the real edge, on free ports and without a terminal. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { lowPort } from '../ports.ts'

export type Playing = {
  readonly child: ChildProcess
  readonly edge: string
  readonly admin: string
  readonly v2: string
  readonly configFile: string
  /** Of the two versions. */
  readonly pids: readonly number[]
  readonly output: () => string
  readonly shown: (pattern: RegExp) => Promise<void>
}

const deadlineMs = 30_000

export async function startPlaying(t: Test): Promise<Playing> {
  const args = ['src/main.ts', 'demo', '--plain', '--port', String(await lowPort()), '--admin-port', String(await lowPort())]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  let hasEnded = false
  const closed = once(child, 'close').then(() => {
    hasEnded = true
  })
  const shown = async (pattern: RegExp): Promise<void> => {
    const signal = AbortSignal.timeout(deadlineMs)
    while (!pattern.test(text)) {
      if (hasEnded) throw new Error(`the demo ended early:\n${text}`)
      await Promise.race([once(child.stdout, 'data', { signal }), closed]).catch((cause: unknown) => {
        throw new Error(`no ${pattern} within ${deadlineMs} ms in:\n${text}`, { cause })
      })
    }
  }
  await shown(/^\d+ s \| v1 .*\| v2 /m)
  const find = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''
  return {
    child,
    edge: find(/^edge (http:\S+),/m),
    admin: find(/admin (http:\S+)$/m),
    v2: find(/^v2 (http:\S+)/m),
    configFile: find(/^ +(\S+edge\.yaml)$/m),
    pids: [...text.matchAll(/\(process (\d+)\)/g)].map((match) => Number(match[1])),
    output: () => text,
    shown,
  }
}

export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
