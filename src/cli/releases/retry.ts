import type { Command } from 'commander'
import { experiments, rollouts } from '../cluster/resources.ts'
import { retry, retryExperiment } from '../patches/wishes.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function retryCommand(command: Command, context: VerbContext): Command {
  const { program, settle, sub } = context
  command.description('begin an aborted release, or an experiment, again').addHelpText('after', `\nExamples:\n  ${program} retry rollout shop`)
  const rollout = addWriteFlags(sub(command, 'rollout').alias('ro').alias('rollouts').argument('<rollout...>', 'names of rollouts'))
  rollout
    .description('begin an aborted release again, from its first step')
    .action((names: readonly string[]) =>
      settle(runWish(context, rollout, names, { resource: rollouts, wish: retry, done: (name) => `rollout '${name}' retried` })),
    )
  const experiment = addWriteFlags(sub(command, 'experiment').alias('exp').alias('experiments').argument('<experiment...>', 'names of experiments'))
  experiment
    .description('run an experiment again')
    .action((names: readonly string[]) =>
      settle(runWish(context, experiment, names, { resource: experiments, wish: retryExperiment, done: (name) => `experiment '${name}' retried` })),
    )
  return command
}
