import type { Command } from 'commander'
import { analysisRuns, experiments } from '../cluster/resources.ts'
import { terminate } from '../patches/wishes.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function terminateCommand(command: Command, context: VerbContext): Command {
  const { program, settle, sub } = context
  command
    .description('end an analysis run or an experiment early')
    .addHelpText('after', `\nExamples:\n  ${program} terminate analysisrun shop-6f4c-2`)
  const run = addWriteFlags(sub(command, 'analysisrun').alias('ar').alias('analysisruns').argument('<analysisrun...>', 'names of analysis runs'))
  run
    .description('end an analysis run early')
    .action((names: readonly string[]) =>
      settle(runWish(context, run, names, { resource: analysisRuns, wish: terminate, done: (name) => `analysisRun '${name}' terminated` })),
    )
  const experiment = addWriteFlags(sub(command, 'experiment').alias('exp').alias('experiments').argument('<experiment...>', 'names of experiments'))
  experiment
    .description('end an experiment early')
    .action((names: readonly string[]) =>
      settle(runWish(context, experiment, names, { resource: experiments, wish: terminate, done: (name) => `experiment '${name}' terminated` })),
    )
  return command
}
