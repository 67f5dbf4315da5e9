import type { Command } from 'commander'
import { rollouts } from '../cluster/resources.ts'
import { abort } from '../patches/wishes.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function abortCommand(command: Command, context: VerbContext): Command {
  return addWriteFlags(command.argument('<rollout...>', 'names of rollouts'))
    .description('stop a release: all traffic goes back to the stable version at once, its pods are taken away later')
    .addHelpText(
      'after',
      `
The spec stays as it is: the rollout is Degraded until it is retried, undone, or given another version.

Examples:
  ${context.program} abort shop
  ${context.program} abort shop cart -n production`,
    )
    .action((names: readonly string[]) =>
      context.settle(runWish(context, command, names, { resource: rollouts, wish: abort, done: (name) => `rollout '${name}' aborted` })),
    )
}
