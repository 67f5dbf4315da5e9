import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Experiment } from '../cluster/family.ts'
import { experiments, rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { formatOf, formatted } from '../output/format.ts'
import type { Opened } from '../session.ts'
import type { Flags } from '../verb.ts'
import type { Line } from '../views/text.ts'
import { onCluster, type VerbContext } from './context.ts'

export function listCommand(command: Command, context: VerbContext): Command {
  const { program, sub } = context
  command.description('list rollouts, or experiments').addHelpText('after', `\nExamples:\n  ${program} list rollouts -A`)
  const rollout = listFlags(sub(command, 'rollouts').alias('ro').alias('rollout'))
    .option('-w, --watch', 'go on: a line for each rollout that changes')
    .option('--name <name>', 'only this one')
    .option('--timestamps', 'with the time of each line')
    .description('list rollouts: their state, step and pods')
    .addHelpText(
      'after',
      `
Examples:
  ${program} list rollouts
  ${program} list rollouts -A -w --timestamps`,
    )
  rollout.action((flags: Flags) => context.settle(listRollouts(rollout, context, flags)))
  const experiment = listFlags(sub(command, 'experiments').alias('exp').alias('experiment')).description(
    'list experiments: their state and how long they last',
  )
  experiment.action((flags: Flags) => context.settle(listExperiments(experiment, context, flags)))
  return command
}

function listFlags(command: Command): Command {
  return command
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-o, --output <format>', "as json, yaml, name, wide or jsonpath='{…}'")
    .option('--no-color', 'without colours')
}

function listRollouts(command: Command, context: VerbContext, flags: Flags): Promise<number> {
  const format = formatOf(flags['output'])
  const { name, watch, timestamps } = flags
  if (watch === true && format.kind !== 'view') throw new Misuse('-w shows them to people; leave out -o, or -w')
  return onCluster(context, command, (session) =>
    inPlace(session, rollouts, flags, async (namespace) => {
      const query = { ...(namespace && { namespace }), ...(typeof name === 'string' && { fieldSelector: `metadata.name=${name}` }) }
      if (watch === true) {
        const { watchList } = await import('./watchList.ts')
        return watchList(session, query, { withNamespace: namespace === undefined, withTimestamps: timestamps === true })
      }
      const { items } = await session.client.list<Rollout>(rollouts, query)
      const found = sorted(typeof name === 'string' ? items.filter(({ metadata }) => metadata.name === name) : items)
      if (format.kind !== 'view') session.surroundings.stdout.write(await formatted(found, format))
      else if (found.length === 0) session.surroundings.stderr.write('No resources found.\n')
      else {
        const { rolloutTable } = await import('../views/rolloutList.ts')
        const timestamp = timestamps === true ? new Date(session.surroundings.now()).toISOString().replace(/\.\d+Z$/, 'Z') : undefined
        session.show(rolloutTable(found, { withNamespace: namespace === undefined, timestamp }))
      }
      return 0
    }),
  )
}

function listExperiments(command: Command, context: VerbContext, flags: Flags): Promise<number> {
  const format = formatOf(flags['output'])
  return onCluster(context, command, (session) =>
    inPlace(session, experiments, flags, async (namespace) => {
      const { items } = await session.client.list<Experiment>(experiments, namespace === undefined ? {} : { namespace })
      const found = sorted(items)
      if (format.kind !== 'view') session.surroundings.stdout.write(await formatted(found, format))
      else if (found.length === 0) session.surroundings.stderr.write('No resources found.\n')
      else session.show(await experimentTable(found, namespace === undefined, session.surroundings.now()))
      return 0
    }),
  )
}

async function experimentTable(found: readonly Experiment[], withNamespace: boolean, now: number): Promise<readonly Line[]> {
  const [{ table }, { ageOf }] = await Promise.all([import('../views/text.ts'), import('../views/ages.ts')])
  const rows = found.map(({ metadata, spec, status }) => [
    ...(withNamespace ? [metadata.namespace ?? ''] : []),
    metadata.name,
    status?.phase || 'Pending',
    spec?.duration ?? '-',
    ageOf(metadata.creationTimestamp, now),
  ])
  return table(
    [[...(withNamespace ? ['NAMESPACE'] : []), 'NAME', 'STATUS', 'DURATION', 'AGE'], ...rows].map((row) => row.map((cell): Line => [cell])),
  )
}

function sorted<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  const key = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** In one namespace, or in all of them (undefined). */
async function inPlace(session: Opened, resource: Resource, flags: Flags, work: (namespace: string | undefined) => Promise<number>): Promise<number> {
  try {
    return await work(flags['allNamespaces'] === true ? undefined : session.namespace)
  } catch (error) {
    const { explainFailure } = await import('../cluster/explainFailure.ts')
    session.note(await explainFailure(error, { resource, namespace: session.namespace }, session))
    return 1
  }
}
