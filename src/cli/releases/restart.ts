import type { Command } from 'commander'
import { parseDuration } from '../../api/duration.ts'
import { timestampOf } from '../../api/time.ts'
import { rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { restart } from '../patches/wishes.ts'
import type { Flags } from '../verb.ts'
import { humanDuration } from '../views/ages.ts'
import { addWriteFlags, type VerbContext } from './context.ts'
import { runWish } from './wishVerb.ts'

export function restartCommand(command: Command, context: VerbContext): Command {
  return addWriteFlags(command.argument('<rollout...>', 'names of rollouts'))
    .description('replace all pods of a rollout, a few at a time, as its disruption budgets allow')
    .option('-i, --in <time>', 'so long from now, such as 10m (default: at once)')
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} restart shop
  ${context.program} restart shop --in 10m`,
    )
    .action((names: readonly string[], flags: Flags) => {
      const inMs = delayOf(flags['in'])
      const at = timestampOf(context.surroundings.now() + inMs)
      const done = (name: string): string => `rollout '${name}' restarts in ${humanDuration(inMs)}`
      return context.settle(runWish(context, command, names, { resource: rollouts, wish: restart(at), done }))
    })
}

function delayOf(flag: Flags[string]): number {
  if (typeof flag !== 'string') return 0
  const parsed = parseDuration(flag)
  if (!parsed.ok || parsed.ms < 0) throw new Misuse(`--in ${JSON.stringify(flag)}: give a time such as 30s, 10m or 1h30m`)
  return parsed.ms
}
