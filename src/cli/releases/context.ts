/** What the release verbs have in common. */
import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Resource } from '../../kube/resource.ts'
import type { DryRun } from '../cluster/carryOut.ts'
import { nameIn } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { type Format, formatOf, formatted } from '../output/format.ts'
import type { Opened, Session, Surroundings } from '../session.ts'
import type { Flags } from '../verb.ts'

export type VerbContext = {
  /** How the user calls this program: `spillway`, `kubectl argo rollouts` … */
  readonly program: string
  readonly surroundings: Surroundings
  /** What the verb comes to: the exit code. */
  settle(work: Promise<number>): Promise<void>
  /** As `command.command`, with the flags of a verb that talks to a cluster. */
  sub(command: Command, name: string): Command
}

export type OnCluster = (session: Opened) => Promise<number>

/** Opens the cluster that the flags name, and tells what went wrong in the words of this program. */
export async function onCluster({ program, surroundings }: VerbContext, command: Command, work: OnCluster): Promise<number> {
  const { openSession } = await import('../session.ts')
  const session = await openSession(command.optsWithGlobals() as Flags, program, surroundings).catch((error: unknown) => {
    surroundings.stderr.write(`${program}: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  })
  if (session === undefined) return 1
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** Runs `work` for each name, the next one even if one fails. */
export async function eachNamed(
  session: Opened,
  resource: Resource,
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<number> {
  let code = 0
  for (const name of names.map((text) => nameIn(text, resource))) {
    try {
      await work(name)
    } catch (error) {
      if (error instanceof Misuse) throw error
      const { explainFailure } = await import('../cluster/explainFailure.ts')
      session.note(await explainFailure(error, { resource, namespace: session.namespace, name }, session))
      code = 1
    }
  }
  return code
}

export type WriteChoice = { readonly dryRun: DryRun; readonly format: Format }

/** The flags of verbs that write. */
export function addWriteFlags(command: Command): Command {
  return command
    .addOption(
      command
        .createOption('--dry-run <how>', 'only say what would be: client asks nobody, server lets the API server judge it')
        .choices(['none', 'client', 'server'])
        .default('none')
        .preset('client'),
    )
    .option('-o, --output <format>', "print the object: json, yaml, name or jsonpath='{…}'")
}

export function writeChoice(flags: Flags): WriteChoice {
  return { dryRun: flags['dryRun'] as DryRun, format: formatOf(flags['output']) }
}

/** Says what was done, or prints the object. */
export async function report({ say, surroundings }: Session, { dryRun, format }: WriteChoice, object: KubeObject, done: string): Promise<void> {
  if (format.kind !== 'view') surroundings.stdout.write(await formatted(object, format))
  else say(dryRun === 'none' ? done : `${done} (${dryRun === 'server' ? 'server dry run' : 'dry run'})`)
}
