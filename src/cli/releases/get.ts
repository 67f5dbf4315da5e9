import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Resource } from '../../kube/resource.ts'
import { experiments, nameIn, rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { type Format, formatOf, formatted } from '../output/format.ts'
import type { Opened } from '../session.ts'
import type { Flags } from '../verb.ts'
import { eachNamed, onCluster, type VerbContext } from './context.ts'

export function getCommand(command: Command, context: VerbContext): Command {
  const { program, sub } = context
  command.description('show a rollout, or an experiment, and all that belongs to it').addHelpText(
    'after',
    `
Examples:
  ${program} get rollout shop
  ${program} get rollout shop -w`,
  )
  viewCommand(sub(command, 'rollout').alias('ro').alias('rollouts').argument('<rollout>', 'the name of a rollout'), context, rollouts)
    .description('show a rollout: its state, versions, pods, and how the traffic is split')
    .addHelpText(
      'after',
      `
With -w and -o wide it shows what the edges see of each version: weight, requests, successes, latency, and what comes next.

Examples:
  ${program} get rollout shop
  ${program} get rollout shop -w
  ${program} get rollout shop -o jsonpath='{.status.phase}'`,
    )
  viewCommand(
    sub(command, 'experiment').alias('exp').alias('experiments').argument('<experiment>', 'the name of an experiment'),
    context,
    experiments,
  )
    .description('show an experiment: its versions, pods and analyses')
    .addHelpText('after', `\nExamples:\n  ${program} get experiment shop-6f4c-2-1`)
  return command
}

function viewCommand(command: Command, context: VerbContext, resource: Resource): Command {
  return command
    .option('-w, --watch', 'go on showing it, as it changes')
    .option('--timeout-seconds <number>', 'end the watch after so many seconds')
    .option('-o, --output <format>', "as json, yaml, name, wide or jsonpath='{…}'")
    .option('--no-color', 'without colours')
    .action((name: string, flags: Flags) => {
      const format = formatOf(flags['output'])
      const timeoutMs = timeoutFrom(flags['timeoutSeconds'])
      if (flags['watch'] === true && format.kind !== 'view') throw new Misuse('-w shows it to people; leave out -o, or -w')
      return context.settle(
        onCluster(context, command, async (session) => {
          let code = 0
          const failed = await eachNamed(session, resource, [name], async (name) => {
            if (flags['watch'] === true) code = await watch(session, resource, name, timeoutMs)
            else await show(session, resource, name, format)
          })
          return failed || code
        }),
      )
    })
}

function timeoutFrom(flag: Flags[string]): number {
  if (flag === undefined) return 0
  if (typeof flag !== 'string' || !/^\d{1,9}$/.test(flag)) throw new Misuse(`--timeout-seconds ${JSON.stringify(flag)}: give a number of seconds`)
  return Number(flag) * 1_000
}

async function show(session: Opened, resource: Resource, text: string, format: Format): Promise<void> {
  const { client, namespace, surroundings, program } = session
  const name = nameIn(text, resource)
  if (format.kind !== 'view') {
    const object = await client.get<KubeObject>(resource, { namespace, name })
    surroundings.stdout.write(await formatted(object, format))
    return
  }
  const now = surroundings.now()
  if (resource === experiments) {
    const { readExperiment } = await import('../cluster/readExperiment.ts')
    const { experimentLines } = await import('../views/experimentView.ts')
    session.show(experimentLines(await readExperiment(client, namespace, name), now))
    return
  }
  const { readFamily } = await import('../cluster/readFamily.ts')
  const { rolloutLines } = await import('../views/rolloutView.ts')
  session.show(rolloutLines(await readFamily(client, namespace, name), { now, program, isWide: format.isWide, columns: session.look().columns }))
}

async function watch(session: Opened, resource: Resource, name: string, timeoutMs: number): Promise<number> {
  if (resource === experiments) throw new Misuse('experiments cannot be watched yet; leave out -w')
  const { watchRollout } = await import('./watchRollout.ts')
  return watchRollout(session, name, timeoutMs)
}
