import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { Refusal } from '../cluster/carryOut.ts'
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments, rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { nameOf } from '../output/format.ts'
import type { Opened } from '../session.ts'
import type { Flags } from '../verb.ts'
import { addWriteFlags, onCluster, report, type VerbContext, type WriteChoice, writeChoice } from './context.ts'
import { type ManifestObject, manifestObjects } from './manifestObjects.ts'

const kinds: readonly Resource[] = [rollouts, experiments, analysisRuns, analysisTemplates, clusterAnalysisTemplates]

export function createCommand(command: Command, context: VerbContext): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  return addWriteFlags(command.option('-f, --filename <file>', 'YAML or JSON; - is the standard input; may be given often', collect))
    .description('create rollouts, experiments, analysis runs and templates from files; what is there already stays as it is')
    .option('-w, --watch', 'then follow the rollout')
    .option('--no-color', 'without colours')
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} create -f rollout.yaml
  ${context.program} create -f rollout.yaml --dry-run server`,
    )
    .action((flags: Flags) => {
      const files = (flags['filename'] ?? []) as readonly string[]
      if (files.length === 0) throw new Misuse('-f is missing: name a file to create from')
      const choice = writeChoice(flags)
      return context.settle(
        onCluster(context, command, async (session) => {
          try {
            const manifests = (await Promise.all(files.map((file) => manifestObjects(file, session.surroundings.stdin)))).flat()
            if (manifests.length === 0) throw new Error(`${files.join(', ')}: there is no object in it`)
            return await createAll(session, manifests, choice, { namespace: textOf(flags['namespace']), isWatched: flags['watch'] === true })
          } catch (error) {
            session.note(error instanceof Error ? error.message : String(error))
            return 1
          }
        }),
      )
    })
}

type Options = { readonly namespace: string | undefined; readonly isWatched: boolean }

async function createAll(
  session: Opened,
  manifests: readonly ManifestObject[],
  choice: WriteChoice,
  { namespace, isWatched }: Options,
): Promise<number> {
  let code = 0
  let rollout: string | undefined
  for (const { object, at } of manifests) {
    const resource = resourceOf(object)
    const where = object.metadata.namespace ?? session.namespace
    try {
      if (resource === undefined)
        throw new Refusal(`${object.apiVersion} ${object.kind} is none of ${kinds.map(({ kind }) => kind).join(', ')}; for others there is kubectl`)
      if (namespace !== undefined && resource.namespaced && where !== namespace)
        throw new Refusal(`it names the namespace ${where}, and -n ${namespace}: give one of them`)
      const created = await create(session, resource, object, where, choice)
      await report(session, choice, created, `${nameOf({ ...created, apiVersion: apiVersionOf(resource), kind: resource.kind })} created`)
      if (resource === rollouts) rollout = created.metadata.name
    } catch (error) {
      const { explainFailure } = await import('../cluster/explainFailure.ts')
      const asked = { resource: resource ?? rollouts, namespace: where }
      session.note(`${at}: ${await explainFailure(error, asked, session)}`)
      code = 1
    }
  }
  if (!isWatched || rollout === undefined || code !== 0 || choice.dryRun !== 'none') return code
  const { watchRollout } = await import('./watchRollout.ts')
  return watchRollout(session, rollout, 0)
}

async function create({ client }: Opened, resource: Resource, object: KubeObject, namespace: string, { dryRun }: WriteChoice): Promise<KubeObject> {
  const metadata = resource.namespaced ? { ...object.metadata, namespace } : object.metadata
  const whole = { ...object, metadata }
  if (dryRun === 'client') return whole
  return client.create(resource, whole, { fieldValidation: 'Strict', dryRun: dryRun === 'server' })
}

function resourceOf({ apiVersion, kind }: KubeObject): Resource | undefined {
  return kinds.find((resource) => resource.kind === kind && apiVersionOf(resource) === apiVersion)
}

function textOf(flag: Flags[string]): string | undefined {
  return typeof flag === 'string' ? flag : undefined
}
