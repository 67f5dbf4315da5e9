import type { Command } from 'commander'
import { rollouts } from '../cluster/resources.ts'
import { pause } from '../patches/wishes.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function pauseCommand(command: Command, context: VerbContext): Command {
  return addWriteFlags(command.argument('<rollout...>', 'names of rollouts'))
    .description('hold a release where it is: its weights stay, and no step begins')
    .addHelpText(
      'after',
      `
To let it go on: ${context.program} promote ROLLOUT

Examples:
  ${context.program} pause shop`,
    )
    .action((names: readonly string[]) =>
      context.settle(runWish(context, command, names, { resource: rollouts, wish: pause, done: (name) => `rollout '${name}' paused` })),
    )
}
