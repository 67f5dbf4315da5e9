import type { Command } from 'commander'
import { rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { type PromoteMode, promotion } from '../patches/promote.ts'
import type { Flags } from '../verb.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function promoteCommand(command: Command, context: VerbContext): Command {
  return addWriteFlags(command.argument('<rollout>', 'the name of a rollout'))
    .description('let a release go on: past the pause, the analysis or the hold where it is')
    .option('--full', 'to the end at once, past all steps, pauses and analyses')
    .addOption(command.createOption('-c, --skip-current-step', 'as promote without flags').hideHelp())
    .addOption(command.createOption('-a, --skip-all-steps', 'use --full').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} promote shop
  ${context.program} promote shop --full`,
    )
    .action((name: string, flags: Flags) => {
      const mode = modeOf(flags)
      const done = (name: string): string => `rollout '${name}' ${mode === 'full' ? 'fully promoted' : 'promoted'}`
      return context.settle(runWish(context, command, [name], { resource: rollouts, wish: promotion(mode), done }))
    })
}

function modeOf({ full, skipCurrentStep, skipAllSteps }: Flags): PromoteMode {
  if (skipCurrentStep === true && skipAllSteps === true) throw new Misuse('--skip-current-step and --skip-all-steps exclude each other')
  if (skipCurrentStep === true) return 'skipStep'
  if (skipAllSteps === true) return 'skipAll'
  return full === true ? 'full' : 'step'
}
