import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { PodTemplateSpec } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import { experimentNameAnnotation } from '../../api/rolloutLabels.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import { replicaSets } from '../../kube/resource.ts'
import { carryOut, Refusal } from '../cluster/carryOut.ts'
import { ownedBy } from '../cluster/family.ts'
import { rollouts } from '../cluster/resources.ts'
import { selectorText } from '../cluster/selectorText.ts'
import { templateHolder, templateIn } from '../cluster/workload.ts'
import { Misuse } from '../misuse.ts'
import { restoreTemplate, undoTarget } from '../patches/undo.ts'
import type { Session } from '../session.ts'
import type { Flags } from '../verb.ts'
import { revisionOf } from '../views/versions.ts'
import { addWriteFlags, eachNamed, onCluster, report, type VerbContext, type WriteChoice, writeChoice } from './context.ts'

export function undoCommand(command: Command, context: VerbContext): Command {
  return addWriteFlags(command.argument('<rollout>', 'the name of a rollout'))
    .description('go back to an earlier revision: at once where that is the stable one, by the steps otherwise')
    .option('--to-revision <number>', 'which one; 0: the one before the newest (default: 0)')
    .addHelpText(
      'after',
      `
Revisions: ${context.program} get rollout ROLLOUT

Examples:
  ${context.program} undo shop
  ${context.program} undo shop --to-revision=3`,
    )
    .action((name: string, flags: Flags) => {
      const revision = revisionFrom(flags['toRevision'])
      const choice = writeChoice(flags)
      return context.settle(
        onCluster(context, command, (session) => eachNamed(session, rollouts, [name], (name) => undo(session, name, revision, choice))),
      )
    })
}

function revisionFrom(flag: Flags[string]): number {
  if (flag === undefined) return 0
  if (typeof flag !== 'string' || !/^\d{1,15}$/.test(flag))
    throw new Misuse(`--to-revision ${JSON.stringify(flag)}: give the number of a revision, or 0`)
  return Number(flag)
}

async function undo(session: Session, name: string, revision: number, choice: WriteChoice): Promise<void> {
  const { client, namespace } = session
  const rollout = await client.get<Rollout>(rollouts, { namespace, name })
  const labelSelector = selectorText(rollout)
  const all = await client.list<ReplicaSet>(replicaSets, { namespace, ...(labelSelector && { labelSelector }) })
  const own = ownedBy(rollout, all.items).filter(({ metadata }) => metadata.annotations?.[experimentNameAnnotation] === undefined)
  // Once: after a lost answer, the revision before the newest would be another one.
  const target = undoTarget(own, revision)
  if (target.kind === 'refused') throw new Refusal(target.because)
  const { resource, name: holder, path } = templateHolder(rollout)
  const pointer = `/${path.join('/')}`
  let isThere = false
  const object = await carryOut<KubeObject>(client, {
    resource,
    ref: { namespace, name: holder },
    dryRun: choice.dryRun,
    wish: (now, first) => {
      const plan = restoreTemplate(templateIn(now, path) as PodTemplateSpec | undefined, target.replicaSet, pointer)
      isThere = now === first && plan.kind === 'writes' && plan.writes.length === 0
      return plan
    },
  })
  const done = isThere ? `skipped rollback (current template already matches revision ${revisionOf(target.replicaSet)})` : `rollout '${name}' undo`
  await report(session, choice, object, done)
}
