import { spawnSync } from 'node:child_process'

/** The version that a program tells of itself, or undefined when it is not installed. */
export function versionOf(command: string, args: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 5_000 })
  if (error) return undefined
  // wrk has no version option of its own: it prints the version with its usage and fails.
  return /\d+\.\d+(\.\d+)?\S*/.exec(`${stdout}\n${stderr}`)?.[0]
}

export const versions = {
  nginx: (): string | undefined => versionOf('nginx', ['-v']),
  haproxy: (): string | undefined => versionOf('haproxy', ['-v']),
  wrk: (): string | undefined => versionOf('wrk', ['-v']),
  taskset: (): string | undefined => versionOf('taskset', ['--version']),
}
