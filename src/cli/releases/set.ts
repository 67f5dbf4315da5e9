import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import { isKubeError } from '../../kube/errors.ts'
import { type DryRun, Refusal } from '../cluster/carryOut.ts'
import { rollouts } from '../cluster/resources.ts'
import { templateHolder } from '../cluster/workload.ts'
import { Misuse } from '../misuse.ts'
import { type ImageChange, withImages } from '../patches/setImage.ts'
import type { Session } from '../session.ts'
import type { Flags } from '../verb.ts'
import { addWriteFlags, eachNamed, onCluster, report, type VerbContext, writeChoice } from './context.ts'

const attempts = 5
const pauseMs = 100

export function setCommand(command: Command, context: VerbContext): Command {
  const { program, settle, sub } = context
  command.description('change what a rollout runs').addHelpText('after', `\nExamples:\n  ${program} set image shop app=shop:v2`)
  const image = addWriteFlags(sub(command, 'image').argument('<rollout>', 'the name of a rollout'))
    .argument('<container=image...>', "which container gets which image; '*' is every one")
    .description('release another image: the steps of the rollout begin')
    .addHelpText(
      'after',
      `
Examples:
  ${program} set image shop app=shop:v2
  ${program} set image shop '*=shop:v2'`,
    )
  image.action((name: string, pairs: readonly string[]) => {
    const changes = pairs.map(changeIn)
    const choice = writeChoice(image.opts() as Flags)
    return settle(
      onCluster(context, image, (session) =>
        eachNamed(session, rollouts, [name], async (name) => {
          const object = await setImages(session, name, changes, choice.dryRun)
          await report(session, choice, object, `rollout "${name}" image updated`)
        }),
      ),
    )
  })
  return command
}

function changeIn(pair: string): ImageChange {
  const at = pair.indexOf('=')
  if (at < 1 || at === pair.length - 1) throw new Misuse(`${JSON.stringify(pair)} is no CONTAINER=IMAGE, such as app=shop:v2`)
  return { container: pair.slice(0, at), image: pair.slice(at + 1) }
}

/** Replaces the object as it was read: what others changed in between is never lost. */
async function setImages({ client, namespace }: Session, name: string, changes: readonly ImageChange[], dryRun: DryRun): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    const rollout = await client.get<Rollout>(rollouts, { namespace, name })
    const { resource, name: holder, path } = templateHolder(rollout)
    const object: KubeObject = resource === rollouts ? rollout : await client.get(resource, { namespace, name: holder })
    const result = withImages(object, changes, path)
    if (result.kind === 'refused') throw new Refusal(result.because)
    if (dryRun === 'client') return result.object
    try {
      return await client.update(resource, result.object, { dryRun: dryRun === 'server' })
    } catch (error) {
      // Where no answer came, the images are set already or are set now: both are the same.
      if (attempt === attempts || !isKubeError(error, 'conflict', 'noAnswer', 'unavailable')) throw error
      await delay(pauseMs * attempt)
    }
  }
}
