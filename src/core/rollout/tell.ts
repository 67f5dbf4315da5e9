/** The end of every status: conditions, phase and message, with the reason of whatever it waits for. */
import type { RolloutStatus } from '../../api/rollout.ts'
import { conditionsOf } from './conditions.ts'
import { failureText } from './failureText.ts'
import { phaseOf } from './phase.ts'
import { podTroubleOf, replicaFailureOf, type Trouble } from './podTrouble.ts'
import type { Router } from './router.ts'
import { deadlineIn, setOf, type View } from './view.ts'
import { textOf, type Waiting } from './waiting.ts'

export type Tellable = { readonly router: Router; readonly waits: readonly Waiting[]; readonly abortedBecause: string | undefined }

/** `status` as it shall stand, but for what is told here. */
export function told(view: View, status: RolloutStatus, { router, waits, abortedBecause }: Tellable): RolloutStatus {
  const { rollout, observed, newSet, now } = view
  const failure = failureText(observed.failure)
  const conditions = conditionsOf({
    rollout,
    after: status,
    deadline: deadlineIn(view, status),
    newReplicaSet: newSet === undefined ? 'created' : view.isNewTemplate ? 'found' : undefined,
    creationFailure: newSet === undefined && !view.isNameTaken && observed.failure?.action === 'createReplicaSet' ? failure : undefined,
    replicaFailure: replicaFailureOf(view.sets.map(({ set }) => set)),
    abortedBecause,
    now,
  })
  const after = { ...status, conditions }
  return { ...after, ...phaseOf({ rollout, after, isRouted: router === 'edge', waitsFor: failure ?? whyItWaits(view, waits[0]) }) }
}

/** What it waits for, and what is wrong with the pods that it waits for; something to see to begins with its name. */
function whyItWaits(view: View, wait: Waiting | undefined): string | undefined {
  const trouble = troubleOf(view, wait)
  const text = wait === undefined ? undefined : textOf(wait, view)
  if (trouble === undefined) return text
  const both = text === undefined ? trouble.message : `${trouble.message}, ${text}`
  return trouble.reason === 'NotReady' ? both : `${trouble.reason}: ${both}`
}

function troubleOf(view: View, wait: Waiting | undefined): Trouble | undefined {
  const isForPods = wait === undefined || wait.kind === 'pods' || wait.kind === 'endpoints'
  if (!isForPods) return undefined
  const { newSet, stableSet } = view
  const set = wait === undefined ? [newSet, stableSet].find((each) => each !== undefined && each.available < each.size) : setOf(view, wait.hash)
  return set === undefined ? undefined : (podTroubleOf(set.set, view.observed.pods) ?? replicaFailureOf([set.set]))
}
