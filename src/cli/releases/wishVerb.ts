import type { Command } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Resource } from '../../kube/resource.ts'
import { carryOut } from '../cluster/carryOut.ts'
import type { Wish } from '../patches/plan.ts'
import type { Flags } from '../verb.ts'
import { eachNamed, onCluster, report, type VerbContext, writeChoice } from './context.ts'

export type WishVerb<T extends KubeObject> = {
  readonly resource: Resource
  readonly wish: Wish<T>
  /** What to say when it is done. */
  done(name: string): string
}

/** Carries out one wish for each object that is named. */
export async function runWish<T extends KubeObject>(
  context: VerbContext,
  command: Command,
  names: readonly string[],
  { resource, wish, done }: WishVerb<T>,
): Promise<number> {
  const choice = writeChoice(command.opts() as Flags)
  return onCluster(context, command, (session) =>
    eachNamed(session, resource, names, async (name) => {
      const ref = { namespace: session.namespace, name }
      const object = await carryOut<T>(session.client, { resource, ref, wish, dryRun: choice.dryRun })
      await report(session, choice, object, done(name))
    }),
  )
}
