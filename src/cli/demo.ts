import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function demoCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  return command
    .description('watch a release from beginning to end: a cluster of its own, a shop under a gentle load, a canary that takes over step by step')
    .option('--bad', 'release a version that fails, and take it back yourself')
    .option('--plain', 'print lines instead of a live view, as for a log')
    .addHelpText(
      'after',
      `
Examples:
  ${name} demo
  ${name} demo --bad
  ${name} demo --plain | tee demo.log

It shows what to type in another terminal: kubectl and ${name} work on its cluster.
Ctrl-C ends everything that it started.`,
    )
    .action(action)
}
