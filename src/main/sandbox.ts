import type { Flags } from '../cli/verb.ts'
import { parseSandbox, programVariables } from '../config.ts'
import { settled } from '../lib/settled.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import { builtinImages } from './images.ts'
import type { Started } from './started.ts'

export async function sandbox(flags: Flags, { env, program }: Started): Promise<number> {
  const settings = settled(parseSandbox(env, flags))
  if (settings === undefined) return 2
  const { runSandbox } = await import('../sandbox/runSandbox.ts')
  await runSandbox({
    ...settings,
    builtin: builtinImages(program),
    workingDirectory: process.cwd(),
    variables: programVariables(env),
    signal: stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
    stdout: process.stdout,
    stderr: process.stderr,
  })
  return 0
}
